"""F9: the worker dies while it sends mail: each arrives, and twice only where SMTP cannot tell.

``python -m bench outbox`` does the same with 500 mails and 500 kills. An hour without a server is
in ``tests/notifications/test_notices.py``.
"""

import pytest

from bench import outbox
from incidents.models import Notice
from tests.server import Worker

MAILS = 12


@pytest.mark.django_db(transaction=True)
def test_each_mail_arrives_under_one_name_whenever_the_worker_dies(alice):
    figures = outbox.run(Worker().environment, alice, mails=MAILS)

    assert figures["sigkills"] == dict.fromkeys(outbox.STAGES, MAILS // len(outbox.STAGES))
    assert figures == figures | outbox.WANTED
    assert figures["again"] >= figures["sigkills"]["data"]  # taken, and nobody told the worker
    assert Notice.objects.filter(state="sent").count() == MAILS
