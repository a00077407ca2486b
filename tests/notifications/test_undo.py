"""A mail about what may be undone waits for the ten seconds, and is dropped when it was."""

from datetime import timedelta

import pytest
import time_machine

from csirt.kernel.clock import now
from incidents import kinds
from incidents.models import Notice
from tests.incidents.conftest import follow, row
from tests.incidents.test_undoing import act, undo
from tests.notifications.conftest import deliver
from tests.people import file_case


@pytest.mark.django_db(transaction=True)
def test_a_mail_waits_until_the_act_stands(post, alice):
    case = file_case(contact_email="denise@exemple.fr").incident
    follow("take", case, alice)
    with time_machine.travel(now(), tick=False) as clock:
        act("qualify", row(case), alice)
        assert deliver() == 0
        undo(case, alice)
        clock.shift(timedelta(seconds=13))
        assert deliver() == 0
        assert [one.state for one in Notice.objects.all()] == [Notice.State.DROPPED]

        act("qualify", row(case), alice)
        assert deliver() == 0
        clock.shift(timedelta(seconds=13))
        assert deliver() == 1

    assert len(post.mails) == 1
    sent = Notice.objects.get(state=Notice.State.SENT)
    assert sent.kind == kinds.QUALIFIED.name
