"""A report is moved from the page of the case that holds it, and only from there (C4)."""

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import Report
from incidents.services import casework, merging
from tests.console.case import address, fresh, post, text
from tests.people import client_of, file_case


def joined(alice):
    main, other = file_case(), file_case()
    merging.merge(
        incident=other.incident.uuid,
        version=1,
        by=Person.of(alice),
        into=main.incident.uuid,
        now=now(),
    )
    return main, other


def test_a_report_gets_its_own_case_back_and_both_pages_tell(alice):
    main, other = joined(alice)
    form = f'action="{address(main.incident)}signalements/{other.report.uuid}/deplacer"'
    assert form in client_of(alice).get(address(main.incident)).text
    answer = post(alice, main.incident, "signalements", str(other.report.uuid), "deplacer")

    told = f"Alice a déplacé le signalement {other.reference} : de {main.reference} vers {other.reference}."
    assert told in text(answer)
    assert told in text(client_of(alice).get(address(other.incident)))
    assert fresh(other.incident).state == "new"
    assert "signalements/" not in answer.text  # it is alone now


def test_it_goes_to_the_case_whose_reference_is_given(alice):
    main, other = joined(alice)
    third = file_case()
    move = (alice, main.incident, "signalements", str(other.report.uuid), "deplacer")
    wrong = post(*move, **{"deplacer-into": "OCC-0000-00"})
    assert wrong.status_code == 400
    post(*move, **{"deplacer-into": third.reference})

    assert set(Report.objects.filter(incident=third.incident)) == {third.report, other.report}


def test_mismatched_parents_and_hidden_targets_are_absent(alice, bruno, eve):
    main, other = joined(alice)
    hidden = file_case()
    casework.restrict(
        incident=hidden.incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
    )
    before = list(Report.objects.order_by("pk").values_list("incident", flat=True))
    wrong = [
        post(alice, main.incident, "signalements", str(hidden.report.uuid), "deplacer"),
        post(alice, other.incident, "signalements", str(other.report.uuid), "deplacer"),
        post(alice, hidden.incident, "signalements", str(hidden.report.uuid), "deplacer"),
        post(eve, main.incident, "signalements", str(other.report.uuid), "deplacer"),
    ]
    named = post(
        alice, main.incident, "signalements", str(other.report.uuid), "deplacer",
        **{"deplacer-into": hidden.reference},
    )  # fmt: skip

    assert [answer.status_code for answer in wrong] == [404] * 4
    assert named.status_code == 400  # as for a reference that does not exist
    assert list(Report.objects.order_by("pk").values_list("incident", flat=True)) == before
