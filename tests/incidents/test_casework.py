"""What analysts do to a case beside its life: assign, note, correct, restrict, set the TLP, read."""

from datetime import timedelta
from uuid import uuid4

import pytest

from csirt.accounts.models import User
from csirt.accounts.principals import Person
from csirt.accounts.roles import Role
from csirt.directory.models import Organisation
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.tlp import Pap, Tlp
from incidents import queries
from incidents.models import Note
from incidents.services import casework
from tests.incidents.conftest import last_seq, row, stored
from tests.people import agree, person

VERSIONED = {
    "assign": {"to": None},
    "edit": {"title": "Autre titre"},
    "set_tlp": {"tlp": Tlp.RED},
    "restrict": {"people": []},
    "unrestrict": {},
}


def do(verb, case, user, **given):
    """Do *verb* on the version that is stored now."""
    versioned = {} if verb == "add_note" else {"version": row(case).version}
    service = getattr(casework, verb)
    return service(incident=case.uuid, by=Person.of(user), now=now(), **versioned | given)


@pytest.fixture
def carla(db):
    """A second analyst."""
    return person("Carla", Role.ANALYST)


@pytest.mark.parametrize("verb, given", VERSIONED.items())
def test_a_stale_version_is_a_conflict_and_leaves_nothing(verb, given, denise, bruno):
    case = denise.incident
    do("edit", case, bruno, title="Vu")
    before, mark = stored(case), last_seq()

    with pytest.raises(Conflict) as refused:
        do(verb, case, bruno, **given, version=case.version)

    assert refused.value.state == "new"
    assert stored(case) == before
    assert last_seq() == mark


@pytest.mark.parametrize("verb, given", [*VERSIONED.items(), ("add_note", {"text": "Oui"})])
def test_eve_and_the_others_without_cases_find_none(verb, given, denise, outsiders):
    before, mark = stored(denise.incident), last_seq()

    for user in outsiders:
        with pytest.raises(NotFound):
            do(verb, denise.incident, user, **given)

    assert stored(denise.incident) == before
    assert last_seq() == mark


@pytest.mark.parametrize("verb, given", VERSIONED.items())
def test_an_operator_may_only_look_and_note(verb, given, denise, emile):
    agree(emile.operators.get(), denise.incident)

    with pytest.raises(NotAllowed):
        do(verb, denise.incident, emile, **given)

    note = do("add_note", denise.incident, emile, text="Pare-feu coupé à 9 h.")
    assert note.author == emile


def test_anybody_of_the_desk_takes_a_case_that_nobody_has(denise, alice, since):
    since()

    case = do("assign", denise.incident, alice, to=alice.uuid)

    assert case.assignee == alice
    assert since() == [("incident.assigned", {"assignee": str(alice.uuid), "previous": ""})]


def test_one_gives_away_one_s_own_case(denise, alice, carla):
    do("assign", denise.incident, alice, to=alice.uuid)

    assert do("assign", denise.incident, alice, to=carla.uuid).assignee == carla
    assert do("assign", denise.incident, carla, to=None).assignee is None


def test_only_a_lead_reassigns_a_colleague_s_case(denise, alice, bruno, carla):
    do("assign", denise.incident, alice, to=alice.uuid)

    with pytest.raises(NotAllowed):
        do("assign", denise.incident, carla, to=carla.uuid)

    assert do("assign", denise.incident, bruno, to=carla.uuid).assignee == carla


def test_a_case_is_given_to_active_people_of_the_desk_only(denise, alice, eve, emile, carla):
    User.objects.filter(pk=carla.pk).update(is_active=False)

    for uuid in (eve.uuid, emile.uuid, carla.uuid, uuid4()):
        with pytest.raises(Invalid) as refused:
            do("assign", denise.incident, alice, to=uuid)
        assert list(refused.value.fields) == ["to"]


def test_a_note_is_kept_as_it_was_written_without_its_hidden_characters(denise, alice, since):
    since()

    note = do("add_note", denise.incident, alice, text=" Appelé\x00 la mairie.\r\nRien. ")

    assert Note.objects.get().text == "Appelé la mairie.\nRien."
    assert since() == [("note.written", {"note": str(note.uuid)})]


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "x" * 20_001])
def test_an_empty_note_and_an_endless_one_are_refused(text, denise, alice):
    with pytest.raises(Invalid) as refused:
        do("add_note", denise.incident, alice, text=text)

    assert list(refused.value.fields) == ["text"]
    assert not Note.objects.exists()


def test_a_note_of_exactly_20_000_characters_is_taken(denise, alice):
    assert len(do("add_note", denise.incident, alice, text="é" * 20_000).text) == 20_000


def test_the_title_is_one_line(denise, alice, since):
    since()

    case = do("edit", denise.incident, alice, title="  Rançongiciel\n\x00à Foix ")

    assert case.title == "Rançongiciel à Foix"
    assert since() == [("incident.edited", {"fields": ["title"]})]


def test_changing_nothing_is_no_event(denise, alice, since):
    since()

    assert do("edit", denise.incident, alice).version == denise.incident.version
    assert do("set_tlp", denise.incident, alice, tlp=Tlp.AMBER).version == denise.incident.version
    assert since() == []


@pytest.mark.parametrize("field, value", [("organisation", uuid4()), ("commune", "99999\x00")])
def test_what_the_directory_does_not_know_is_refused(field, value, denise, alice):
    with pytest.raises(Invalid) as refused:
        do("edit", denise.incident, alice, **{field: value})

    assert list(refused.value.fields) == [field]


def test_a_moment_of_knowledge_is_in_the_past(denise, alice):
    with pytest.raises(Invalid):
        do("edit", denise.incident, alice, knowledge_at=now() + timedelta(minutes=1))

    moment = now() - timedelta(hours=5)
    case = do("edit", denise.incident, alice, knowledge_at=moment)
    assert (case.knowledge_at, case.knowledge_exact) == (moment, True)


def test_an_organisation_of_the_directory_may_be_named(denise, alice):
    town = Organisation.objects.create(name="Mairie de Foix", kind="commune")

    assert do("edit", denise.incident, alice, organisation=town.uuid).organisation == town


def test_anybody_raises_the_tlp_and_only_a_lead_lowers_it(denise, alice, bruno, since):
    since()
    do("set_tlp", denise.incident, alice, tlp=Tlp.AMBER_STRICT)

    with pytest.raises(NotAllowed):
        do("set_tlp", denise.incident, alice, tlp=Tlp.AMBER)

    do("set_tlp", denise.incident, bruno, tlp=Tlp.GREEN)
    assert since() == [
        ("incident.tlp_raised", {"old": "amber", "new": "amber+strict"}),
        ("incident.tlp_lowered", {"old": "amber+strict", "new": "green"}),
    ]


def test_a_pap_alone_is_no_change_of_tlp(denise, alice, since):
    since()

    case = do("set_tlp", denise.incident, alice, tlp=Tlp.AMBER, pap=Pap.RED)

    assert case.pap == "red"
    assert since() == [("incident.edited", {"fields": ["pap"]})]


def test_a_restricted_case_is_seen_by_the_named_people_alone(denise, alice, bruno, carla, since):
    since()

    do("restrict", denise.incident, alice, people=[carla.uuid])

    names = sorted([str(alice.uuid), str(carla.uuid)])
    assert since() == [("incident.restricted", {"people": names})]
    for user, sees in ((alice, True), (carla, True), (bruno, False)):
        assert queries.visible_to(Person.of(user)).exists() is sees


def test_who_restricts_stays_named_and_a_colleague_left_out_loses_the_case(denise, alice, carla):
    do("assign", denise.incident, carla, to=carla.uuid)

    case = do("restrict", denise.incident, alice, people=[])

    assert case.assignee is None
    with pytest.raises(NotFound):
        do("add_note", denise.incident, carla, text="Je ne le vois plus.")


def test_changing_the_named_people_says_who_came_and_who_left(denise, alice, bruno, carla, since):
    do("restrict", denise.incident, alice, people=[carla.uuid])
    since()

    do("restrict", denise.incident, alice, people=[bruno.uuid])

    data = {"added": [str(bruno.uuid)], "removed": [str(carla.uuid)]}
    assert since() == [("incident.access_changed", data)]


def test_nobody_outside_the_desk_is_named(denise, alice, eve, emile):
    for user in (eve, emile):
        with pytest.raises(Invalid):
            do("restrict", denise.incident, alice, people=[user.uuid])

    assert not row(denise.incident).restricted


def test_a_restricted_case_is_given_to_a_named_person_only(denise, alice, carla):
    do("restrict", denise.incident, alice, people=[])

    with pytest.raises(Invalid):
        do("assign", denise.incident, alice, to=carla.uuid)
    assert do("assign", denise.incident, alice, to=alice.uuid).assignee == alice


def test_only_a_named_lead_opens_it_again(denise, alice, bruno):
    do("restrict", denise.incident, alice, people=[])
    with pytest.raises(NotFound):
        do("unrestrict", denise.incident, bruno)
    with pytest.raises(NotAllowed):
        do("unrestrict", denise.incident, alice)
    do("restrict", denise.incident, alice, people=[bruno.uuid])

    case = do("unrestrict", denise.incident, bruno)

    assert not case.restricted
    assert not case.access.exists()


def test_reading_a_case_is_told_once_an_hour_and_person(denise, alice, bruno, since):
    since()
    moment = now()

    for minutes, user in ((0, alice), (59, alice), (5, bruno), (61, alice)):
        at = moment + timedelta(minutes=minutes)
        casework.opened(case=denise.incident, by=Person.of(user), now=at)

    assert since() == [("incident.opened", {})] * 3
