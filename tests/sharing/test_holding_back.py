"""Each value that stays has a reason that can be read."""

import pytest

from api.models import Preview
from api.sharing import wellknown
from api.sharing.reasons import REASONS
from csirt.kernel.clock import now
from incidents.models import Observable
from tests.sharing.desk import collection, judge, preview, qualified


@pytest.mark.django_db
def test_each_value_that_stays_has_its_reason(alice, bruno):
    case = qualified(
        alice,
        values=(
            ("ipv4", "8.8.8.8"),
            ("domain", "login.microsoftonline.com"),
            ("sha256", "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"),
            ("ipv4", "192.168.1.12"),
            ("url", "http://10.0.0.3/x"),
            ("iban", "FR7630006000011234567890189"),
            ("ipv4", "198.51.100.99"),
        ),
    )
    Observable.objects.create(  # of before the desk checked what was typed
        incident=case,
        type="url",
        value="pas une adresse",
        value_digest="0" * 64,
        role="indicator",
        seen_at=now(),
    )
    judge(case, alice, "ipv4", "198.51.100.98", role="false-positive")
    judge(case, alice, "ipv4", "198.51.100.97", role="victim")
    judge(case, alice, "ipv4", "198.51.100.96", role="seen")

    row = preview(case, alice, collection(bruno))

    assert row.status == Preview.Status.READY, row.error
    reasons = {item["value"]: item["reason"] for item in row.held_back}
    assert {
        "8.8.8.8": "known",
        "login.microsoftonline.com": "known",
        "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f": "known",
        "192.168.1.12": "private",
        "http://10.0.0.3/x": "private",
        "FR7630006000011234567890189": "no-form",
        "pas une adresse": "not-valid",
        "198.51.100.98": "false-positive",
        "198.51.100.97": "victim",
        "198.51.100.96": "not-judged",
    }.items() <= reasons.items()
    assert not [value for value in reasons if value in row.bytes]
    assert "198.51.100.99" in row.bytes
    assert set(reasons.values()) <= set(REASONS)


@pytest.mark.parametrize(
    ("kind", "value", "known"),
    [
        ("ipv4", "1.1.1.1", True),
        ("ipv4", "198.51.100.23", False),
        ("ipv6", "2606:4700:4700::1111", True),
        ("ipv6", "2001:db8::1", False),
        ("cidr", "17.1.0.0/16", True),
        ("domain", "google.com", True),
        ("domain", "www.google.com", True),
        ("domain", "evil.weebly.com", False),
        ("domain", "weebly.com", True),
        ("domain", "facture.azurewebsites.net", False),
        ("domain", "login.microsoftonline.com", True),
        ("domain", "connexion-webmel.example", False),
        ("url", "https://google.com/", True),
        ("url", "https://docs.google.com/forms/d/pirate", False),
        ("url", "http://8.8.8.8/charge", True),
        ("url", "http://[broken", False),
        ("email", "pirate@gmail.com", False),
        ("email", "no-reply@microsoft.com", True),
        ("md5", "D41D8CD98F00B204E9800998ECF8427E", True),
        ("filename", "google.com", False),
    ],
)
def test_well_known_values_are_told_from_an_attackers(kind, value, known):
    assert bool(wellknown.lists().find(kind, value)) == known
