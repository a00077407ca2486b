"""Duplicates: reports move to the other case, and come back when that was wrong."""

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.kernel.tlp import Tlp
from incidents.models import Report
from incidents.models.incident import UNDECIDED
from incidents.services.casework import restrict, set_tlp, unrestrict
from incidents.services.transitions import merge
from tests.incidents.conftest import case_in, follow, last_seq, row, stored
from tests.people import file_case


def reports_of(case):
    return set(Report.objects.filter(incident=case.pk).values_list("pk", flat=True))


def close_to(case, by, *others):
    people = [user.uuid for user in others]
    return restrict(
        incident=case.uuid, version=row(case).version, by=Person.of(by), people=people, now=now()
    )


def test_the_reports_hang_under_the_other_case_and_both_are_told(alice, since):
    one, two = file_case(), file_case()
    since()

    follow("merge", one.incident, alice, into=two.incident.uuid)

    assert reports_of(two.incident) == {one.report.pk, two.report.pk}
    assert reports_of(one.incident) == set()
    assert row(two.incident).version == two.incident.version + 1
    assert since() == [
        ("incident.merged", {"state": "duplicate", "into": two.incident.reference, "reports": 1}),
        ("incident.edited", {"fields": ["reports"]}),
    ]


def test_splitting_undoes_it(alice, since):
    one, two = file_case(), file_case()
    follow("merge", one.incident, alice, into=two.incident.uuid)
    since()

    back = follow("split", one.incident, alice)

    assert (back.state, back.merged_into, back.came_from) == ("new", None, "")
    assert reports_of(one.incident) == {one.report.pk}
    assert reports_of(two.incident) == {two.report.pk}
    assert [kind for kind, _ in since()] == ["incident.split", "incident.edited"]


def test_a_duplicate_of_a_duplicate_comes_back_with_what_it_had_brought(alice, since):
    one, two, three = file_case(), file_case(), file_case()
    follow("merge", one.incident, alice, into=two.incident.uuid)
    follow("merge", two.incident, alice, into=three.incident.uuid)
    assert reports_of(three.incident) == {one.report.pk, two.report.pk, three.report.pk}

    follow("split", two.incident, alice)

    assert reports_of(two.incident) == {one.report.pk, two.report.pk}
    assert reports_of(three.incident) == {three.report.pk}


def test_the_innermost_duplicate_may_be_split_alone(alice, since):
    one, two, three = file_case(), file_case(), file_case()
    follow("merge", one.incident, alice, into=two.incident.uuid)
    follow("merge", two.incident, alice, into=three.incident.uuid)
    since()

    follow("split", one.incident, alice)

    assert reports_of(one.incident) == {one.report.pk}
    assert reports_of(three.incident) == {two.report.pk, three.report.pk}
    assert since(of=three.incident) == [("incident.edited", {"fields": ["reports"]})]


@pytest.mark.parametrize("state", ["closed", "redirected", "rejected", "duplicate, from new"])
def test_a_case_that_has_ended_takes_no_duplicate(state, alice):
    ended, case = case_in(state, alice), file_case().incident
    before, mark = stored(case), last_seq()

    with pytest.raises(Invalid) as refused:
        follow("merge", case, alice, into=ended.uuid)

    assert list(refused.value.fields) == ["into"]
    assert stored(case) == before
    assert last_seq() == mark


def test_a_case_is_no_duplicate_of_itself(denise, alice):
    with pytest.raises(Invalid):
        follow("merge", denise.incident, alice, into=denise.incident.uuid)


def test_a_hidden_target_and_an_absent_one_get_the_same_answer(alice, bruno):
    hidden, case = close_to(file_case().incident, bruno), file_case().incident

    for target in (hidden.uuid, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            follow("merge", case, alice, into=target)


def test_a_restricted_case_does_not_show_its_reports_to_others_by_a_merge(alice, bruno):
    restricted = close_to(file_case().incident, alice)
    open_case, wider = file_case().incident, close_to(file_case().incident, alice, bruno)
    before = stored(restricted)

    for target in (open_case, wider):
        with pytest.raises(Invalid) as refused:
            follow("merge", restricted, alice, into=target.uuid)
        assert list(refused.value.fields) == ["into"]
    assert stored(restricted) == before

    same = close_to(file_case().incident, alice)
    assert follow("merge", restricted, alice, into=same.uuid).state == "duplicate"


def test_reports_do_not_leave_a_case_that_has_become_hidden(alice, bruno):
    one, two = file_case(), file_case()
    follow("merge", one.incident, alice, into=two.incident.uuid)
    close_to(two.incident, bruno)

    with pytest.raises(NotFound):
        follow("split", one.incident, alice)

    assert reports_of(one.incident) == set()


def test_a_merge_on_an_old_version_moves_nothing(alice):
    one, two = file_case(), file_case()
    follow("take", one.incident, alice)

    with pytest.raises(Conflict):
        merge(
            incident=one.incident.uuid,
            version=one.incident.version,
            by=Person.of(alice),
            into=two.incident.uuid,
            now=now(),
        )

    assert reports_of(one.incident) == {one.report.pk}


def bears(tlp, lead):
    """Return a new case for which a lead has chosen *tlp*."""
    case = row(file_case().incident)
    return set_tlp(
        incident=case.uuid, version=case.version, by=Person.of(lead), tlp=Tlp(tlp), now=now()
    )


CHOSEN = [tlp for tlp in Tlp if tlp != UNDECIDED]


def test_a_report_that_nobody_has_looked_at_raises_nothing(alice, bruno, since):
    duplicate, stays = row(file_case().incident), bears(Tlp.GREEN, bruno)
    since()

    follow("merge", duplicate, alice, into=stays.uuid)

    assert row(stays).tlp == Tlp.GREEN
    assert not [kind for kind, _ in since(of=stays) if kind.startswith("incident.tlp")]


@pytest.mark.parametrize("theirs", CHOSEN)
@pytest.mark.parametrize("ours", list(Tlp))
def test_the_case_that_stays_bears_the_stricter_tlp_of_the_two(alice, bruno, since, ours, theirs):
    duplicate, stays = bears(theirs, bruno), bears(ours, bruno)
    since()

    follow("merge", duplicate, alice, into=stays.uuid)

    assert row(stays).tlp == max(ours, theirs)
    assert row(duplicate).tlp == theirs
    raised = [(kind, data) for kind, data in since(of=stays) if kind.startswith("incident.tlp")]
    expected = [("incident.tlp_raised", {"old": ours, "new": theirs})] if theirs > ours else []
    assert raised == expected


def test_a_chain_of_duplicates_hands_the_strictest_on_and_a_split_does_not_lower_it(alice, bruno):
    one, two, three = bears("red", bruno), bears("green", bruno), bears("clear", bruno)
    follow("merge", one, alice, into=two.uuid)
    follow("merge", two, alice, into=three.uuid)
    assert row(three).tlp == Tlp.RED

    follow("split", one, alice)

    assert row(three).tlp == row(one).tlp == Tlp.RED


def test_a_duplicate_is_not_restricted_while_others_read_its_reports(alice, bruno):
    case, other = file_case().incident, file_case().incident
    follow("merge", case, alice, into=other.uuid)
    with pytest.raises(Invalid) as refused:
        close_to(case, alice)
    assert refused.value.code == "joined"

    close_to(other, alice)
    close_to(case, alice, bruno)
    assert row(case).restricted


def test_nobody_is_let_into_a_case_that_holds_reports_kept_from_them(alice, bruno):
    case, other = file_case().incident, file_case().incident
    close_to(case, bruno)
    close_to(other, bruno)
    follow("merge", case, bruno, into=other.uuid)
    with pytest.raises(Invalid) as refused:
        close_to(other, bruno, alice)
    assert refused.value.code == "joined"
    with pytest.raises(Invalid):
        unrestrict(incident=other.uuid, version=row(other).version, by=Person.of(bruno), now=now())

    follow("split", case, bruno)
    close_to(other, bruno, alice)
