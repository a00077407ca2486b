"""Tags and watching: what the desk puts beside a case."""

from uuid import uuid4

import pytest

from csirt.accounts.principals import Person
from csirt.accounts.services import disable
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents import queries
from incidents.models import Tag, Tagging
from incidents.services import casework, tagging, watching
from tests.incidents.conftest import row
from tests.people import agree, file_case


def tag(case, user, name):
    return tagging.tag(incident=case.uuid, by=Person.of(user), name=name, now=now())


def untag(case, user, name):
    return tagging.untag(incident=case.uuid, by=Person.of(user), name=name, now=now())


def rename(name, user, to, seen=None):
    found = Tag.objects.get(name=name)
    return tagging.rename(tag=found.uuid, by=Person.of(user), seen=seen or name, name=to, now=now())


def on(case):
    return sorted(Tagging.objects.filter(incident=case).values_list("tag__name", flat=True))


def names(user):
    return [one.name for one in queries.tags(Person.of(user))]


def restrict(case, user):
    casework.restrict(
        incident=case.uuid, version=row(case).version, by=Person.of(user), people=[], now=now()
    )


@pytest.mark.parametrize(
    ("typed", "name"),
    [("LockBit 3", "lockbit-3"), (" #Vague ", "vague"), ("Rançon", "rançon"), ("a/b", "a/b")],
)
def test_a_tag_is_written_in_one_way(typed, name, alice, denise, since):
    since()
    tag(denise.incident, alice, typed)
    tag(denise.incident, alice, name)

    assert on(denise.incident) == [name]
    uuid = str(Tag.objects.get().uuid)
    assert since() == [("tag.put", {"tag": uuid})]


@pytest.mark.parametrize("typed", ["", "#", "=2+3", "<b>x</b>", "{{7*7}}", "-", "x" * 41, "a:b"])
def test_what_is_no_word_is_refused(typed, alice, denise):
    with pytest.raises(Invalid) as refused:
        tag(denise.incident, alice, typed)

    assert list(refused.value.fields) == ["name"]
    assert not Tag.objects.exists()


def test_a_case_bears_twelve_at_most(alice, denise):
    for number in range(12):
        tag(denise.incident, alice, f"n{number}")
    with pytest.raises(Invalid):
        tag(denise.incident, alice, "n12")

    assert len(on(denise.incident)) == 12
    assert Tag.objects.count() == 12


def test_a_tag_that_no_case_bears_is_gone(alice, bruno, denise):
    other = file_case().incident
    tag(denise.incident, alice, "lockbit")
    tag(other, bruno, "lockbit")
    untag(other, alice, "lockbit")
    untag(other, alice, "lockbit")
    assert names(bruno) == ["lockbit"]

    untag(denise.incident, bruno, "lockbit")

    assert not Tag.objects.exists()


def test_a_lead_renames_everywhere_and_two_become_one(alice, bruno, denise):
    other = file_case().incident
    for case, name in (
        (denise.incident, "lockbit"),
        (denise.incident, "rancon"),
        (other, "rancon"),
    ):
        tag(case, alice, name)
    before = {case: row(case).version for case in (denise.incident, other)}

    assert rename("lockbit", bruno, "LockBit 3") == "lockbit-3"
    assert (on(denise.incident), on(other)) == (["lockbit-3", "rancon"], ["rancon"])
    assert row(denise.incident).version == before[denise.incident] + 1
    rename("rancon", bruno, "lockbit-3")

    assert (on(denise.incident), on(other)) == (["lockbit-3"], ["lockbit-3"])
    assert row(other).version == before[other] + 1
    told = Event.objects.filter(kind="tag.renamed").values_list("incident", flat=True)
    assert set(told) == {None, denise.incident.pk, other.pk}


def test_only_a_lead_renames_and_on_the_name_that_was_seen(alice, bruno, eve, denise):
    tag(denise.incident, alice, "lockbit")
    with pytest.raises(NotAllowed):
        rename("lockbit", alice, "autre")
    with pytest.raises(NotFound):
        rename("lockbit", eve, "autre")
    with pytest.raises(Conflict):
        rename("lockbit", bruno, "autre", seen="avant")
    with pytest.raises(NotFound):
        tagging.rename(tag=uuid4(), by=Person.of(bruno), seen="x", name="y", now=now())
    assert names(alice) == ["lockbit"]


def test_the_tag_of_a_hidden_case_is_known_to_nobody_else(alice, bruno, eve, denise):
    tag(denise.incident, alice, "maire")
    restrict(denise.incident, alice)

    assert names(alice) == ["maire"]
    assert names(bruno) == names(eve) == []
    with pytest.raises(NotFound):
        rename("maire", bruno, "autre")
    with pytest.raises(NotFound):
        tag(denise.incident, bruno, "x")


def test_an_operator_tags_and_watches_nothing(emile, denise):
    agree(emile.operators.get(), denise.incident)
    with pytest.raises(NotAllowed):
        tag(denise.incident, emile, "x")
    with pytest.raises(NotAllowed):
        watching.watch(incident=denise.incident.uuid, by=Person.of(emile), now=now())


def watch(case, *users):
    for user in users:
        watching.watch(incident=case.uuid, by=Person.of(user), now=now())


def test_who_watches_is_known_until_they_stop(alice, bruno, denise, since):
    case = denise.incident
    version = row(case).version
    since()
    watch(case, bruno, alice, alice)
    assert queries.watchers(case.pk) == [alice, bruno]

    for _twice in range(2):
        watching.unwatch(incident=case.uuid, by=Person.of(alice), now=now())

    assert queries.watchers(case.pk) == [bruno]
    assert row(case).version == version
    assert [kind for kind, _data in since()] == ["watch.begun", "watch.begun", "watch.ended"]


def test_who_may_not_see_the_case_any_more_is_not_told(alice, bruno, ada, eve, denise):
    case = denise.incident
    watch(case, alice, bruno)
    with pytest.raises(NotFound):
        watch(case, eve)
    restrict(case, alice)
    assert queries.watchers(case.pk) == [alice]
    with pytest.raises(NotFound):
        watch(case, bruno)

    disable(user=alice.uuid, version=alice.version, by=ada, now=now())

    assert queries.watchers(case.pk) == []


def test_a_new_name_that_a_hidden_case_bears_shows_nowhere(alice, bruno, denise):
    """Its lead sees one tag before and one after, the same one, as if nobody bore the name."""
    hidden = file_case().incident
    tag(hidden, alice, "maire")
    restrict(hidden, alice)
    tag(denise.incident, alice, "prefet")
    seen = Tag.objects.get(name="prefet").uuid

    rename("prefet", bruno, "maire")

    assert [(one.uuid, one.name) for one in queries.tags(Person.of(bruno))] == [(seen, "maire")]
    assert (on(denise.incident), on(hidden)) == (["maire"], ["maire"])
    told = Event.objects.filter(kind="tag.renamed").values_list("data", flat=True)
    assert {one["tag"] for one in told} == {str(seen)}
