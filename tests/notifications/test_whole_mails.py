"""The whole mail is kept as evidence, sealed, byte for byte; a kill of the worker takes none twice."""

import time

import pyrage
import pytest
from django.conf import settings as django_settings

from bench.outbox import Nursery
from csirt.kernel.clock import now
from incidents.evidence.store import store
from incidents.models import Evidence, Incident, IncomingMail, Report
from incidents.notifications.incoming import keeping
from tests.notifications.conftest import letter, poll
from tests.server import Worker

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_mail_is_evidence_byte_for_byte(box):
    mail = letter(Subject="Facture d'eau")
    box.put(mail)
    poll()
    keeping.keep_mails(now())
    kept = Evidence.objects.get()

    with store().open(kept.stored) as file:
        sealed = file.read()
    identities = [
        pyrage.x25519.Identity.from_str(text) for text in django_settings.EVIDENCE_IDENTITIES
    ]
    whole = pyrage.decrypt(sealed, identities)
    assert whole.replace(b"\r\n", b"\n") == mail.as_bytes()
    assert b"Facture" not in sealed
    assert (kept.name, kept.incident) == ("Facture d'eau.eml", Incident.objects.get())
    assert IncomingMail.objects.get().raw is None


def test_it_is_kept_once(box):
    box.put(letter())
    poll()
    keeping.keep_mails(now())

    assert keeping.keep_mails(now()) == 0
    assert Evidence.objects.count() == 1


def test_of_a_child_only_words_are_kept(box):
    box.put(letter("Sextorsion : on menace de publier les photos de ma fille."))
    poll()
    keeping.keep_mails(now())

    assert not Evidence.objects.exists()
    assert IncomingMail.objects.get().raw is None


def test_workers_that_die_take_each_mail_once(box):
    mails = 12
    for number in range(mails):
        box.put(letter(f"Numéro {number}."))
    nursery = Nursery({**Worker().environment, "CSIRT_IMAP_URL": box.url})
    deadline = time.monotonic() + 120
    try:
        nursery.fork()
        for wanted in (2, 5, 9):
            while Report.objects.count() < wanted and time.monotonic() < deadline:
                time.sleep(0.005)
            nursery.kill()
        while box.unread() and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        nursery.end()

    assert sorted(Report.objects.values_list("text", flat=True)) == sorted(
        f"Objet : À l'aide\n\nNuméro {number}." for number in range(mails)
    )
    assert Incident.objects.count() == mails
    assert box.unread() == 0
