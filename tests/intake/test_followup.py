"""The follow-up page: opened by a code, one case, plain words, a conversation."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.test import Client

from csirt.accounts.principals import Person
from csirt.journal.kinds import kinds
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.domain.lifecycle import UNDO_FOR, State
from incidents.intake.states import HAPPENED, STANDINGS
from incidents.models import AccessCode, Incident, Message
from incidents.services import casework, transitions
from incidents.services.following import reissue_code, write_to_victim
from tests.intake.conftest import MONDAY
from tests.intake.test_form_pages import text_of
from tests.people import called, file_case
from tests.reporters import waits

OFFER = re.compile(r'name="offre" value="([^"]+)"')
REPLACE = "/suivi/nouveau-code/"


def visit(victim, **options):
    """Return a client that has given the victim's code."""
    client = Client(**options)
    response = client.post("/suivi/", {"code": codes.grouped(victim.code)})
    assert response["Location"] == "/suivi/"
    return client


def replaced(client):
    """Note the new code and go on; return it."""
    html = client.get(REPLACE).content.decode()
    code = re.search(r'<strong translate="no">([0-9A-Z-]+)</strong>', html)[1]
    assert (
        client.post(REPLACE, {"offre": OFFER.search(html)[1], "note": "oui"})["Location"]
        == "/suivi/"
    )
    return code


def page_of(client):
    return text_of(client.get("/suivi/"))


def say(client, text, token=None):
    return client.post("/suivi/message/", {"envoi": token or codes.new_token(), "message": text})


def test_the_code_opens_the_page(denise):
    html = page_of(visit(denise))

    assert denise.reference in html
    assert "Nous avons reçu votre signalement." in html
    assert "Vous avez envoyé votre signalement." in html


@pytest.mark.parametrize(
    "written",
    [
        lambda code: code.lower(),
        " ".join,
        lambda code: codes.grouped(code).replace("-", "–"),
        lambda code: code.replace("0", "O").replace("1", "l"),
    ],
)
def test_the_code_may_be_typed_as_one_reads_it(denise, written):
    client = Client()
    client.post("/suivi/", {"code": written(denise.code)})

    assert denise.reference in page_of(client)


def test_the_code_is_in_no_address(denise):
    response = Client().post("/suivi/", {"code": denise.code})

    assert denise.code not in response["Location"]
    assert denise.reference not in text_of(Client().get(f"/suivi/?code={denise.code}"))


def test_a_mistyped_symbol_is_told_without_a_look_up(denise, django_assert_num_queries):
    wrong = denise.code[:-1] + ("0" if denise.code[-1] != "0" else "2")
    client = Client()
    with django_assert_num_queries(0):
        response = client.post("/suivi/", {"code": wrong})

    assert "Vérifiez chaque lettre et chaque chiffre du code." in text_of(response)
    assert f'value="{wrong}"' in text_of(response)


def test_a_code_that_opens_nothing_is_told_so(denise):
    html = text_of(Client().post("/suivi/", {"code": codes.random_code()}))

    assert "Aucun dossier ne correspond à ce code." in html
    assert "Code perdu" in html


@pytest.mark.parametrize(
    "code",
    [b"", b"%00", b"%ED%A0%80", b"%C3%A9" * 24, b"A" * 10_000, b"%FF%FE"],
    ids=["empty", "nul", "surrogate", "accents", "long", "not-utf8"],
)
def test_any_text_is_answered(denise, code):
    form = "application/x-www-form-urlencoded"
    response = Client().post("/suivi/", b"code=" + code, content_type=form)

    assert response.status_code == 200
    assert "Vérifiez chaque lettre" in text_of(response)


def test_wrong_codes_from_one_address_take_an_effort_with_a_way_forward(denise):
    eve = Client(REMOTE_ADDR="198.51.100.7")
    with time_machine.travel(MONDAY, tick=False):
        pages = [text_of(eve.post("/suivi/", {"code": codes.random_code()})) for _ in range(8)]

    assert [waits(page) for page in pages] == [False] * 5 + [True] * 3
    assert "0 800 71 13 13" in pages[-1].replace("\xa0", " ")


def test_ten_wrong_codes_a_minute_at_most_are_looked_up(denise):
    looked_up = 0
    for second in range(60):
        with time_machine.travel(MONDAY + timedelta(seconds=second), tick=False):
            response = Client().post("/suivi/", {"code": codes.random_code()})
            looked_up += not waits(text_of(response))

    assert looked_up <= 10


def test_the_right_code_from_another_address_opens_meanwhile(denise):
    eve = Client(REMOTE_ADDR="198.51.100.7")
    for _ in range(8):
        eve.post("/suivi/", {"code": codes.random_code()})

    assert denise.reference in page_of(visit(denise, REMOTE_ADDR="203.0.113.9"))


def test_right_codes_are_not_counted(db):
    """Somebody who files for twelve towns opens one page after the other."""
    with time_machine.travel(MONDAY, tick=False):
        for victim in [file_case() for _ in range(12)]:
            visit(victim)


def test_a_visit_gets_a_session_of_its_own(denise):
    client = Client()
    session = client.session
    session["before"] = 1
    session.save()
    old = client.cookies["sessionid"].value

    client.post("/suivi/", {"code": denise.code})

    assert client.cookies["sessionid"].value != old


def test_a_visit_opens_one_case_and_no_other(denise):
    other = file_case(text="le dossier d'une autre")
    case = Incident.objects.get(reference=other.reference)
    Message.objects.create(
        incident=case, idempotency="x" * 64, text="secret d'une autre", written_at=now()
    )

    html = page_of(visit(denise))

    assert other.reference not in html
    assert "secret d'une autre" not in html


def test_leaving_ends_the_visit(denise):
    client = visit(denise)

    assert client.post("/suivi/quitter/")["Location"] == "/"
    assert denise.reference not in page_of(client)


def test_a_visit_ends_after_two_hours(denise):
    with time_machine.travel(MONDAY, tick=False):
        client = visit(denise)
    with time_machine.travel(MONDAY + timedelta(hours=1, minutes=59), tick=False):
        assert denise.reference in page_of(client)
    with time_machine.travel(MONDAY + timedelta(hours=2, seconds=1), tick=False):
        assert denise.reference not in page_of(client)


def test_a_code_issued_again_ends_the_visits_of_the_old_one(denise, alice):
    client = visit(denise)
    case = Incident.objects.get()
    code = reissue_code(
        incident=case.uuid, version=case.version, by=Person.of(alice), called=called(), now=now()
    )

    assert denise.reference not in page_of(client)
    client.post("/suivi/", {"code": code})
    replaced(client)
    assert denise.reference in page_of(client)


def test_an_analyst_who_looks_at_a_page_stays_logged_in(denise, alice):
    client = Client()
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/suivi/", {"code": denise.code})
    client.post("/suivi/quitter/")

    assert "_auth_user_id" in client.session


def undoable_no_more():
    """Let ten seconds pass: what the desk wrote cannot be taken back any more, and is shown."""
    Message.objects.update(written_at=F("written_at") - UNDO_FOR)


def test_messages_go_both_ways(denise, alice):
    client = visit(denise)
    assert say(client, "La sauvegarde est saine.")["Location"] == "/suivi/#messages"
    case = Incident.objects.get()
    write_to_victim(
        incident=case.uuid,
        by=Person.of(alice),
        token=codes.new_token(),
        text="Parfait. <b>Ne branchez rien</b>.",
        now=now(),
    )

    undoable_no_more()

    html = page_of(client)

    assert html.index("La sauvegarde est saine.") < html.index("Parfait.")
    assert "<b>Ne branchez" not in client.get("/suivi/").content.decode()
    assert case.unread


def test_the_same_message_twice_is_one(denise):
    client, token = visit(denise), codes.new_token()

    assert say(client, "Bonjour", token).status_code == 302
    assert say(client, "Bonjour", token).status_code == 302
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00", "x" * 20_001], ids=["empty", "blank", "nul", "long"]
)
def test_a_message_that_cannot_be_taken_is_given_back(denise, text):
    response = say(visit(denise), text)

    html = text_of(response)
    assert response.status_code == 200
    assert '<a href="#f-message">' in html
    assert Message.objects.count() == 0
    assert text.replace("\x00", "") in html


def test_a_message_without_its_token_is_given_back(denise):
    response = visit(denise).post("/suivi/message/", {"message": "Bonjour à vous"})

    assert "Cette page a expiré." in text_of(response)
    assert "Bonjour à vous" in text_of(response)


def test_a_message_written_after_the_visit_ended_is_sent_with_the_code(denise):
    with time_machine.travel(MONDAY, tick=False):
        client = visit(denise)
    with time_machine.travel(MONDAY + timedelta(hours=3), tick=False):
        token = codes.new_token()
        html = text_of(say(client, "Un long message.", token))
        assert "Votre message est gardé ici." in html
        assert Message.objects.count() == 0

        fields = {"code": denise.code, "envoi": token, "message": "Un long message."}
        client.post("/suivi/", fields)

        assert "Un long message." in page_of(client)
        assert Message.objects.count() == 1


@pytest.mark.parametrize("wrong", [False, True])
def test_answers_given_after_the_visit_ended_are_sent_with_the_code(denise, wrong):
    """A telephone asleep with the form open: that somebody is in danger is not lost."""
    client = Client()
    given = {"envoi": codes.new_token(), "sens": "pire", "danger": "oui", "message": "Il est là."}
    html = text_of(client.post("/suivi/changement/", given))
    assert "Vos réponses sont gardées ici." in html
    held = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    if wrong:
        html = text_of(client.post("/suivi/", held | {"code": codes.random_code()}))
        assert "Aucun dossier" in html
        held = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    assert not Incident.objects.get().danger

    answer = client.post("/suivi/", held | {"code": denise.code})

    assert answer["Location"] == "/suivi/?fait=changement"
    assert Incident.objects.get().danger
    assert Message.objects.get().text.endswith("Il est là.")


def test_answers_with_something_missing_come_back_in_their_form(denise):
    client = Client()
    html = text_of(client.post("/suivi/changement/", {"message": "Il est là."}))
    held = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))

    again = text_of(client.post("/suivi/", held | {"code": denise.code}))

    assert "Dites si c'est mieux ou pire." in again
    assert 'action="/suivi/changement/"' in again
    assert "Il est là." in again


@pytest.mark.parametrize(
    "target", ["/suivi/acces/", "/console/", "/suivi/effacement/", "//x", "\0"]
)
def test_a_code_leads_to_no_other_form(denise, target):
    answer = Client().post("/suivi/", {"code": denise.code, "vers": target, "nom": "Eve"})

    assert answer["Location"] == "/suivi/"
    assert AccessCode.objects.count() == 1


def test_a_message_after_closing_still_arrives(denise, alice, bruno):
    moved(alice, "take", "qualify", "resolve", "close")
    client = visit(denise)

    say(client, "J'ai un doute.")

    assert Incident.objects.get().unread
    assert "Merci de nous avoir prévenus." in page_of(client)


NEEDS = {
    "qualify": {"kind": "incident", "category": "rancongiciel", "tlp": "amber"},
    "wait": {"waiting_on": "provider", "reason": "audit", "until": None},
    "resolve": {"reason": "rétabli"},
    "close": {"closing_words": "Merci de nous avoir prévenus."},
    "redirect": {"redirected_to": "17cyber", "consent": True, "reason": "particulier"},
    "reject": {"reason": "doute levé"},
}


def moved(alice, *edges):
    """Lead the one case along these edges."""
    for edge in edges:
        case = Incident.objects.get(merged_into=None)
        fields = dict(NEEDS.get(edge, {}))
        if edge == "qualify":
            fields["priority"] = case.priority
        if edge == "wait":
            fields["until"] = now() + timedelta(days=2)
        transitions.SERVICES[edge](
            incident=case.uuid, version=case.version, by=Person.of(alice), now=now(), **fields
        )


@pytest.mark.parametrize(
    "edges",
    [
        (),
        ("take",),
        ("take", "qualify"),
        ("take", "qualify", "wait"),
        ("take", "qualify", "contain"),
        ("take", "qualify", "resolve"),
        ("take", "qualify", "resolve", "close"),
        ("take", "redirect"),
        ("take", "reject"),
    ],
    ids=lambda edges: edges[-1] if edges else "new",
)
def test_each_state_is_said_in_plain_words(denise, alice, edges):
    moved(alice, *edges)

    html = page_of(visit(denise))

    standing = STANDINGS[State(Incident.objects.get().state)]
    assert str(standing.now).replace("\u00a0", " ") in html
    assert str(standing.next).replace("\u00a0", " ") in html


def test_every_state_and_every_event_meant_for_victims_has_its_words():
    assert set(STANDINGS) == set(State)
    said = {kind.name for kind in kinds.values() if kind.audience == "victim"}
    assert said & {
        name for name in said if name.split(".")[0] in {"report", "incident", "message"}
    } <= set(HAPPENED)


def test_a_wait_for_the_victim_says_that_it_is_their_turn(denise, alice, monkeypatch):
    monkeypatch.setitem(NEEDS["wait"], "waiting_on", "victim")
    moved(alice, "take", "qualify", "wait")
    client = visit(denise)

    assert "Nous attendons votre réponse." in page_of(client)
    say(client, "Voici.")
    assert "Un analyste travaille sur votre dossier." in page_of(client)


def test_who_follows_a_redirected_case_is_shown(denise, alice):
    moved(alice, "take", "redirect")

    assert "17cyber.gouv.fr" in page_of(visit(denise))


def test_internal_notes_and_reasons_are_never_shown(denise, alice):
    case = Incident.objects.get()
    moved(alice, "take", "qualify", "wait")
    casework.add_note(incident=case.uuid, by=Person.of(alice), text="note interne", now=now())

    html = page_of(visit(denise))

    assert "note interne" not in html
    assert "audit" not in html
    assert "Alice" not in html


def test_two_people_whose_cases_are_joined_do_not_read_each_other(denise, alice):
    first = Incident.objects.get()
    write = {"by": Person.of(alice), "now": now()}
    write_to_victim(incident=first.uuid, **write, token=codes.new_token(), text="pour Denise")
    second = file_case()
    case = Incident.objects.get(reference=second.reference)
    transitions.merge(
        incident=case.uuid, version=case.version, by=Person.of(alice), into=first.uuid, now=now()
    )
    client = visit(second)

    say(client, "Je suis là aussi.")
    write_to_victim(incident=first.uuid, **write, token=codes.new_token(), text="encore Denise")
    write_to_victim(incident=case.uuid, **write, token=codes.new_token(), text="pour la seconde")
    undoable_no_more()
    html, other = page_of(client), page_of(visit(denise))

    assert "Votre signalement rejoint un dossier déjà ouvert." in html
    assert "Je suis là aussi." in html
    assert "pour la seconde" in html
    assert "pour Denise" not in html
    assert "encore Denise" not in html
    assert "Je suis là aussi." not in other
    assert "pour la seconde" not in other


def test_a_late_desk_says_so(denise):
    case = Incident.objects.get()
    with time_machine.travel(case.opened_at + timedelta(days=40), tick=False):
        assert "Nous avons du retard, pardon." in page_of(visit(denise))


def test_it_speaks_english(denise):
    client = visit(denise, headers={"accept-language": "en"})

    assert "We have your report." in page_of(client)
    assert "Write to us" in page_of(client)
