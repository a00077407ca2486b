"""Several cases at once from the queue, by forms alone: all, or none and each reason (C6)."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from zeal import zeal_ignore

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import Campaign
from incidents.services import casework, following, transitions
from tests.console.case import fresh, qualified, text
from tests.people import agree, client_of, file_case

TOGETHER = "/console/ensemble/"


def box(case):
    return f"{case.uuid}_{fresh(case).version}"


def send(user, data, address=TOGETHER, *, follow=False):
    with zeal_ignore():  # each case is a change of its own, with the same guards
        return client_of(user).post(address, data, follow=follow)


def do(user, act, *cases, follow=True, **fields):
    data = {"acte": act, "case": [box(case) for case in cases], **fields}
    return send(user, data, follow=follow)


@pytest.fixture
def two(db):
    return [file_case().incident for _ in range(2)]


def test_the_queue_has_a_box_for_each_case_and_its_acts(alice, two):
    html = client_of(alice).get("/console/?vue=tous").text

    for case in two:
        assert f'value="{box(case)}"' in html
    assert 'form="bulk"' in html
    assert re.search(r'id="bulk" method="post" action="/console/ensemble/"', html)


def test_who_works_no_case_has_neither_box_nor_act(emile, denise):
    agree(emile.operators.get(), denise.incident)
    html = client_of(emile).get("/console/").text

    assert denise.reference in html
    assert "ensemble" not in html
    assert 'class="pick"' not in html


def test_an_act_without_a_question_is_done_at_once_and_taken_back(alice, two):
    answer = do(alice, "prendre", *two, retour="?vue=tous&priorite=P1")

    assert answer.redirect_chain[0][0] == "/console/?vue=tous&priorite=P1"
    assert "Me les attribuer : 2 dossiers." in text(answer)
    assert [fresh(case).assignee for case in two] == [alice, alice]
    way = re.search(r'class="undo" method="post" action="([^"]+)"', answer.text)[1]
    assert "Annulé sur 2 dossiers." in text(send(alice, {}, way, follow=True))
    assert [fresh(case).state for case in two] == ["new", "new"]


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/ailleurs", "evil"])
def test_it_comes_back_to_the_queue_and_nowhere_else(back, alice, two):
    answer = do(alice, "prendre", *two, follow=False, retour=back)

    assert answer["Location"] == "/console/"


FIELDS = {
    "attribuer": {"attribuer-to": ""},
    "campagne": {"campagne-name": "Vague de mars"},
    "reunir": {},
    "rejeter": {"rejeter-reason": "Un exercice."},
    "priorite": {"priorite-priority": "P2", "priorite-reason": "Une vague."},
}


@pytest.mark.parametrize("act", FIELDS)
def test_an_act_with_a_question_asks_it_first_and_does_nothing(act, alice, two):
    do(alice, "prendre", *two) if act == "attribuer" else None
    before = [fresh(case).version for case in two]
    asked = do(alice, act, *two)

    assert asked.status_code == 200
    for case in two:
        assert f'value="{box(case)}" checked' in asked.text
    assert [fresh(case).version for case in two] == before
    fields = FIELDS[act] or {"reunir-into": str(two[0].uuid)}
    done = do(alice, act, *two, sur="oui", **fields)
    assert "Annuler cette action" in text(done)
    assert fresh(two[1]).version == before[1] + 1


def test_a_new_campaign_is_opened_with_them_or_not_at_all(alice, two):
    old = casework.assign(
        incident=two[1].uuid, version=1, by=Person.of(alice), to=alice.uuid, now=now()
    )
    data = {"acte": "campagne", "sur": "oui", "campagne-name": "Vague"}
    stale = send(alice, {**data, "case": [box(two[0]), f"{old.uuid}_1"]})
    assert stale.status_code == 409
    assert not Campaign.objects.exists()

    do(alice, "campagne", *two, sur="oui", **{"campagne-name": "Vague"})
    assert {fresh(case).campaign.name for case in two} == {"Vague"}


def test_what_stops_it_is_said_beside_each_case_and_what_was_typed_is_kept(alice, two):
    active = qualified(file_case().incident, Person.of(alice))
    answer = do(alice, "rejeter", *two, active, sur="oui", **{"rejeter-reason": "Rien à voir."})

    assert answer.status_code == 409
    said = text(answer)
    assert f"Rien n'a été fait. Voici ce qui s'y oppose : {active.reference}." in said
    assert "Ce dossier a changé d'état : cette action n'est plus possible." in said
    assert "Rien à voir.</textarea>" in unescape(answer.text)
    assert [fresh(case).state for case in two] == ["new", "new"]


def test_a_wrong_value_comes_back_on_its_field(alice, two):
    answer = do(alice, "reporter", *two, sur="oui", **{"reporter-until": "demain"})
    assert answer.status_code == 400
    assert "Choisissez un jour à venir." in text(answer)
    nothing = do(alice, "rejeter", *two, sur="oui")

    assert nothing.status_code == 400
    assert 'aria-invalid="true"' in nothing.text


def test_none_and_too_many_are_said(alice):
    none = do(alice, "prendre")
    many = client_of(alice).post(
        TOGETHER,
        {"acte": "prendre", "case": [f"00000000-0000-4000-8000-{n:012}_1" for n in range(51)]},
    )

    assert (none.status_code, many.status_code) == (400, 400)
    assert "Choisissez au moins un dossier." in text(none)
    assert "50 dossiers au plus" in text(many)


@pytest.mark.parametrize(
    "act", ["prendre", "attribuer", "campagne", "reunir", "reporter", "rejeter", "lu"]
)
def test_one_hidden_case_makes_all_absent_byte_for_byte(act, alice, bruno, two):
    hidden = casework.restrict(
        incident=file_case().incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
    )
    typed = {
        "campagne-name": "Vague", "rejeter-reason": "Non.", "attribuer-to": str(alice.uuid),
        "reunir-into": str(two[0].uuid),
        "reporter-until": (now() + timedelta(days=2)).date().isoformat(),
    }  # fmt: skip
    absent = f"00000000-0000-4000-8000-000000000000_{hidden.version}"
    client, answers = client_of(alice), []
    for other in (f"{hidden.uuid}_{hidden.version}", absent):
        for sure in ("", "oui"):
            data = {"acte": act, "sur": sure, "case": [box(two[0]), other], **typed}
            answers.append(client.post(TOGETHER, data))

    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub(r"[0-9a-f]{16}", "", answer.text) for answer in answers}) == 1
    assert [fresh(case).version for case in two] == [1, 1]
    assert not Campaign.objects.exists()


def test_a_broken_list_is_absent(alice, two):
    for broken in ("x", "_1", str(two[0].uuid), f"{two[0].uuid}_x", f"{two[0].uuid}_{'1' * 19}"):
        assert (
            client_of(alice).post(TOGETHER, {"acte": "prendre", "case": broken}).status_code == 404
        )
    assert do(alice, "supprimer", *two).status_code == 404


def test_outsiders_get_what_is_absent(eve, ada, chloe, emile, denise):
    agree(emile.operators.get(), denise.incident)
    for user in (eve, ada, chloe, emile):
        assert do(user, "prendre", denise.incident).status_code == 404
        assert client_of(user).post(reverse("console-together-undo")).status_code == 404

    assert fresh(denise.incident).state == "new"


def test_what_a_colleague_changed_since_is_not_taken_back(alice, bruno, two):
    do(alice, "prendre", *two)
    case = fresh(two[0])
    transitions.reject(
        incident=case.uuid, version=case.version, by=Person.of(bruno), reason="Non.", now=now()
    )
    answer = send(alice, {}, reverse("console-together-undo"), follow=True)

    assert f"Voici ce qui s'y oppose : {case.reference}." in text(answer)
    assert fresh(two[1]).assignee == alice


def test_messages_are_marked_as_read_together(alice):
    victims = [file_case() for _ in range(2)]
    for number, victim in enumerate(victims):
        who = following.victim_by_code(victim.code)
        following.write_as_victim(victim=who, token=f"{number:032x}", text="Allô ?", now=now())
    do(alice, "lu", *(victim.incident for victim in victims))

    assert not any(fresh(victim.incident).unread for victim in victims)
