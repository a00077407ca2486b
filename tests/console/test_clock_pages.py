"""The clocks of a case in the console: its panel, a page for each, the moment they count from, the board."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.web.templatetags.web import iso
from incidents.models import Clock, Incident
from incidents.services import casework, clock_warnings
from tests.console.case import address, fresh, text
from tests.incidents.clocks import BANK, CNIL, COMPLAINT, act, clock
from tests.incidents.conftest import case_in, row
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
BOARD = "/console/horloges/"


def panel(case, user):
    """Return the panel of the case page, and its words."""
    page = client_of(user).get(address(case, "panneaux", "console.case", "horloges"))
    assert page.status_code == 200
    return page.content.decode(), " ".join(text(page).split())


def page(case, user, name=CNIL):
    return client_of(user).get(address(case, "horloges", name))


def post(case, user, name=CNIL, *, back=False, **fields):
    at = f"/console/dossiers/{case.uuid}/horloges/{name}"
    return client_of(user).post(at, {"version": fresh(case).version, **fields}, follow=back)


def test_each_duty_says_whether_it_applies_why_and_by_which_text(alice, denise):
    html, words = panel(denise.incident, alice)

    assert "Notifier la CNIL" in words
    assert "Des données sur des gens ont été vues, prises, perdues ou bloquées." in words
    assert "RGPD art. 33; loi Informatique et Libertés art. 58" in words
    assert "L12-10-1" in words
    assert "À établir" in words
    assert "À établir : la réponse à une question dira si cela vous concerne." in words
    assert "Ne s'applique pas à ce que l'on sait." in words
    assert "un juriste doit valider" in words
    assert "reste 71 h" in words or "reste 2 j" in words or "reste 3 j" in words
    assert html.index("Notifier la CNIL") < html.index("À établir") < html.index("NIS 2")


def test_the_moment_that_is_said_is_the_one_that_is_counted_from(alice):
    case = file_case(answers={"quand": "hier"}).incident
    html, _words = panel(case, alice)

    since = html.partition("Comptées depuis :")[2].partition("</time>")[0]
    assert iso(clock(case).started_at) in since
    assert "à confirmer" in html


def test_the_texts_offered_are_those_of_duties_that_may_apply(alice, denise):
    html, _words = panel(denise.incident, alice)

    assert f'href="/console/dossiers/{denise.incident.uuid}/textes/notification-cnil"' in html
    assert "textes/alerte-nis2" not in html
    assert f'href="/console/dossiers/{denise.incident.uuid}/plainte"' in html


def test_a_town_that_sent_money_calls_its_public_accountant_first(alice):
    case = file_case(category="fovi-faux-rib", inputs={"argent": "recent"}).incident
    firm = file_case(
        victim_kind="entreprise", category="fovi-faux-rib", inputs={"argent": "recent"}
    ).incident

    html, words = panel(case, alice)
    assert "appelle d'abord son comptable public (SGC)" in words
    assert (
        html.index("Demander le blocage") < html.index("comptable public") < html.index("À établir")
    )
    assert "appelle d'abord" not in panel(firm, alice)[1]


def test_eve_finds_nothing_and_an_operator_only_looks(eve, ada, emile, denise):
    case = denise.incident
    for user in (eve, ada, emile):
        assert page(case, user).status_code == 404
        assert post(case, user, faire="waive").status_code == 404
        assert client_of(user).get(address(case, "savoir")).status_code == 404
    assert client_of(eve).get(BOARD).status_code == 404
    agree(emile.operators.get(), case)
    assert 'name="faire"' not in page(case, emile).content.decode()
    assert post(case, emile, faire="waive", **{"waive-reason": "Non."}).status_code == 403
    assert denise.reference in text(client_of(emile).get(BOARD))


@pytest.mark.parametrize("name", ["inventee", "nis2-art23.inventee", f"{CNIL}.x", "nis2-art23"])
def test_a_clock_that_is_none_is_not_found(name, alice, denise):
    assert page(denise.incident, alice, name).status_code == 404
    assert post(denise.incident, alice, faire="inventer").status_code == 404


def test_it_is_met_with_its_proof_on_its_page(alice, denise):
    case = denise.incident
    answer = post(
        case, alice, back=True, faire="meet",
        **{"meet-at": "2026-11-28T10:30", "meet-how": "Récépissé <b>77</b>"},
    )  # fmt: skip

    assert answer.redirect_chain[0][0].endswith("#horloges")
    assert clock(case).met_how == "Récépissé <b>77</b>"
    shown = page(case, alice)
    assert "&lt;b&gt;77&lt;/b&gt;" in shown.content.decode()
    assert "Alice a noté comme fait : Notifier la CNIL" in text(shown)
    assert 'value="meet"' not in shown.content.decode()
    assert post(case, alice, faire="reopen").status_code == 302
    assert clock(case).running


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"faire": "meet", "meet-at": "", "meet-how": "x"}, "Donnez le jour et l'heure."),
        ({"faire": "meet", "meet-at": "2026-11-28T10:30"}, "Écrivez quelques mots."),
        ({"faire": "waive"}, "Écrivez quelques mots."),
        ({"faire": "start", "start-at": "2026-11-28T10:30"}, "Écrivez quelques mots."),
        ({"faire": "start", "start-at": "2099-01-01T10:30", "start-reason": "Avant."},
         "Donnez une date passée."),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_beside_it_and_what_was_typed_stays(fields, said, alice, denise):
    answer = post(denise.incident, alice, **fields)
    html = unescape(answer.content.decode())

    assert answer.status_code == 400
    assert html.count(said) == 2  # in the summary, and beside the field
    assert "Avant." in html or "start-reason" not in fields
    assert row(denise.incident).version == 1


def test_a_case_that_changed_meanwhile_is_a_conflict(alice, bruno, denise):
    case = denise.incident
    act("explain", case, bruno)
    answer = client_of(alice).post(
        f"/console/dossiers/{case.uuid}/horloges/{CNIL}",
        {"version": 1, "faire": "waive", "waive-reason": "Aucun risque."},
    )

    assert answer.status_code == 409
    assert "Aucun risque." in answer.content.decode()
    assert clock(case).running


def test_a_late_one_asks_for_its_reasons(alice):
    case = file_case(knowledge_at=now() - timedelta(days=5), knowledge_exact=True).incident
    when = f"{now():%Y-%m-%dT%H:%M}"
    answer = post(case, alice, faire="meet", **{"meet-at": when, "meet-how": "Fait."})

    assert answer.status_code == 400
    assert "Écrivez les motifs du retard" in text(answer)
    assert "En retard, à faire" in panel(case, alice)[1]


def test_a_duty_to_be_established_is_given_its_start(alice):
    case = file_case(category="perte-donnees").incident
    assert "Elle s'applique : dire depuis quand" in text(page(case, alice))
    post(
        case,
        alice,
        faire="start",
        **{"start-at": "2026-11-28T08:00", "start-reason": "Fiches perdues."},
    )

    assert clock(case).running
    assert "Fiches perdues." in panel(case, alice)[1]
    post(case, alice, faire="default")
    assert not clock(case).running


def test_the_moment_of_knowledge_is_changed_on_its_page(alice, denise):
    case = denise.incident
    assert "à confirmer" in panel(case, alice)[1]
    at = address(case, "savoir").rstrip("/")
    assert client_of(alice).get(at).status_code == 200
    wrong = client_of(alice).post(at, {"version": 1, "savoir-at": "hier"})
    assert (wrong.status_code, "Donnez le jour et l'heure." in text(wrong)) == (400, True)
    later = client_of(alice).post(at, {"version": 1, "savoir-at": "2099-01-01T00:00"})
    assert later.status_code == 400
    done = client_of(alice).post(at, {"version": 1, "savoir-at": "2026-11-27T09:15"})

    assert done.status_code == 302
    assert row(case).knowledge_exact
    assert clock(case).started_at.isoformat() == "2026-11-27T08:15:00+00:00"
    assert "à confirmer" not in panel(case, alice)[1]


def test_targets_of_the_desk_are_said_apart(alice, denise):
    html, words = panel(denise.incident, alice)

    assert "Nos propres délais, en heures d'ouverture" in words
    assert "Première réponse d'un humain" in words
    shown = text(page(denise.incident, alice, "first_human"))
    assert "Ce que dit la loi" not in shown
    assert "Lui donner son propre départ" not in shown
    assert html.index("Notifier la CNIL") < html.index("Première réponse")


def test_warnings_are_said_in_the_history_of_the_case(alice, denise):
    case = denise.incident
    clock_warnings.warn_due(now=clock(case).ends_at)

    assert "C'est l'heure, et c'est à faire : Notifier la CNIL" in text(
        client_of(alice).get(address(case))
    )


def test_a_case_that_has_ended_says_that_nothing_runs(bruno):
    case = case_in("rejected", bruno)

    assert "arrêtée : dossier terminé" in panel(case, bruno)[1]


def lines(answer):
    """Return (case, clock) of each row of the board, in its order."""
    return [(one["reference"], one["name"]) for one in answer.context["rows"]]


def test_the_board_has_what_runs_soonest_first(alice, bruno):
    money = file_case(category="fovi-faux-rib", inputs={"argent": "recent"})
    usual = file_case()
    act("meet", usual.incident, alice, duty=COMPLAINT)
    case_in("rejected", bruno)
    answer = client_of(alice).get(f"{BOARD}?de=loi")

    assert lines(answer)[0] == (money.reference, BANK)
    assert (usual.reference, CNIL) in lines(answer)
    assert {case for case, _ in lines(answer)} == {money.reference, usual.reference}
    assert (usual.reference, COMPLAINT) not in lines(answer)
    ends = [one["ends_at"] for one in answer.context["rows"]]
    assert ends == sorted(ends)
    assert {name for _, name in lines(client_of(alice).get(f"{BOARD}?de=equipe"))} == {
        "first_human", "qualification",
    }  # fmt: skip
    words = text(answer)
    assert "Dans les 24 heures" in words
    assert "comptable public (SGC)" in words


def test_a_restricted_case_is_on_the_board_of_those_who_are_named(alice, bruno, denise):
    casework.restrict(
        incident=denise.incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
    )

    assert denise.reference in text(client_of(bruno).get(BOARD))
    assert denise.reference not in text(client_of(alice).get(BOARD))


def test_the_board_is_read_a_page_at_a_time_each_clock_once(alice):
    made = [file_case().incident for _ in range(30)]
    same = now() + timedelta(days=1)
    Clock.objects.filter(law=True, running=True).update(ends_at=same)
    seen, here = [], f"{BOARD}?de=loi"
    while here:
        answer = client_of(alice).get(here)
        seen += lines(answer)
        here = answer.context["next"] and BOARD + answer.context["next"]

    assert len(seen) == len(set(seen)) == 60
    assert {case for case, _ in seen} == {case.reference for case in made}


@pytest.mark.parametrize("place", ["x", "20260101T000000.000000_x", "_", "9" * 400])
def test_a_place_that_is_none_begins_at_the_beginning(place, alice, denise):
    answer = client_of(alice).get(BOARD, {"apres": place})

    assert denise.reference in text(answer)


def test_an_empty_board_says_so(alice):
    assert "Aucune horloge ne court" in text(client_of(alice).get(BOARD))
    assert (
        f'href="{reverse("console-clocks")}" aria-current="page"'
        in client_of(alice).get(BOARD).content.decode()
    )
    assert Incident.objects.count() == 0


def test_the_board_asks_the_database_as_often_whatever_it_holds(alice):
    client, asked = client_of(alice), []
    client.get(BOARD)
    for count in (0, 20, 40):
        for _ in range(count):
            file_case()
        with CaptureQueriesContext(connection) as found:
            client.get(BOARD)
        asked.append(len(found))

    assert asked[0] == asked[1] == asked[2] <= 5


def test_the_pages_speak_english(alice, denise):
    client = client_of(alice, headers={"accept-language": "en"})
    with translation.override("fr"):  # what the page leaves behind is no other test's
        words = text(client.get(address(denise.incident, "horloges", CNIL)))

    assert "Notify the data-protection authority" in words
    assert "What the law says" in words
