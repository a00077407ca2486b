"""A release can be taken back for ten seconds: the publisher waits until then."""

from datetime import timedelta

import pytest
from django_tasks_db.models import DBTaskResult

from api.models import Release, Share
from api.sharing import releases, tasks
from csirt.journal import drain
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotFound
from incidents.domain.lifecycle import UNDO_FOR
from tests.people import client_of
from tests.sharing.desk import collection, of, preview, qualified

pytestmark = pytest.mark.django_db(transaction=True)


def approved(alice, bruno, at=None):
    row = preview(qualified(alice), alice, collection(bruno))
    return releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=at or now())


def undo(release, by, at=None):
    return releases.undo(release=release.uuid, by=of(by), now=at or now())


def test_nothing_is_published_before_the_ten_seconds_are_over(alice, bruno):
    found = approved(alice, bruno)
    drain()

    tasks.publish_rest.call(str(found.uuid), 0)  # a job that came too early

    assert not Share.objects.exists()
    assert Release.objects.get().state == Release.State.QUEUED
    [job] = DBTaskResult.objects.filter(task_path__endswith="publish_rest")
    assert job.run_after == found.at + UNDO_FOR
    Release.objects.update(at=now() - UNDO_FOR)
    tasks.publish_rest.call(str(found.uuid), 0)
    assert Share.objects.exists()
    assert Release.objects.get().state == Release.State.PUBLISHED


def test_taken_back_it_never_publishes(alice, bruno):
    found = approved(alice, bruno)
    drain()

    undo(found, alice)
    Release.objects.update(at=now() - UNDO_FOR)
    tasks.publish_rest.call(str(found.uuid), 0)
    drain()

    assert not Share.objects.exists()
    assert Release.objects.get().state == Release.State.UNDONE


def test_the_same_text_can_be_approved_again(alice, bruno):
    first = approved(alice, bruno)
    undo(first, alice)

    again = releases.approve(
        preview=first.preview.uuid, sha256=first.sha256, by=of(alice), now=now() - UNDO_FOR
    )
    drain()

    assert Release.objects.get().uuid == again.uuid != first.uuid
    assert Share.objects.exists()
    tasks.publish_rest.call(str(first.uuid), 0)  # the job of the first finds nothing to do


def test_it_is_too_late_after_ten_seconds_and_for_anybody_else(alice, bruno):
    found = approved(alice, bruno)

    with pytest.raises(Invalid):
        undo(found, bruno)
    with pytest.raises(Invalid):
        undo(found, alice, now() + UNDO_FOR + timedelta(seconds=1))
    undo(found, alice)
    with pytest.raises(Invalid):
        undo(found, alice)


def test_the_page_offers_it_and_eve_knows_of_none(alice, bruno, eve):
    row = preview(qualified(alice), alice, collection(bruno))
    page = client_of(alice).post(
        f"/console/partage/apercus/{row.uuid}/approuver", {"sha256": row.sha256}, follow=True
    )
    found = Release.objects.get()
    address = f"/console/partage/diffusions/{found.uuid}/annuler"

    assert f'action="{address}"' in page.content.decode()
    assert client_of(eve).post(address).status_code == 404
    with pytest.raises(NotFound):
        undo(found, eve)
    client_of(alice).post(address)
    assert Release.objects.get().state == Release.State.UNDONE
