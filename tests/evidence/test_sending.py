"""The victim sends a file: taken once, as it is, or refused with one clear sentence."""

import hashlib
from contextlib import ExitStack

import pyrage
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from csirt.accounts.principals import Victim
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed
from csirt.web.kept import kept
from incidents.evidence.sealing import AT_ONCE, Sealer
from incidents.intake import files
from incidents.models import Evidence, Incident, Message
from incidents.services.evidence import receive
from tests.evidence.conftest import PATH, send, stored, visit
from tests.intake.test_form_pages import text_of
from tests.people import file_case


def opened(row, settings):
    [path] = stored()
    assert path.name == row.stored.partition("/")[2]
    identities = [pyrage.x25519.Identity.from_str(key) for key in settings.EVIDENCE_IDENTITIES]
    return pyrage.decrypt(path.read_bytes(), identities)


def test_a_file_is_kept_byte_for_byte_and_never_in_clear(denise, settings):
    content = b"\x00\xff\r\n--boundary\r\n" * 40_000
    response = send(visit(denise), content)

    assert response["Location"] == "/suivi/#fichiers"
    row = Evidence.objects.get()
    assert (row.incident, row.size, row.name) == (denise.incident, len(content), "capture.png")
    assert row.sha256 == hashlib.sha256(content).hexdigest()
    assert b"boundary" not in stored()[0].read_bytes()
    assert opened(row, settings) == content


def test_the_custody_begins_with_its_event(denise):
    send(visit(denise), b"abc")

    event = Event.objects.get(kind="evidence.received")
    row = Evidence.objects.get()
    assert event.actor == "victim"
    assert event.incident == denise.incident.pk
    assert event.data == {"evidence": str(row.uuid), "size": 3, "sha256": row.sha256}
    assert "capture" not in str(event.data)


def test_a_file_brings_the_case_to_the_top(denise):
    send(visit(denise))

    case = Incident.objects.get()
    assert case.unread
    assert case.version > denise.incident.version


def test_the_page_shows_what_was_sent(denise):
    client = visit(denise)
    send(client, b"x" * 2_300_000, "écran <b>.png")
    page = client.get("/suivi/")
    html = text_of(page)

    assert '<bdi class="filename">écran &lt;b&gt;.png</bdi>' in page.content.decode()
    assert "2,3 Mo" in html
    assert "Vous avez envoyé un fichier." in html


def test_the_same_file_twice_is_one(denise):
    client, token = visit(denise), codes.new_token()
    for _ in range(3):
        assert send(client, token=token).status_code == 302

    assert Evidence.objects.count() == len(stored()) == 1
    assert Event.objects.filter(kind="evidence.received").count() == 1


def test_another_file_under_the_same_page_is_not_lost(denise):
    client, token = visit(denise), codes.new_token()
    send(client, b"un", token=token)
    send(client, b"deux", token=token)

    assert Evidence.objects.count() == len(stored()) == 2


@pytest.mark.parametrize("name", ["photo.heic", "courriel.eml", "journal.evtx", "sans-extension"])
def test_any_type_is_taken(denise, name):
    assert send(visit(denise), name=name).status_code == 302
    assert Evidence.objects.get().name == name


def refused(client, response, status, sentence):
    assert response.status_code == status
    assert sentence in text_of(response)
    assert "Il y a un problème" in text_of(response)
    assert Evidence.objects.count() == len(stored()) == 0
    words = client.post("/suivi/message/", {"envoi": codes.new_token(), "message": "Je raconte."})
    assert words.status_code == 302
    assert Message.objects.count() == 1


def test_too_big_is_said_with_the_limit(denise, settings):
    settings.EVIDENCE_MAX = 1024**2
    client = visit(denise)
    refused(client, send(client, b"x" * (1024**2 + 1)), 413, "Un fichier peut faire 1 Mo.")


def test_far_too_big_is_said_before_the_body_is_read(denise, settings):
    settings.EVIDENCE_MAX = 1024**2
    client = visit(denise)
    refused(client, send(client, b"x" * 2 * 1024**2), 413, "Ce fichier est trop gros.")


def test_the_greatest_size_is_taken(denise, settings):
    settings.EVIDENCE_MAX = 1024**2
    assert send(visit(denise), b"x" * 1024**2).status_code == 302


def test_an_empty_file_is_refused(denise):
    client = visit(denise)
    refused(client, send(client, b""), 400, "Ce fichier est vide.")


def test_no_file_is_told(denise):
    client = visit(denise)
    response = client.post(PATH, {"envoi": codes.new_token()})
    refused(client, response, 400, "Choisissez un fichier.")


def test_a_full_disk_takes_words_only(denise, settings):
    settings.EVIDENCE_RESERVE = 2**62
    client = visit(denise)
    refused(client, send(client), 503, "Nous ne pouvons pas recevoir de fichier maintenant.")


def test_a_page_too_old_is_told(denise):
    client = visit(denise)
    refused(client, send(client, token="x"), 400, "Cette page a expiré.")


def test_a_case_holds_so_many_files(denise, settings):
    settings.EVIDENCE_FILES = 2
    client = visit(denise)
    for content in (b"1", b"2"):
        assert send(client, content).status_code == 302
    response = send(client, b"3")

    assert response.status_code == 400
    assert "Vous avez envoyé assez de fichiers." in text_of(response)
    assert Evidence.objects.count() == len(stored()) == 2


def test_a_cross_site_request_leaves_nothing(denise):
    client = visit(denise, enforce_csrf_checks=False)
    client.handler.enforce_csrf_checks = True

    assert send(client).status_code == 403
    assert Evidence.objects.count() == len(stored()) == 0


def test_without_a_visit_the_code_is_asked(client):
    assert send(client)["Location"] == "/suivi/"
    assert send(client, accept="application/json").status_code == 403
    assert stored() == []


def test_the_script_is_told_in_json(denise, settings):
    client = visit(denise)
    settings.EVIDENCE_MAX = 1024**2

    assert send(client, b"abc", accept="application/json").json()["size"] == 3
    refusal = send(client, b"x" * 2 * 1024**2, accept="application/json")
    assert refusal.status_code == 413
    assert refusal.json()["error"] == "Ce fichier est trop gros. Un fichier peut faire 1 Mo."


WORDS_ONLY = {
    "sextortion": {"category": "sextorsion"},
    "hoax blackmail": {"category": "chantage-bluff"},
    "blackmail answered": {"answers": {"quoi": "chantage"}},
    "a minor": {"category": "piratage-reseau-social", "flags": ("mineur",)},
    "a minor answered": {
        "category": "piratage-reseau-social",
        "answers": {"quoi": "reseau", "age": "oui"},
    },
    "an age that nobody knows": {
        "category": "piratage-reseau-social",
        "answers": {"quoi": "reseau", "age": "nsp"},
    },
    "a minor in the story": {
        "category": "hameconnage-courriel",
        "answers": {"quoi": "message"},
        "suspected": ("mineur",),
    },
}


@pytest.mark.parametrize("fields", WORDS_ONLY.values(), ids=WORDS_ONLY)
def test_words_only_for_minors_and_sexual_blackmail(db, fields):
    client = visit(file_case(victim_kind="particulier", **fields))
    html = text_of(client.get("/suivi/"))

    assert 'type="file"' not in html
    assert "N'envoyez aucune image. Racontez avec des mots." in html
    assert "3018" in html
    assert "PHAROS" in html
    refused_page = send(client)
    assert refused_page.status_code == 403
    assert "Racontez avec des mots." in text_of(refused_page)
    assert Evidence.objects.count() == len(stored()) == 0


def test_files_are_taken_again_once_an_analyst_has_cleared_what_words_suggested(db):
    victim = file_case(suspected=("mineur",))
    client = visit(victim)
    assert 'type="file"' not in text_of(client.get("/suivi/"))

    Incident.objects.update(assessment=victim.incident.assessment | {"suspected": []})

    assert 'type="file"' in text_of(client.get("/suivi/"))
    assert send(client).status_code == 302


def test_a_case_that_becomes_so_while_a_file_arrives_does_not_keep_it(denise):
    sealer = Sealer()
    sealer.write(b"image")
    Incident.objects.update(category="sextorsion")
    with pytest.raises(NotAllowed):
        receive(
            victim=Victim(denise.incident.pk),
            token=codes.new_token(),
            name="a.png",
            sealed=sealer.finish(),
            now=now(),
        )
    assert stored() == []


def test_who_sends_many_at_once_keeps_nobody_else_out(denise):
    """Whoever holds a code could else hold every place, slowly, for an hour."""
    other = file_case()
    with ExitStack() as held:
        for _ in range(files.OF_ONE):
            held.enter_context(files._place(denise.incident.pk))
        assert files.OF_ONE < AT_ONCE

        busy = send(visit(denise))
        assert (busy.status_code, send(visit(other)).status_code) == (503, 302)
        assert "Réessayez dans une minute." in text_of(busy)

    assert send(visit(denise)).status_code == 302
    assert not files._held


def test_a_page_that_gives_words_back_spools_no_file_in_clear(rf):
    """When the database is away nobody has named a handler: Django's own would write to the disk."""
    large = SimpleUploadedFile("capture.png", b"en clair" * 500_000)
    request = rf.post(PATH, {"envoi": "a b", "fichier": large})

    assert kept(request)["fields"] == [("envoi", "a b")]
    assert not request.FILES
