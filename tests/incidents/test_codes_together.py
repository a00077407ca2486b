"""A code read out is replaced while another is issued: one of them opens in the end, never both."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late

import pytest
from django.db import connection, transaction

from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.models import AccessCode, Incident
from incidents.services.noting import replace_spoken
from tests.people import file_case


def test_the_replacement_waits_for_who_holds_the_case(transactional_db):
    """Else a re-issue, which ends every code it sees, would not see the one that comes just then."""
    victim = file_case(channel="phone")
    spoken = AccessCode.objects.get()

    def replace():
        try:
            return replace_spoken(access=spoken.pk, code=codes.random_code(), now=now())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Incident.locked(victim.incident.uuid)
            replacing = pool.submit(replace)
            with pytest.raises(Late):
                replacing.result(timeout=1)
        assert replacing.result(timeout=20).revoked_at is None
