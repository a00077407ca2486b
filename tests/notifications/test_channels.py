"""A channel is a folder: copying one adds it, and the rules around it stay the same."""

import shutil
import sys
from pathlib import Path

import pytest

from csirt.journal import drain
from csirt.kernel.clock import now
from incidents.models import Notice
from incidents.notifications import channels, sending
from tests.notifications.conftest import write
from tests.people import file_case

pytestmark = pytest.mark.django_db(transaction=True)
SMS = '''
"""Text messages: what was handed over stands in ``handed``."""

class Sms:
    handed = []

    def ready(self):
        return True

    def address(self, report):
        return report.contact_phone

    def send(self, parcel):
        self.handed.append(parcel)

CHANNEL = Sms()
'''


@pytest.fixture
def sms(tmp_path, monkeypatch):
    """Put a folder beside that of mail; return what it was handed."""
    folder = tmp_path / "channels"
    shutil.copytree(Path(channels.__file__).parent / "mail", folder / "sms")
    (folder / "sms" / "__init__.py").write_text(SMS, encoding="utf-8")
    monkeypatch.setattr(channels, "__path__", [*channels.__path__, str(folder)])
    monkeypatch.setattr(sending, "_rests", {})
    channels.channels.cache_clear()
    yield channels.channels()["sms"].handed
    channels.channels.cache_clear()
    del sys.modules[f"{channels.__name__}.sms"]


def test_only_mail_is_shipped():
    assert list(channels.channels()) == ["mail"]


def test_a_folder_that_is_copied_is_a_channel(sms, alice, denise):
    write(denise.incident, alice, "Un secret.")
    drain()
    sending.send_due(now())
    [parcel] = sms

    assert parcel.address == "05 61 00 00 00"
    assert denise.reference in parcel.text
    assert "secret" not in parcel.text
    assert Notice.objects.get().state == "sent"


def test_its_folder_is_all_that_it_needs(sms, alice):
    write(file_case(contact_phone="").incident, alice)
    drain()

    assert sending.send_due(now()) == 0
    assert sms == []


def test_a_folder_without_a_channel_is_refused(sms, tmp_path):
    (tmp_path / "channels" / "voix").mkdir()
    (tmp_path / "channels" / "voix" / "__init__.py").write_text("CHANNEL = object()\n")
    channels.channels.cache_clear()

    with pytest.raises(TypeError, match="voix"):
        channels.channels()
    shutil.rmtree(tmp_path / "channels" / "voix")
