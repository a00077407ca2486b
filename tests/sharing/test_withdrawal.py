"""What must not stay shared is gone when the change is: no consumer has to run."""

import json
from datetime import timedelta

import pytest

from api.models import CollectionAccess, Pull, Release, Share, ShareHold
from api.sharing import partners, releases
from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed
from incidents.models import Incident
from incidents.services import casework, transitions
from tests.people import file_case
from tests.sharing.desk import (
    collection,
    judge,
    latest,
    of,
    partner,
    preview,
    qualified,
    raise_tlp,
    release,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("tlp", ["amber", "amber+strict", "red"])
def test_a_raised_tlp_empties_the_collections_at_once(alice, bruno, tlp):
    green, case = collection(bruno), qualified(alice)
    found = release(case, alice, green)

    raise_tlp(case, alice, tlp)

    found.refresh_from_db()
    assert Share.objects.count() == ShareHold.objects.count() == 0
    assert found.state == Release.State.WITHDRAWN


def test_nothing_of_an_old_marking_stays_where_the_new_one_may_be(alice, bruno):
    named, case = collection(bruno, "nommes", audience="named", tlp="amber"), qualified(alice)
    release(case, alice, named)

    raise_tlp(case, alice, "amber")
    assert Share.objects.count() == 0
    release(Incident.objects.get(pk=case.pk), alice, named)

    assert not Share.objects.filter(bytes__contains="bab4a63c-aed9-4cf5-a766-dfca5abac2bb")


def merged(case, by, tlp):
    """Merge a new report that bears *tlp* into *case*."""
    duplicate = raise_tlp(file_case().incident, by, tlp)
    transitions.merge(
        incident=duplicate.uuid, version=duplicate.version, by=of(by), into=case.uuid, now=now()
    )


def test_a_stricter_duplicate_withdraws_what_the_case_had_shared(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    found, waits = release(case, alice, green), preview(case, alice, green)

    merged(case, alice, "red")

    found.refresh_from_db()
    assert Share.objects.count() == ShareHold.objects.count() == 0
    assert found.state == Release.State.WITHDRAWN
    assert Event.objects.get(kind="share.withdrawn").data["why"] == "tlp"
    with pytest.raises(NotAllowed):
        releases.approve(preview=waits.uuid, sha256=waits.sha256, by=of(alice), now=now())


def test_a_duplicate_that_is_no_stricter_withdraws_nothing(alice, bruno):
    amber, case = (
        collection(bruno, "nommes", audience="named", tlp="amber"),
        qualified(alice, tlp="amber"),
    )
    release(case, alice, amber)
    before = Share.objects.count()

    merged(case, alice, "amber")

    assert Share.objects.count() == before > 0


def test_a_restricted_case_is_withdrawn(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    case = Incident.objects.get(pk=case.pk)

    casework.restrict(incident=case.uuid, version=case.version, by=of(alice), people=[], now=now())

    assert Share.objects.count() == 0


def test_a_released_value_that_turns_out_to_be_the_victims_is_withdrawn(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)

    judge(case, alice, "domain", "connexion-webmel.example", role="victim")

    assert Share.objects.count() == 0


def test_the_event_names_who_had_already_read_it(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    reader, other = partner(bruno, "lecteur", reads=[green]), partner(bruno, "autre", reads=[green])
    token, _ = partners.issue_token(partner=reader.uuid, by=of(bruno), now=now())
    late, _ = partners.issue_token(partner=other.uuid, by=of(bruno), now=now())
    release(case, alice, green)
    minute = now().replace(second=0, microsecond=0)
    Pull.objects.create(token=token, collection=green, minute=minute, count=2)
    Pull.objects.create(token=late, collection=green, minute=minute - timedelta(hours=1), count=2)

    raise_tlp(case, alice, "red")

    event = Event.objects.get(kind="share.withdrawn")
    assert event.incident == case.pk
    assert event.data["partners"] == ["lecteur"]
    assert event.data["programs"] == [token.prefix]
    assert event.data["why"] == "tlp"
    assert event.data["objects"] > 20


def test_a_release_that_waits_is_not_published_after_the_tlp_rose(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    found = release(case, alice, green, publish=False)

    raise_tlp(case, alice, "red")
    drain()

    found.refresh_from_db()
    assert found.state == Release.State.WITHDRAWN
    assert Share.objects.count() == 0


def test_a_change_that_fails_withdraws_nothing(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    release(case, alice, green)
    before = Share.objects.count()

    with pytest.raises(RuntimeError):
        _raise_and_fail(case, alice)

    assert Share.objects.count() == before


def test_another_case_keeps_its_objects(alice, bruno):
    green, mine, other = collection(bruno), qualified(alice), qualified(alice)
    release(mine, alice, green)
    release(other, alice, green)

    raise_tlp(mine, alice, "red")

    texts = [json.loads(row.bytes) for row in latest(green)]
    assert not [text for text in texts if mine.reference in json.dumps(text)]
    ids = {text["id"] for text in texts}
    report = next(text for text in texts if text["type"] == "report")
    assert set(report["object_refs"]) <= ids
    assert {ref for text in texts for ref in text.get("object_marking_refs", [])} <= ids


def test_an_address_of_two_cases_shows_the_older_version_again(alice, bruno):
    named = collection(bruno, "nommes", audience="named", tlp="amber")
    first, second = qualified(alice, tlp="amber"), qualified(alice)
    release(first, alice, named)
    release(second, alice, named)
    assert Share.objects.filter(type="ipv4-addr").count() == 2

    releases.unrelease(incident=second.uuid, by=of(alice), now=now())

    left = Share.objects.get(type="ipv4-addr")
    assert left.is_latest
    assert "55d920b0-5e8b-4f79-9ee9-91f868d9b421" in left.bytes


def test_a_disabled_partner_loses_tokens_and_named_collections(alice, bruno):
    alone = collection(bruno, "seul", audience="named", tlp="amber")
    both = collection(bruno, "deux", audience="named", tlp="amber")
    gone = partner(bruno, "parti", reads=[alone, both])
    stays = partner(bruno, "reste", reads=[both])
    token, _text = partners.issue_token(partner=gone.uuid, by=of(bruno), now=now())
    release(qualified(alice, tlp="amber"), alice, alone, both)

    partners.disable_partner(partner=gone.uuid, version=gone.version, by=of(bruno), now=now())

    token.refresh_from_db()
    assert token.revoked_at is not None
    assert not CollectionAccess.objects.filter(partner=gone).exists()
    assert not latest(alone)
    assert latest(both)
    assert CollectionAccess.objects.filter(partner=stays).exists()


def test_a_preview_made_before_is_worthless_after(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    row = preview(case, alice, green)
    raise_tlp(case, alice, "amber")

    with pytest.raises(Exception, match="ne peut pas recevoir"):
        releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=now())


def _raise_and_fail(case, by):
    from csirt.journal import change

    @change
    def both():
        raise_tlp(case, by, "red")
        raise RuntimeError

    both()
