"""Observables added by hand and judged."""

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents.models import Observable, ObservableRole
from incidents.services import observing
from tests.incidents.conftest import last_seq, row, stored
from tests.people import agree, file_case


def add(case, user, kind, value):
    return observing.add_observable(
        incident=case.uuid, by=Person.of(user), type=kind, value=value, now=now()
    )


def paste(case, user, text):
    return observing.paste_observables(incident=case.uuid, by=Person.of(user), text=text, now=now())


def judge(case, seen, user, role, version=None):
    return observing.judge(
        incident=case.uuid,
        observable=seen.uuid,
        version=version or Observable.objects.get(pk=seen.pk).version,
        by=Person.of(user),
        role=role,
        now=now(),
    )


@pytest.mark.parametrize(
    "kind, written, value",
    [
        ("domain", "Evil[.]COM", "evil.com"),
        ("domain", "mairié.fr", "xn--mairi-fsa.fr"),
        ("url", "hxxp://evil[.]com/x", "http://evil.com/x"),
        ("ipv4", " 8.8.8.8\x00 ", "8.8.8.8"),
        ("phone", "06 12 34 56 78", "+33612345678"),
        ("filename", "facture finale", "facture finale"),
        ("handle", "@lockbit_support", "@lockbit_support"),
        ("port", "4444", "4444"),
    ],
)
def test_a_value_is_read_as_the_extraction_would(kind, written, value, alice, since):
    case = file_case().incident
    since()

    row = add(case, alice, kind, written)

    assert (row.type, row.value, row.role) == (kind, value, "seen")
    assert row.as_written == written.replace("\x00", "").strip()
    assert row.found_by == f"user:{alice.uuid}"
    assert since() == [("observable.found", {"count": 1})]


@pytest.mark.parametrize(
    "kind, value, field",
    [
        ("couleur", "rouge", "type"),
        ("domain", "", "value"),
        ("domain", "\x00 \n", "value"),
        ("domain", "pas un domaine", "value"),
        ("domain", "evil.com et autre.com", "value"),
        ("ipv4", "300.1.1.1", "value"),
        ("md5", "d41d8", "value"),
        ("iban", "FR76 0000", "value"),
        ("other", "x" * 2049, "value"),
    ],
)
def test_what_cannot_be_is_refused(kind, value, field, denise, alice):
    mark = last_seq()

    with pytest.raises(Invalid) as refused:
        add(denise.incident, alice, kind, value)

    assert list(refused.value.fields) == [field]
    assert not Observable.objects.exists()
    assert last_seq() == mark


def test_the_same_value_twice_is_one_observable(denise, alice, since):
    first = add(denise.incident, alice, "domain", "evil.com")
    since()

    assert add(denise.incident, alice, "domain", "EVIL[.]com") == first
    assert since() == []
    assert add(file_case().incident, alice, "domain", "evil.com") != first


def test_a_pasted_block_gives_what_is_in_it_and_nothing_of_the_victim_s(denise, alice):
    found = paste(
        denise.incident, alice, "De: denise@mairie-exemple.fr\nVers hxxps://evil[.]com/a\x00 ok"
    )

    assert {(o.type, o.value) for o in found} == {
        ("url", "https://evil.com/a"),
        ("domain", "evil.com"),
    }


def test_a_block_without_anything_changes_nothing(denise, alice):
    before = stored(denise.incident)

    assert paste(denise.incident, alice, "Bonjour, rien à signaler.") == []
    assert stored(denise.incident) == before


def test_an_endless_block_is_refused(denise, alice):
    with pytest.raises(Invalid):
        paste(denise.incident, alice, "x" * 20_001)


def test_a_judgement_says_what_it_was_before(denise, alice, since):
    seen = add(denise.incident, alice, "domain", "evil.com")
    since()

    judged = judge(denise.incident, seen, alice, ObservableRole.INDICATOR)

    assert (judged.role, judged.version) == ("indicator", 2)
    assert since(of=denise.incident) == [
        ("observable.judged", {"role": "indicator", "previous": "seen"})
    ]


def test_of_two_judgements_at_once_the_second_is_a_conflict(denise, alice, bruno):
    seen = add(denise.incident, alice, "domain", "evil.com")
    judge(denise.incident, seen, bruno, ObservableRole.VICTIM)

    with pytest.raises(Conflict):
        judge(denise.incident, seen, alice, ObservableRole.INDICATOR, version=1)

    assert Observable.objects.get().role == "victim"


def test_a_value_is_judged_in_its_own_case_and_with_a_known_word(denise, alice):
    seen = add(denise.incident, alice, "domain", "evil.com")

    with pytest.raises(NotFound):
        judge(file_case().incident, seen, alice, ObservableRole.INDICATOR)
    with pytest.raises(Invalid):
        judge(denise.incident, seen, alice, "dangereux")


def test_eve_and_the_others_find_nothing_to_add_to_or_judge(denise, alice, outsiders):
    seen = add(denise.incident, alice, "domain", "evil.com")
    version = row(denise.incident).version

    for user in outsiders:
        with pytest.raises(NotFound):
            add(denise.incident, user, "domain", "autre.com")
        with pytest.raises(NotFound):
            paste(denise.incident, user, "autre.com")
        with pytest.raises(NotFound):
            judge(denise.incident, seen, user, ObservableRole.INDICATOR)

    assert row(denise.incident).version == version


def test_an_operator_adds_no_observable(denise, emile):
    agree(emile.operators.get(), denise.incident)

    with pytest.raises(NotAllowed):
        add(denise.incident, emile, "domain", "evil.com")
