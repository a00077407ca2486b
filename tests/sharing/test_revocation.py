"""A wrong indicator: no collection gives it any more at once, and the worker says ``revoked``."""

import json

import pytest

from api.models import Collection, Preview, Release, Share, SharedObject
from api.sharing import releases
from api.stix import checks
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, NotFound
from tests.people import client_of
from tests.sharing.desk import collection, judge, latest, of, preview, qualified, release

pytestmark = pytest.mark.django_db


@pytest.fixture
def green(bruno):
    return collection(bruno)


@pytest.fixture
def case(alice, green):
    """Return a case of Alice's, released to ``green``."""
    found = qualified(alice)
    release(found, alice, green)
    return found


def indicator(found, name="198.51.100.23"):
    return next(
        row for row in latest(found) if row.type == "indicator" and f'"name": "{name}"' in row.bytes
    )


def revoke(case, by, row):
    return releases.revoke(incident=case.uuid, stix_id=row.stix_id, by=of(by), now=now())


def around(found, row):
    """Return the latest rows of *row*'s object and of the relationships that point from or to it."""
    return [each for each in latest(found) if each.type != "report" and row.stix_id in each.bytes]


def test_at_once_no_collection_gives_it_as_the_latest(alice, bruno, green, case):
    other = collection(bruno, "autre")
    release(case, alice, green, other)
    wrong = indicator(green)
    assert len(around(green, wrong)) == len(around(other, wrong)) > 1

    revoke(case, alice, wrong)

    assert around(green, wrong) == around(other, wrong) == []
    assert {row.stix_id for row in Share.objects.all()} >= {wrong.stix_id}  # among its versions


def test_the_request_writes_no_stix_and_the_publisher_does(alice, green, case):
    wrong = indicator(green)
    before = Share.objects.count()

    found = revoke(case, alice, wrong)

    assert Preview.objects.get(release=found).bytes == ""
    assert Share.objects.count() == before
    drain()
    found.refresh_from_db()
    text = Preview.objects.get(release=found).bytes
    checks.check(text)
    assert all(obj["revoked"] for obj in json.loads(text)["objects"])
    assert (found.state, found.sha256) == (Release.State.PUBLISHED, found.preview.sha256)


def test_what_was_wrong_comes_again_revoked_with_its_relationships(alice, green, case):
    wrong = indicator(green)
    gone = {row.stix_id: row for row in around(green, wrong)}

    revoke(case, alice, wrong)
    drain()

    back = {row.stix_id: row for row in around(green, wrong)}
    assert set(back) == set(gone)
    for stix_id, row in back.items():
        assert json.loads(row.bytes)["revoked"] is True
        assert row.version > gone[stix_id].version
        assert row.added_at > gone[stix_id].added_at
    everything = Share.objects.filter(collection=green, bytes__contains='"revoked": true')
    assert {row.stix_id for row in everything} == set(back)


def test_a_clock_set_back_makes_no_older_version(alice, green, case):
    """The version that says it was wrong is newer than the one it replaces, whatever the clock says."""
    wrong = indicator(green)
    obj = json.loads(wrong.bytes) | {"modified": "2099-12-31T23:59:59.999Z"}
    Share.objects.filter(pk=wrong.pk).update(bytes=json.dumps(obj), version=obj["modified"])

    revoke(case, alice, wrong)
    drain()

    assert '"revoked": true' in indicator(green).bytes
    assert indicator(green).version == "2100-01-01T00:00:00.000Z"


def test_a_text_read_before_cannot_bring_it_back(alice, bruno, green, case):
    other = collection(bruno, "autre")
    read = preview(case, alice, green, other)
    wrong = indicator(green)

    revoke(case, alice, wrong)

    with pytest.raises(Conflict):
        releases.approve(preview=read.uuid, sha256=read.sha256, by=of(alice), now=now())
    drain()
    assert '"revoked": true' in indicator(green).bytes


def test_a_text_approved_before_and_not_yet_published_cannot_either(alice, bruno, green, case):
    other = collection(bruno, "autre")
    waiting = release(case, alice, green, other, publish=False)
    wrong = indicator(green)

    revoke(case, alice, wrong)
    drain()

    waiting.refresh_from_db()
    assert waiting.state == Release.State.FAILED
    assert latest(other) == []
    assert '"revoked": true' in indicator(green).bytes


def test_a_text_asked_for_afterwards_draws_another_identifier(alice, green, case):
    wrong = indicator(green)
    revoke(case, alice, wrong)

    release(case, alice, green)

    named = [json.loads(row.bytes) for row in latest(green) if '"198.51.100.23"' in row.bytes]
    found = {obj["id"]: obj.get("revoked", False) for obj in named if obj["type"] == "indicator"}
    assert found.pop(wrong.stix_id) is True
    assert list(found.values()) == [False]


def test_twice_is_once(alice, green, case):
    wrong = indicator(green)
    revoke(case, alice, wrong)

    with pytest.raises(NotFound):
        revoke(case, alice, wrong)
    drain()

    assert Share.objects.filter(stix_id=wrong.stix_id).count() == 2


def test_what_is_taken_back_before_the_publisher_worked_stays_away(alice, green, case):
    wrong = indicator(green)
    found = revoke(case, alice, wrong)
    releases.unrelease(incident=case.uuid, by=of(alice), now=now())

    drain()

    found.refresh_from_db()
    assert found.state == Release.State.WITHDRAWN
    assert Share.objects.count() == 0


def test_a_collection_emptied_in_the_meantime_harms_no_other_event(alice, green, case):
    found = revoke(case, alice, indicator(green))
    Share.objects.filter(collection=green).delete()  # as when its only partner is disabled

    drain()

    found.refresh_from_db()
    assert found.state == Release.State.WITHDRAWN
    assert Collection.objects.get(pk=green.pk).shares.count() == 0


def test_the_event_names_the_objects_and_nothing_else(alice, green, case):
    wrong = indicator(green)
    expected = {row.stix_id for row in around(green, wrong)}

    revoke(case, alice, wrong)

    event = Event.objects.get(kind="share.revoked")
    assert set(event.data) == {"object", "objects", "collections"}
    assert event.data["object"] == event.data["objects"][0] == wrong.stix_id
    assert set(event.data["objects"]) == expected
    keys = SharedObject.objects.filter(stix_id__in=expected).values_list("key", flat=True)
    assert all(key.startswith("revoked:") for key in keys)


def test_only_what_the_case_shares_as_known_can_be_revoked(alice, green, case):
    other = qualified(alice, values=[("ipv4", "198.51.100.99")])
    judge(other, alice, "domain", "autre-hameconnage.example")
    report = next(row for row in latest(green) if row.type == "report")

    for row in (indicator(green), report):
        with pytest.raises(NotFound):
            revoke(other if row.type == "indicator" else case, alice, row)


class TestWhatIsNoPartAnyMore:
    """What a later release leaves out is revoked wherever it is, whichever collection that goes to."""

    def test_a_release_elsewhere_revokes_it_where_it_is(self, alice, bruno, green, case):
        other, wrong = collection(bruno, "autre"), indicator(green)
        judge(case, alice, "ipv4", "198.51.100.23", role="false-positive")

        row = preview(case, alice, other)
        page = client_of(alice).get(f"/console/partage/apercus/{row.uuid}/").content.decode()
        assert "Révoqué aussi dans" in page
        release(case, alice, other)

        told = [json.loads(one.bytes) for one in latest(green) if one.stix_id == wrong.stix_id]
        assert [obj["revoked"] for obj in told] == [True]
        assert not any(wrong.stix_id == one.stix_id for one in latest(other))

    def test_it_draws_another_identifier_when_it_comes_back(self, alice, bruno, green, case):
        other, wrong = collection(bruno, "autre"), indicator(green)
        judge(case, alice, "ipv4", "198.51.100.23", role="false-positive")
        release(case, alice, other)
        judge(case, alice, "ipv4", "198.51.100.23")
        release(case, alice, green, other)

        again = indicator(other)
        assert again.stix_id != wrong.stix_id
        assert indicator(green).stix_id in {again.stix_id, wrong.stix_id}
        live = [
            one for one in latest(green)
            if one.type == "indicator" and '"198.51.100.23"' in one.bytes
            and not json.loads(one.bytes).get("revoked")
        ]  # fmt: skip
        assert [one.stix_id for one in live] == [again.stix_id]

    @pytest.mark.parametrize("first", ["revoked", "left out"])
    def test_what_turns_out_to_be_the_victims_goes_though_it_was_revoked(
        self, alice, green, case, first
    ):
        if first == "revoked":
            revoke(case, alice, indicator(green))
            drain()
        else:
            judge(case, alice, "ipv4", "198.51.100.23", role="false-positive")
            release(case, alice, green)

        judge(case, alice, "ipv4", "198.51.100.23", role="victim")

        assert not Share.objects.filter(bytes__contains="198.51.100.23").exists()
