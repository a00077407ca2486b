"""A14: whatever happens, one address gets three mails an hour at most, and learns of everything."""

import os
from datetime import timedelta

import pytest
import time_machine

from csirt.kernel.clock import now
from incidents.models import Notice
from incidents.notifications import sending
from tests.notifications.conftest import deliver, post, smtp, write  # noqa: F401 - fixtures
from tests.people import file_case

NEWS = int(os.environ.get("CSIRT_TEST_NEWS", "200"))  # 1,000 in SECURITY.md, A14


@pytest.mark.django_db(transaction=True)
def test_a_flood_of_news_is_three_mails_an_hour(post, alice):  # noqa: F811
    begin = now()
    cases = [file_case(contact_email="denise@exemple.fr").incident for _ in range(10)]
    arrived = []
    with time_machine.travel(begin, tick=False) as clock:
        for number in range(NEWS):
            write(cases[number % len(cases)], alice, f"Nouvelle {number}.")
            if number % 10 == 9:
                clock.shift(timedelta(minutes=2 * 1000 / NEWS))
                before = len(post.mails)
                deliver()
                arrived += [now()] * (len(post.mails) - before)
        clock.shift(timedelta(hours=1))
        deliver()

    assert len(post.mails) >= 9  # 200 minutes
    for moment in arrived:
        assert sum(moment <= other < moment + sending.notices.HOUR for other in arrived) <= 3
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}
    assert Notice.objects.count() == NEWS
