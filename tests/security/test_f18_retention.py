"""F18: what has been kept long enough goes as an erasure does; activity defers; counts stay."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from api.models import Pull
from csirt.accounts.models import FailedAttempt
from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.journal.models import Event
from csirt.journal.verify import verify
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.management import periodic
from csirt.reference import errors
from csirt.reference.bundle import DATA, LIBRARY, load, read_folder
from csirt.reference.durations import Duration
from incidents.domain.retention import cutoff
from incidents.models import Evidence, Incident, IncomingMail, Report
from incidents.services import following, retention
from tests.evidence.conftest import empty_store, send, stored, visit
from tests.people import client_of, file_case
from tests.security.test_f16_erasure import (
    MARK,
    ended,
    fresh,
    full,
    in_cache,
    move,
    places_of_erasure,
    tables_with,
)

pytestmark = pytest.mark.django_db
assert empty_store  # fixtures
assert full
assert places_of_erasure

DAY = timedelta(days=1)
STATISTICS = (
    "state", "kind", "category", "priority", "victim_kind", "opened_at", "resolved_at", "closed_at",
)  # fmt: skip


def rule_of(case):
    return Event.objects.get(kind="incident.erased", incident=case.pk).data["rule"]


def counted():
    """Return what statistics count: by each trait, and by place as an erased case keeps it."""
    numbers = {name: Counter(Incident.objects.values_list(name, flat=True)) for name in STATISTICS}
    places = [
        case.department_only or (case.commune.department_id if case.commune else "")
        for case in Incident.objects.select_related("commune")
    ]
    return numbers | {"place": Counter(places), "reports": Report.objects.count()}


def later(**after):
    """Let the clock stand so much later."""
    return time_machine.travel(now() + timedelta(**after), tick=True)


def the_worker_looks():
    periodic._last_run.pop("retention", None)
    {name: step for name, _, step in periodic.STEPS}["retention"](now())


@pytest.mark.parametrize("decided", ["", "off"])
def test_before_somebody_decides_nothing_goes_by_its_age(full, settings, decided):
    settings.RETENTION = decided
    with later(days=3_000):
        the_worker_looks()

        assert fresh(full.incident).erased_at is None
        assert sum(due.count for due in retention.due(now=now())) > 0


def test_two_years_after_its_end_nothing_is_left_and_the_numbers_are_the_same(full, settings):
    settings.RETENTION = "on"
    before = counted()
    assert MARK.encode() in b"".join(str(t).encode() for t in Report.objects.values())
    with later(days=729):
        assert retention.apply(now=now()) in {0, 1, 2, 3}  # its files and loose mails went earlier
        assert fresh(full.incident).erased_at is None
    with later(days=732):
        assert [due.count for due in retention.due(now=now()) if due.rule.id == "dossier"] == [1]
        the_worker_looks()

        case = fresh(full.incident)
        assert case.erased_at
        assert tables_with(MARK) == []
        assert not in_cache(MARK)
        assert stored() == []
        assert rule_of(case) == "dossier"
    assert counted() == before
    assert verify().bad is None


def test_activity_defers(denise, alice):
    case = ended(denise.incident, alice)
    with later(days=700):
        following.write_as_victim(
            victim=_victim(denise), token=codes.new_token(), text="Je reviens.", now=now()
        )
    with later(days=740):
        assert retention.apply(now=now()) == 0
        assert fresh(case).erased_at is None
    with later(days=1440):
        assert retention.apply(now=now()) == 1


def _victim(denise):
    from csirt.accounts.principals import Victim

    return Victim(denise.incident.pk)


def test_a_case_that_is_worked_on_stays_for_ever(denise):
    with later(days=4000):
        assert retention.apply(now=now()) == 0
        assert fresh(denise.incident).erased_at is None


def test_a_private_person_who_was_handed_over_goes_after_a_month(alice):
    handed, town = file_case(victim_kind="particulier"), file_case()
    for victim in (handed, town):
        move(
            fresh(victim.incident), Person.of(alice), "redirect", redirected_to="17cyber",
            consent=True, reason="Confié.",
        )  # fmt: skip
    with later(days=31):
        assert retention.apply(now=now()) == 1
        assert rule_of(fresh(handed.incident)) == "particulier-oriente"
        assert fresh(town.incident).erased_at is None


def test_files_go_before_their_case_and_it_says_so(denise, alice):
    assert send(visit(denise), b"bonjour").status_code in {200, 302}
    case = ended(denise.incident, alice)
    with later(days=360):
        retention.apply(now=now())
        assert len(stored()) == 1
    with later(days=370):
        assert retention.apply(now=now()) == 1
        assert (stored(), Evidence.objects.count()) == ([], 0)
        assert retention.apply(now=now()) == 0
        html = client_of(alice).get(f"/console/dossiers/{case.uuid}/").content.decode()
        assert "leur durée de conservation est passée" in html
    assert fresh(case).changed_at == case.changed_at  # its own time goes on


def test_a_duplicate_waits_for_the_case_that_holds_its_reports_and_goes_first(alice):
    by, (main, double) = Person.of(alice), (file_case(), file_case())
    move(fresh(double.incident), by, "merge", into=main.incident.uuid)
    with later(days=800):
        assert retention.apply(now=now()) == 0  # the case is open
        ended(main.incident, alice)
    with later(days=1600):
        assert retention.apply(now=now()) == 1
        assert fresh(double.incident).erased_at
        assert fresh(double.incident).state == "duplicate"
        assert retention.apply(now=now()) == 1
        assert fresh(main.incident).erased_at
        assert set(Report.objects.values_list("text", flat=True)) == {""}


@pytest.mark.parametrize("depth", [2, 3])
def test_a_duplicate_of_duplicates_waits_for_the_case_that_holds_its_reports(alice, depth):
    by, chain = Person.of(alice), [file_case() for _ in range(depth + 1)]
    first, main = chain[0], chain[-1]
    assert send(visit(first), b"bonjour").status_code in {200, 302}
    for double, into in pairwise(chain):
        move(fresh(double.incident), by, "merge", into=into.incident.uuid)
    with later(days=800):
        assert sum(due.count for due in retention.due(now=now())) == 0  # the last one is open
        assert retention.apply(now=now()) == 0
        assert len(stored()) == 1
        ended(main.incident, alice)
        assert retention.apply(now=now()) == 0  # it has just ended
    with later(days=1600):
        for one in chain:
            assert fresh(one.incident).erased_at is None
            assert "dossier" in {due.rule.id for due in retention.due(now=now()) if due.count}
            retention.apply(now=now())
            assert fresh(one.incident).erased_at
        assert stored() == []


def test_plain_records_go_too(denise, alice):
    old = now() - 400 * DAY
    for minute in (old, now()):
        FailedAttempt.objects.create(
            minute=minute, account="x", source="y", secret=FailedAttempt.Secret.PASSWORD, count=1
        )
    mail = {
        "mailbox": "m", "uidvalidity": 1, "sender": f"{MARK}@x.fr", "text": MARK, "size": 1,
        "outcome": "aside", "received_at": old,
    }  # fmt: skip
    IncomingMail.objects.create(uid=1, fingerprint="1", settled_at=old, **mail)
    IncomingMail.objects.create(uid=2, fingerprint="2", **mail)  # nobody has decided yet

    assert retention.apply(now=now()) == 2
    assert FailedAttempt.objects.count() == 1
    assert list(IncomingMail.objects.order_by("uid").values_list("text", flat=True)) == ["", MARK]
    assert retention.apply(now=now()) == 0
    assert Pull.objects.count() == 0


def test_a_dry_run_tells_and_changes_nothing(denise, alice, capsys):
    case = ended(denise.incident, alice)
    with later(days=740):
        call_command("retention", dry_run=True)
        assert f"dossier (case, P24M): 1: {denise.reference}" in capsys.readouterr().out
        assert fresh(case).erased_at is None
        call_command("retention")
        assert "1 records erased" in capsys.readouterr().out
        assert fresh(case).erased_at


@pytest.mark.parametrize(
    ("found", "wrong", "why"),
    [
        ("P24M", "PT1H", "7 days at least"),
        ("id: dossier", "id: pieces", "'pieces' stands twice"),
        ("record: case", "record: journal", "retention.yaml"),
        ("states: [redirected]", "states: [active]", "retention.yaml"),
        ("record: case\n  states", "record: mails\n  states", "of cases and files"),
    ],
)
def test_a_rule_that_says_something_else_is_refused(found, wrong, why):
    texts = read_folder(DATA, library=LIBRARY)
    texts["retention.yaml"] = texts["retention.yaml"].replace(found, wrong, 1)

    with pytest.raises(errors.ReferenceError, match=why):
        load(texts)


def test_a_month_back_from_the_last_day_is_the_last_day():
    day = datetime(2026, 3, 31, 12, tzinfo=UTC)

    assert cutoff(day, Duration.parse("P1M")) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert cutoff(day, Duration.parse("P24M")) == datetime(2024, 3, 31, 12, tzinfo=UTC)
    assert cutoff(day, Duration.parse("P3M")) == datetime(2025, 12, 31, 12, tzinfo=UTC)
    assert cutoff(day, Duration.parse("P30D")) == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_page_on_personal_data_says_how_long(client):
    english = client.get("/donnees-personnelles/", headers={"accept-language": "en"})
    french = client.get("/donnees-personnelles/").content.decode()

    assert "Un dossier terminé : 24 mois après la dernière activité." in french
    assert "A case that has ended: 24 months after the last activity." in english.content.decode()
    assert len(retention.rules()) == french.count("après la dernière activité")
    assert reference.current().retention.note_fr
    assert timezone.now()
