"""C26: a fault at each write of a change leaves nothing of it, whichever page or program asked."""

import contextlib
import hashlib
import json
import re

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.apps import apps
from django.db import DatabaseError, connection
from django.test import Client
from zeal import zeal_ignore

from csirt.kernel import codes
from csirt.management.backups import rows
from incidents.models import Incident
from tests.conftest import once_but_the_first
from tests.evidence.conftest import empty_store, send, visit
from tests.people import PASSWORD, client_of, file_case
from tests.reporters import ANSWERS
from tests.sharing.desk import collection, partner, qualified, release

pytestmark = pytest.mark.django_db(transaction=True)
assert empty_store  # a fixture that every test here uses by itself

WRITE = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
# Clocks are computed again by themselves and refuse no act; the session is stored after the answer.
BESIDE = re.compile(
    r'\w+ (INTO |FROM )?"incidents_clock"|(INSERT INTO|UPDATE) "accounts_session"|.* SET "next_due" ='
)
AFTER = re.compile("incidents_textdraft|accounts_session")  # a draft that was sent, a new name
# Which knowledge was in use, and tries of a password, counted before it is compared: of no change.
APART = {"directory.referenceversion", "accounts.failedattempt"}
TYPED = "Tous nos fichiers ont une extension .lockbit depuis ce matin."


class Broken(DatabaseError):
    """What the database may answer to any statement."""


class Breaking:
    """Breaks what runs inside at its *number*-th write; ``fired`` when there were so many."""

    def __init__(self, number):
        self.left = number
        self.said = ""

    def __call__(self, execute, sql, params, many, context):
        if WRITE.match(sql) and not BESIDE.match(sql):
            self.left -= 1
            if self.left == 0:
                self.said = sql[:80]
                with contextlib.suppress(DatabaseError):
                    # PostgreSQL then refuses whatever follows in this transaction.
                    execute("select 1/0", None, False, context)
                raise Broken
        return execute(sql, params, many, context)


def tables():
    """Return a digest of each table that a backup keeps, but for what is counted apart."""
    found = {}
    for model in rows.tables(apps):
        if model._meta.label_lower not in APART:
            lines = b"".join(rows.lines(model, rows.columns(model)))
            found[model._meta.label_lower] = hashlib.sha256(lines).hexdigest()
    return found


def at(case, *path, client, **fields):
    """Return what posts to a page of the case, from its version of that moment."""

    def act():
        version = Incident.objects.get(pk=case.pk).version
        return client.post(
            f"/console/dossiers/{case.uuid}/" + "/".join(path), fields | {"version": version}
        )

    return act


def filed(client, _people):
    body = {"victim_kind": "commune", "category": "rancongiciel", "text": TYPED,
            "contact_phone": "05 61 00 00 00", "token": codes.new_token()}  # fmt: skip
    return lambda: client.post("/api/v1/reports/", body, content_type="application/json")


def sent(_client, _people):
    held = json.dumps({"language": "fr", "answers": {**ANSWERS, "recit": TYPED}})
    fields = {"envoi": codes.new_token(), "reponses": held}
    return lambda: Client(raise_request_exception=False).post("/signaler/envoi/", fields)


def said(_client, _people):
    victim = visit(file_case(), raise_request_exception=False)
    fields = {"envoi": codes.new_token(), "message": "Cela recommence."}
    return lambda: victim.post("/suivi/message/", fields)


def gave_a_file(_client, _people):
    victim, token = visit(file_case(), raise_request_exception=False), codes.new_token()
    return lambda: send(victim, token=token)


def taken(client, _people):
    case = file_case().incident

    def act():
        version = Incident.objects.get(pk=case.pk).version
        path = f"/api/v1/incidents/{case.uuid}/transitions/take/"
        return client.post(path, {"version": version}, content_type="application/json")

    return act


def accepted(client, _people):
    fields = {"kind": "incident", "category": "rancongiciel", "priority": "P1", "tlp": "amber"}
    fields = {f"accept-{name}": value for name, value in fields.items()}
    return at(file_case().incident, "etape", "accept", client=client, **fields)


def joined(client, _people):
    case, into = file_case().incident, file_case().incident
    fields = {"merge-into": into.reference, "merge-reason": "La même attaque."}
    return at(case, "etape", "merge", client=client, **fields)


def noted(client, _people):
    return at(file_case().incident, "faire", "note", client=client, **{"note-text": TYPED})


def answered(client, _people):
    fields = {"message-text": TYPED, "token": codes.new_token()}
    return at(file_case().incident, "faire", "message", client=client, **fields)


def closed_off(client, people):
    """TLP:RED: what was released is withdrawn inside of the change."""
    case = qualified(people["alice"])
    release(case, people["alice"], collection(people["bruno"]))
    return at(case, "faire", "tlp", client=client, **{"tlp-tlp": "red"})


def invited(_client, people):
    client = client_of(people["ada"], raise_request_exception=False)
    fields = {"email": "farid@exemple.fr", "role": "analyst", "name": "Farid"}
    return lambda: client.post("/comptes/equipe/", fields)


def shut_out(_client, people):
    client, eve = client_of(people["ada"], raise_request_exception=False), people["eve"]
    client_of(eve)
    return lambda: client.post(f"/comptes/equipe/{eve.uuid}/desactiver/", {"version": 1})


def gave_a_token(_client, people):
    client = client_of(people["bruno"], raise_request_exception=False)
    path = f"/console/partage/partenaires/{partner(people['bruno']).uuid}/jetons"
    return lambda: client.post(path, {"scopes": ["taxii:read"], "label": "Le leur"})


def proved_and_gave_a_token(_client, people):
    """Who one is is said again; what was asked for is done, and the session gets another name."""
    path = "/comptes/moi/jetons/"

    def asked():
        client = client_of(people["alice"], raise_request_exception=False)
        session = client.session
        for proof in session[AUTHENTICATION_METHODS_SESSION_KEY]:
            proof["at"] -= 11 * 60
        session.save()
        wanted = {"label": "Mon programme", "scopes": ["cases:read"], "days": 30}
        return client, client.post(path, wanted)["Location"]

    ways = iter([asked() for _ in range(12)])

    def act():
        client, way = next(ways)
        return client.post(way, {"password": PASSWORD, "next": path})

    return act


ACTS = {
    filed: 6, sent: 5, said: 5, gave_a_file: 4, taken: 3, accepted: 6, joined: 5, noted: 4,
    answered: 4, closed_off: 7, invited: 3, shut_out: 4, gave_a_token: 3,
    proved_and_gave_a_token: 5,
}  # fmt: skip
"""What is done, and how many writes it is made of at least."""


@pytest.mark.parametrize("act", once_but_the_first(ACTS), ids=lambda act: act.__name__)
def test_a_fault_at_each_write_leaves_nothing(act, alice, bruno, ada, eve):
    client = client_of(alice, raise_request_exception=False)
    people = {"alice": alice, "bruno": bruno, "ada": ada, "eve": eve}
    ask = act(client, people)
    before, answer = tables(), None
    for number in range(1, 40):
        breaking = Breaking(number)
        with connection.execute_wrapper(breaking), zeal_ignore():
            answer = ask()
        if answer.status_code < 400:  # no write was left to break, but after the change
            assert not breaking.said or AFTER.search(breaking.said), breaking.said
            break
        assert answer.status_code in {500, 503}, answer.status_code
        assert tables() == before, f"{number}: {breaking.said}"

    assert number > ACTS[act]
    assert tables() != before
