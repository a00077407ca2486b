"""The whole region, loaded once a file and taken back after its last test."""

import pytest
from django.db import transaction

from csirt.accounts.principals import Person
from csirt.directory import search, services
from csirt.directory.loading import load_places
from csirt.journal.models import Event
from csirt.kernel.clock import now


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """Return what the loader said; the places are there until the file's last test."""
    with django_db_blocker.unblock():
        block = transaction.atomic()
        block._from_testcase = True  # as Django's own TestCase: services open durable blocks
        with block:
            yield load_places()
            transaction.set_rollback(True)
        search._index.cache_clear()


@pytest.fixture
def region(loaded, db):
    """Let a test read and change the loaded places; its own changes are taken back."""
    return loaded


@pytest.fixture
def town(alice):
    """An organisation that Alice has made known."""
    fields = services.OrganisationFields(
        name="Mairie de Saint-Exemple", kind="commune", own_domains=["mairie-exemple.fr"]
    )
    return services.create_organisation(fields=fields, by=Person.of(alice), now=now())


@pytest.fixture
def since(db):
    """Return a function: the events since the last call, as (kind, data)."""
    mark = 0

    def events():
        nonlocal mark
        found = list(Event.objects.filter(seq__gt=mark).order_by("seq"))
        mark = found[-1].seq if found else mark
        return [(event.kind, event.data) for event in found]

    return events
