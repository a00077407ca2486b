"""A release is exact bytes that somebody approved."""

import hashlib
import json

import pytest

from api.models import Preview, Release, Share, ShareHold
from api.sharing import releases
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.errors import Conflict
from incidents.models import Incident, Observable
from tests.sharing.desk import collection, judge, latest, of, preview, qualified, release, settled

pytestmark = pytest.mark.django_db


def test_the_collection_holds_the_approved_bytes(alice, bruno):
    green = collection(bruno)
    row = preview(qualified(alice), alice, green)

    releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=settled())
    drain()

    texts = [share.bytes for share in latest(green)]
    assert row.sha256 == hashlib.sha256(row.bytes.encode()).hexdigest()
    assert row.bytes.split("\n")[1:-1] == [f"{text}," for text in texts[:-1]] + texts[-1:]
    assert row.objects_count == len(texts) > 20


def test_nothing_is_shared_before_it_is_approved(alice, bruno):
    preview(qualified(alice), alice, collection(bruno))
    drain()

    assert Share.objects.count() == 0


def test_another_digest_is_refused(alice, bruno):
    row = preview(qualified(alice), alice, collection(bruno))

    with pytest.raises(Conflict):
        releases.approve(preview=row.uuid, sha256="0" * 64, by=of(alice), now=settled())
    assert Release.objects.count() == 0


def test_a_text_that_is_not_the_approved_one_any_more_writes_nothing(alice, bruno):
    row = preview(qualified(alice), alice, collection(bruno))
    found = releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=settled())
    Preview.objects.filter(pk=row.pk).update(bytes=row.bytes.replace("198.51.100.23", "8.8.4.4"))

    drain()

    found.refresh_from_db()
    assert found.state == Release.State.FAILED
    assert found.error
    assert Share.objects.count() == 0
    assert Event.objects.filter(kind="share.failed").count() == 1


def test_a_case_that_changed_after_the_preview_has_to_be_read_again(alice, bruno):
    case = qualified(alice)
    row = preview(case, alice, collection(bruno))
    judge(case, alice, "ipv4", "198.51.100.23", role="false-positive")

    with pytest.raises(Conflict):
        releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=settled())


def test_a_case_that_changed_after_the_approval_is_not_published(alice, bruno):
    case = qualified(alice)
    row = preview(case, alice, collection(bruno))
    found = releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=settled())
    judge(case, alice, "ipv4", "198.51.100.23", role="victim")

    drain()

    found.refresh_from_db()
    assert found.state == Release.State.FAILED
    assert Share.objects.count() == 0


def test_approving_twice_is_one_release(alice, bruno):
    row = preview(qualified(alice), alice, collection(bruno))

    first = releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=settled())
    second = releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=settled())

    assert first == second
    assert Event.objects.filter(kind="share.released").count() == 1


def test_unchanged_content_adds_nothing(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    before = list(Share.objects.order_by("pk").values_list("stix_id", "version", "added_at"))

    release(case, alice, green)

    after = list(Share.objects.order_by("pk").values_list("stix_id", "version", "added_at"))
    assert before == after


def test_changed_content_is_a_new_row_of_the_same_object(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    judge(case, alice, "domain", "autre-hameconnage.example")

    release(case, alice, green)

    reports = Share.objects.filter(type="report").order_by("added_at")
    assert [row.is_latest for row in reports] == [False, True]
    assert len({row.stix_id for row in reports}) == 1
    assert reports[0].version < reports[1].version
    assert Share.objects.filter(type="incident").count() == 1


def test_a_second_collection_gets_the_same_versions(alice, bruno):
    green, other, case = collection(bruno), collection(bruno, "autre"), qualified(alice)
    release(case, alice, green)

    release(case, alice, green, other)

    def versions(found):
        return {row.stix_id: row.version for row in latest(found) if "modified" in row.bytes}

    assert versions(green) == versions(other)


def test_a_value_that_is_no_indicator_any_more_leaves_revoked(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    judge(case, alice, "ipv4", "198.51.100.23", role="false-positive")

    release(case, alice, green)

    revoked = [row for row in map(_read, latest(green)) if row.get("revoked")]
    assert {"indicator", "relationship", "sighting"} == {row["type"] for row in revoked}
    assert not [row for row in latest(green) if row.type == "ipv4-addr"]
    report = next(row for row in map(_read, latest(green)) if row["type"] == "report")
    assert not {row["id"] for row in revoked} & set(report["object_refs"])


def test_a_wrong_indicator_is_revoked_where_it_is(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    wrong = next(row for row in latest(green) if row.type == "indicator")

    releases.revoke(incident=case.uuid, stix_id=wrong.stix_id, by=of(alice), now=settled())
    drain()

    now_there = next(row for row in latest(green) if row.stix_id == wrong.stix_id)
    assert _read(now_there)["revoked"] is True
    assert now_there.version > wrong.version
    assert now_there.added_at > wrong.added_at
    assert Share.objects.filter(stix_id=wrong.stix_id).count() == 2


def test_a_value_judged_again_after_a_revocation_gets_another_identifier(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    judge(case, alice, "ipv4", "198.51.100.23", role="seen")
    release(case, alice, green)
    judge(case, alice, "ipv4", "198.51.100.23")

    release(case, alice, green)

    rows = [row for row in map(_read, latest(green)) if row.get("name") == "198.51.100.23"]
    assert sorted((row.get("revoked", False) for row in rows), reverse=True) == [True, False]


def test_what_is_taken_back_is_gone_at_once(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    found = release(case, alice, green)

    gone = releases.unrelease(incident=case.uuid, by=of(alice), now=settled())

    found.refresh_from_db()
    assert gone > 20
    assert Share.objects.count() == ShareHold.objects.count() == 0
    assert found.state == Release.State.WITHDRAWN


def test_taken_back_and_released_again_keeps_the_identifiers(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    before = {row.stix_id for row in latest(green)}
    releases.unrelease(incident=case.uuid, by=of(alice), now=settled())

    release(case, alice, green)

    assert before == {row.stix_id for row in latest(green)}


def test_an_address_of_two_cases_stays_while_one_shows_it(alice, bruno):
    green, first, second = collection(bruno), qualified(alice), qualified(alice)
    release(first, alice, green)
    release(second, alice, green)
    assert Share.objects.filter(type="ipv4-addr").count() == 1

    releases.unrelease(incident=first.uuid, by=of(alice), now=settled())

    assert Share.objects.filter(type="ipv4-addr").count() == 1
    assert not Share.objects.filter(bytes__contains=first.reference)
    assert Share.objects.filter(bytes__contains=second.reference).exists()


def test_identifiers_say_nothing_of_the_case(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    secret = [str(case.uuid), *(str(row.uuid) for row in Observable.objects.all())]

    everything = "\n".join(row.bytes for row in latest(green))

    assert not [text for text in secret if text in everything]
    assert case.reference in everything


def test_a_preview_changes_nothing_of_the_case(alice, bruno):
    case = qualified(alice)
    preview(case, alice, collection(bruno))

    assert case.version == Incident.objects.get(pk=case.pk).version


def _read(share):
    return json.loads(share.bytes)
