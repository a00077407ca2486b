"""Cases that are alike find each other when a report comes in, and whenever one of them changes."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Anonymous, Person
from csirt.directory.models import Commune, Department, Organisation
from csirt.journal import drain
from csirt.journal.models import Consumer, Event
from csirt.kernel.clock import now
from incidents import queries
from incidents.models import Incident, Observable, ObservableRole, Relation, TextBand
from incidents.services import casework, observing, relating
from tests.domain.test_similarity import GIVEN, PHISHING, REWORDED
from tests.incidents.conftest import follow, row
from tests.people import agree, file_case
from tests.security.test_f16_erasure import erased

TOLD = {"contact_email": "", "contact_phone": "", "organisation_name": ""}


@pytest.fixture
def towns(db):
    department = Department.objects.create(code="09", name="Ariège")
    for insee, name in (("09122", "Foix"), ("09225", "Pamiers")):
        Commune.objects.create(insee=insee, name=name, department=department)


def filed(text="", **fields):
    """File a report of somebody who has told nothing else; return its case."""
    return file_case(text=text, **{**TOLD, **fields}).incident


def related(case, user):
    """Return what *user* is shown beside *case*, as {(the other, why, score)}."""
    rows = queries.related(Person.of(user), row(case))
    return {(one.other.reference, one.reason, one.score) for one in rows}


def edit(case, user, **fields):
    casework.edit(
        incident=case.uuid, version=row(case).version, by=Person.of(user), now=now(), **fields
    )


def judge(case, user, role):
    for seen in Observable.objects.filter(incident=case):
        observing.judge(
            incident=case.uuid, observable=seen.uuid, version=seen.version, by=Person.of(user),
            role=role, now=now(),
        )  # fmt: skip


def add(case, user, kind, value):
    observing.add_observable(
        incident=case.uuid, by=Person.of(user), type=kind, value=value, now=now()
    )


@pytest.mark.parametrize("name", REWORDED)
def test_a_report_in_other_words_is_found(name, alice):
    first = filed(GIVEN[name])
    unlike = filed(PHISHING["bank"])
    drain()
    second = filed(REWORDED[name])
    drain()

    for one, other in ((first, second), (second, first)):
        (found,) = [found for found in related(one, alice) if found[1] == "text"]
        assert found[0] == other.reference
        assert 60 <= found[2] < 100
    assert related(unlike, alice) == set()


def test_two_reports_of_phishing_are_not_related(alice):
    cases = [filed(text) for name, text in PHISHING.items() if not name.startswith("r")]
    drain()

    assert [related(case, alice) for case in cases] == [set()] * len(cases)


def test_the_same_value_relates_whoever_found_it_and_however_it_was_written(alice):
    first = filed("Le lien mène à hxxp://piege[.]example/a.")
    second, third = filed("Rien."), filed("Rien de plus.")
    drain()
    add(second, alice, "domain", "PIEGE.example")
    drain()

    assert related(first, alice) == {(second.reference, "observable", 1)}
    assert related(second, alice) == {(first.reference, "observable", 1)}
    assert related(third, alice) == set()
    assert Relation.objects.filter(shared=[]).count() == 0


@pytest.mark.parametrize("role", [ObservableRole.FALSE_POSITIVE, ObservableRole.VICTIM])
def test_what_is_judged_the_victims_own_or_false_relates_no_longer_and_may_again(role, alice):
    first, second = filed("hxxp://piege[.]example/a"), filed("hxxp://piege[.]example/b")
    drain()
    assert related(first, alice) == {(second.reference, "observable", 1)}

    judge(second, alice, role)
    drain()
    assert related(first, alice) == related(second, alice) == set()

    judge(second, alice, ObservableRole.INDICATOR)
    drain()
    assert related(first, alice) == {(second.reference, "observable", 1)}


def test_a_public_mail_domain_and_a_port_relate_nobody(alice):
    cases = [filed("Tout vient de gmail.com."), filed("Encore gmail.com !")]
    for case in cases:
        add(case, alice, "port", "443")
    drain()

    assert [related(case, alice) for case in cases] == [set(), set()]


def test_one_organisation_is_told_by_the_directory_or_by_its_name_in_its_commune(alice, towns):
    here = {"commune": "09122", "category": "ddos"}
    first = filed(organisation_name="Mairie de Foix", **here)
    same = filed(organisation_name="MAIRIE  de Foix", **here | {"category": "panne"})
    elsewhere = filed(organisation_name="Mairie de Foix", commune="09225", category="virus")
    drain()
    assert related(first, alice) == {(same.reference, "organisation", 0)}
    assert related(elsewhere, alice) == set()

    town = Organisation.objects.create(name="Commune de Foix", kind="commune")
    for case in (first, elsewhere):
        edit(case, alice, organisation=town.uuid)
    drain()
    assert related(elsewhere, alice) == {(first.reference, "organisation", 0)}

    other = Organisation.objects.create(name="CCAS de Foix", kind="commune")
    edit(same, alice, organisation=other.uuid)
    drain()
    assert related(same, alice) == set()


def test_one_place_and_kind_relate_within_a_week(alice, towns):
    first = filed(commune="09122")
    Incident.objects.filter(pk=first.pk).update(opened_at=now() - relating.WINDOW)
    late, other = filed(commune="09122"), filed(commune="09122", category="ddos")
    drain()
    assert related(late, alice) == set()
    assert related(other, alice) == set()

    Incident.objects.filter(pk=first.pk).update(
        opened_at=row(late).opened_at - relating.WINDOW + timedelta(minutes=1)
    )
    edit(late, alice, commune="09225")
    edit(late, alice, commune="09122")
    drain()
    assert related(late, alice) == {(first.reference, "place", 0)}

    edit(first, alice, commune="09225")
    drain()
    assert related(late, alice) == set()


def test_a_category_that_turns_out_otherwise_relates_otherwise(alice, towns):
    first, second = filed(commune="09122"), filed(commune="09122", category="ddos")
    drain()
    assert related(first, alice) == set()

    follow("take", second, alice)
    follow("qualify", second, alice)
    drain()

    assert related(first, alice) == {(second.reference, "place", 0)}


def test_what_a_duplicate_was_related_to_its_main_case_is_until_they_are_separated(alice):
    main, duplicate = filed("Rien."), filed(f"{GIVEN['r09']} hxxp://piege[.]example/a")
    text = filed(REWORDED["r09"])
    value = filed("hxxp://piege[.]example/b")
    drain()
    before = related(duplicate, alice)
    assert {(reference, why) for reference, why, _ in before} == {
        (text.reference, "text"),
        (text.reference, "observable"),
        (value.reference, "observable"),
    }

    follow("merge", duplicate, alice, into=main.uuid)
    drain()
    assert related(duplicate, alice) == set()
    assert related(main, alice) == before
    assert related(value, alice) >= {(main.reference, "observable", 1)}
    assert duplicate.reference not in {reference for reference, _, _ in related(text, alice)}

    late = filed("hxxp://piege[.]example/c")
    drain()
    assert (main.reference, "observable", 1) in related(late, alice)

    follow("split", duplicate, alice)
    drain()
    assert related(main, alice) == set()
    assert before < related(duplicate, alice)


def test_an_erased_case_is_related_to_nothing_even_if_the_worker_was_late(alice):
    victim, other = file_case(text=GIVEN["r09"]), filed(REWORDED["r09"])
    drain()
    case = victim.incident
    late = Relation.objects.filter(incident=other, reason="text").get()
    band = TextBand.objects.filter(report=victim.report).first()

    erased(victim, alice)
    assert not Relation.objects.exists()
    assert set(TextBand.objects.values_list("report__incident", flat=True)) == {other.pk}

    for row_again in (late, band):
        row_again.save(force_insert=True)
    assert related(other, alice) == {(case.reference, "text", late.score)}
    drain()
    assert not Relation.objects.exists()
    assert set(TextBand.objects.values_list("report__incident", flat=True)) == {other.pk}


def test_it_raises_no_version_and_tells_the_journal_nothing(alice, since):
    first = filed(REWORDED["r08"])
    drain()
    version = row(first).version
    since()
    second = filed(GIVEN["r08"])
    drain()

    assert (second.reference, "text") in {one[:2] for one in related(first, alice)}
    assert row(first).version == version
    assert since(of=first) == []


def test_reading_the_journal_once_more_finds_the_same(alice, towns):
    cases = [filed(text, commune="09122") for text in (GIVEN["r08"], REWORDED["r08"])]
    drain()
    before = set(Relation.objects.values_list("pk", flat=True))
    bands = TextBand.objects.count()
    assert before
    Consumer.objects.filter(name="incidents.relations").update(seq=0)
    drain()

    assert set(Relation.objects.values_list("pk", flat=True)) == before
    assert TextBand.objects.count() == bands == 20 * len(cases)


def test_a_wave_costs_no_more_than_its_newest_cases(alice, monkeypatch):
    monkeypatch.setattr(relating, "MOST", 3)
    cases = [filed(GIVEN["r09"]) for _ in range(6)]
    drain()

    last = {reference for reference, why, _ in related(cases[-1], alice) if why == "text"}
    assert last == {case.reference for case in cases[2:5]}


def test_eve_and_the_others_find_nothing_and_emile_only_what_is_his(alice, bruno, emile, outsiders):
    first, second, third = (filed(text) for text in (GIVEN["r09"], REWORDED["r09"], GIVEN["r09"]))
    drain()
    assert {one[0] for one in related(first, alice)} == {second.reference, third.reference}
    for user in outsiders:
        assert related(first, user) == set()
    assert queries.related(Anonymous(), row(first)) == []

    agree(emile.operators.get(), row(first))
    agree(emile.operators.get(), row(second))
    assert {one[0] for one in related(first, emile)} == {second.reference}
    follow("merge", filed("Rien."), alice, into=first.uuid)
    drain()
    assert related(first, emile) == related(second, emile) == set()  # it may be why they are alike
    assert {one[0] for one in related(first, alice)} == {second.reference, third.reference}

    casework.restrict(
        incident=second.uuid, version=row(second).version, by=Person.of(bruno), people=[], now=now()
    )
    assert {one[0] for one in related(first, alice)} == {third.reference}
    assert {one[0] for one in related(first, bruno)} == {second.reference, third.reference}
    assert related(first, emile) == set()


def test_no_event_says_how_many_are_alike(alice):
    filed(GIVEN["r09"])
    filed(REWORDED["r09"])
    drain()

    assert not Event.objects.filter(kind__contains="relat").exists()
