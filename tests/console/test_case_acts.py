"""The case page: exactly the acts that a case's state allows, and what comes back when one fails."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents.models import Message
from incidents.services import following, transitions
from tests.console.case import address, fresh, post, qualified, text
from tests.people import client_of, file_case, person

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_case_is_followed_from_new_to_closed_with_forms(alice, denise):
    case = denise.incident
    post(alice, case, "etape", "take")
    assert fresh(case).state == "triage"
    post(
        alice,
        case,
        "etape",
        "qualify",
        **{
            "qualify-kind": "incident",
            "qualify-category": "rancongiciel",
            "qualify-priority": "P1",
            "qualify-tlp": "amber",
        },
    )
    assert fresh(case).state == "active"
    post(
        alice,
        case,
        "etape",
        "wait",
        **{
            "wait-waiting_on": "victim",
            "wait-reason": "Une copie.",
            "wait-until": (now() + timedelta(days=10)).date().isoformat(),
        },
    )
    assert fresh(case).state == "waiting"
    post(alice, case, "etape", "resume")
    post(alice, case, "etape", "contain")
    assert fresh(case).state == "recovery"
    post(alice, case, "etape", "resolve", **{"resolve-reason": "Rétabli depuis la sauvegarde."})
    answer = post(
        alice, case, "etape", "close", **{"close-closing_words": "Tout est rentré dans l'ordre."}
    )

    assert fresh(case).state == "closed"
    assert "Alice a clos le dossier." in text(answer)
    assert "Alice a qualifié le dossier : Incident, P1, TLP:AMBER." in text(answer)


def test_taking_and_qualifying_are_one_act_from_the_inbox(alice, denise):
    post(
        alice,
        denise.incident,
        "etape",
        "accept",
        **{
            "accept-kind": "signalement",
            "accept-category": "spam",
            "accept-priority": "P1",
            "accept-tlp": "green",
        },
    )

    assert fresh(denise.incident).state == "active"
    assert fresh(denise.incident).assignee == alice


def test_a_missing_value_brings_the_form_back_open_with_what_was_typed(alice, denise):
    case = qualified(denise.incident, Person.of(alice))
    answer = post(
        alice,
        case,
        "etape",
        "wait",
        **{"wait-waiting_on": "victim", "wait-reason": "Sa réponse.", "wait-until": "demain"},
    )
    html = answer.content.decode()

    assert answer.status_code == 400
    assert re.search(r"<title>Erreur\s:", html)
    assert 'href="#f-wait-until"' in html
    assert 'id="f-wait-until"' in html
    assert "Sa réponse.</textarea>" in html
    assert fresh(case).state == "active"


def test_a_case_that_changed_says_its_new_state_and_keeps_the_text(alice, bruno, denise):
    seen = fresh(denise.incident).version
    transitions.take(incident=denise.incident.uuid, version=seen, by=Person.of(bruno), now=now())
    answer = post(
        alice,
        denise.incident,
        "etape",
        "reject",
        version=seen,
        **{"reject-reason": "Ce n'est pas une attaque."},
    )

    assert answer.status_code == 409
    assert "Il est maintenant « En qualification »." in text(answer)
    assert text(answer).count("Ce n'est pas une attaque.") == 2  # in the notice, and in the form
    assert fresh(denise.incident).state == "triage"


@pytest.mark.parametrize("version", ["", "x", "-1", "1" * 40, "١"])
def test_a_broken_version_is_refused(alice, denise, version):
    answer = post(alice, denise.incident, "etape", "take", version=version)

    assert answer.status_code == 400
    assert fresh(denise.incident).state == "new"


def test_an_edge_that_does_not_exist_is_not_found(alice, denise):
    assert post(alice, denise.incident, "etape", "vanish").status_code == 404
    assert post(alice, denise.incident, "faire", "vanish").status_code == 404


def test_a_duplicate_is_named_by_its_reference(alice, denise):
    main = file_case()
    wrong = post(alice, denise.incident, "etape", "merge", **{"merge-into": "OCC-0000-00"})
    right = post(
        alice, denise.incident, "etape", "merge", **{"merge-into": f" {main.reference.lower()} "}
    )

    assert wrong.status_code == 400
    assert fresh(denise.incident).merged_into == main.incident
    assert main.reference in text(right)


def test_a_hidden_case_cannot_be_named_as_the_main_one(alice, bruno, denise):
    main = file_case()
    post(bruno, main.incident, "faire", "restreindre")
    hidden = post(alice, denise.incident, "etape", "merge", **{"merge-into": main.reference})
    absent = post(alice, denise.incident, "etape", "merge", **{"merge-into": "OCC-0000-00"})

    assert (hidden.status_code, absent.status_code) == (400, 400)
    assert "Ce dossier n'a pas été trouvé." in text(hidden)
    assert "Ce dossier n'a pas été trouvé." in text(absent)


def test_a_message_sent_twice_is_one_message(alice, denise):
    for _ in range(2):
        post(
            alice,
            denise.incident,
            "faire",
            "message",
            token="b" * 32,
            **{"message-text": "Une fois."},
        )

    assert Message.objects.count() == 1


def test_what_the_victim_wrote_can_be_marked_as_read(alice, denise):
    victim = following.victim_by_code(denise.code)
    following.write_as_victim(victim=victim, token="0" * 32, text="Allô ?", now=now())
    assert "Marquer comme lu" in text(client_of(alice).get(address(denise.incident)))

    assert "Marquer comme lu" not in text(post(alice, denise.incident, "faire", "lu"))


def test_observables_are_added_and_judged_and_never_links(alice, denise):
    post(
        alice,
        denise.incident,
        "faire",
        "observable",
        **{"observable-type": "url", "observable-value": "hxxps://mechant[.]example/x"},
    )
    answer = post(
        alice,
        denise.incident,
        "faire",
        "observable",
        **{"observable-type": "ipv4", "observable-value": "203.0.113[.]9"},
    )
    html = answer.content.decode()
    values = {row.value: row for row in denise.incident.observables.all()}

    assert "https://mechant.example/x" in values
    assert "203.0.113.9" in values
    assert 'href="http' not in html
    assert "hxxps://mechant[.]example/x" in html
    row = values["203.0.113.9"]
    post(alice, denise.incident, "observables", str(row.uuid), version=1, role="indicator")
    assert denise.incident.observables.get(pk=row.pk).role == "indicator"


def test_an_observable_of_another_case_is_absent(alice, denise):
    other = file_case()
    post(
        alice,
        other.incident,
        "faire",
        "observable",
        **{"observable-type": "ipv4", "observable-value": "203.0.113.7"},
    )
    row = other.incident.observables.get()
    answer = post(alice, denise.incident, "observables", str(row.uuid), version=1, role="victim")

    assert answer.status_code == 404
    assert other.incident.observables.get().role == "seen"


def test_a_lead_may_reassign_and_a_colleague_may_not(alice, bruno, denise):
    carole = person("Carole", "analyst")
    post(alice, denise.incident, "etape", "take")
    refused = post(
        carole, denise.incident, "faire", "attribuer", **{"attribuer-to": str(carole.uuid)}
    )
    assert refused.status_code == 403
    assert "Seul un responsable peut réattribuer" in text(refused)

    post(bruno, denise.incident, "faire", "attribuer", **{"attribuer-to": str(carole.uuid)})
    assert fresh(denise.incident).assignee == carole


def test_only_a_lead_lowers_the_tlp(alice, bruno, denise):
    assert post(alice, denise.incident, "faire", "tlp", **{"tlp-tlp": "green"}).status_code == 403
    post(alice, denise.incident, "faire", "tlp", **{"tlp-tlp": "red"})
    assert fresh(denise.incident).tlp == "red"
    post(bruno, denise.incident, "faire", "tlp", **{"tlp-tlp": "green"})
    assert fresh(denise.incident).tlp == "green"


def test_a_new_code_is_shown_once_and_the_old_one_ends(alice, denise):
    called = {
        "code-number": "05 61 00 00 00",
        "code-name": "Denise",
        "code-at": timezone.localtime(now()).strftime("%Y-%m-%dT%H:%M"),
    }
    answer = post(alice, denise.incident, "code", follow=False, **called)
    code = re.search(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}", text(answer))[0]

    assert following.victim_by_code(code).incident_id == denise.incident.pk
    assert code not in text(client_of(alice).get(address(denise.incident)))
    with pytest.raises(NotFound):
        following.victim_by_code(denise.code)


def test_a_file_name_is_shown_as_it_is(alice, denise):
    named = {"observable-type": "filename", "observable-value": "LIRE_MOI.txt"}
    post(alice, denise.incident, "faire", "observable", **named)

    assert "LIRE_MOI.txt" in text(client_of(alice).get(address(denise.incident)))
