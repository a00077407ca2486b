"""A partner's program is known by its token, Basic or Bearer, and by nothing else."""

import base64
from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from api.models import PartnerToken
from api.sharing import partners
from api.sharing.tokens import access_of, credentials, token_principal
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid
from tests.sharing.desk import collection, of, partner

pytestmark = pytest.mark.django_db


def basic(identifier, text):
    return "Basic " + base64.b64encode(f"{identifier}:{text}".encode()).decode()


@pytest.fixture
def chest(bruno):
    """A partner and the text of a token that reads."""
    row = partner(bruno)
    token, text = partners.issue_token(partner=row.uuid, by=of(bruno), now=now())
    return row, token, text


def test_basic_bearer_and_token_are_the_same(chest):
    row, token, text = chest

    found = {
        token_principal(header)
        for header in (
            basic(row.identifier, text),
            f"Bearer {text}",
            f"bearer  {text} ",
            f"Token {text}",
        )
    }

    assert len(found) == 1
    machine = found.pop()
    assert (machine.partner_id, machine.token_id) == (row.pk, token.pk)
    assert machine.scopes == {"taxii:read"}
    assert machine.actor == "partner:csirt-voisin"


def test_the_secret_is_kept_nowhere(chest):
    _row, token, text = chest
    secret = text.rpartition("_")[2]

    assert len(secret) == 64
    kept = PartnerToken.objects.filter(pk=token.pk).values().get()
    assert secret not in str(kept)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic ",
        "Basic %%%",
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"nocolon").decode(),
        "Digest x",
        "Bearer occ__",
        "Bearer occ_0123456789_" + "0" * 64,
        "Bearer " + "a" * 100_000,
        "Bearer occ_0123456789_" + "é" * 64,
    ],
)
def test_anything_else_is_nobody(chest, header):
    assert token_principal(header) is None


def test_a_wrong_identifier_or_a_wrong_secret_is_nobody(chest):
    row, _token, text = chest
    other = text[:-1] + ("0" if text[-1] != "0" else "1")

    assert token_principal(basic("autre", text)) is None
    assert token_principal(basic("", text)) is None
    assert token_principal(basic(row.identifier, other)) is None
    assert token_principal(f"Bearer {other}") is None


def test_revoked_expired_and_disabled_are_nobody(bruno, chest):
    row, token, text = chest
    soon, short = partners.issue_token(
        partner=row.uuid, by=of(bruno), now=now(), expires_at=now() + timedelta(hours=1)
    )
    assert token_principal(f"Bearer {short}")
    assert token_principal(f"Bearer {short}", at=soon.expires_at) is None

    partners.revoke_token(token=token.uuid, by=of(bruno), now=now())
    assert token_principal(f"Bearer {text}") is None

    partners.disable_partner(partner=row.uuid, version=row.version, by=of(bruno), now=now())
    assert token_principal(f"Bearer {short}") is None


def test_old_tokens_stay_dead_when_a_partner_comes_back(bruno, chest):
    row, _token, text = chest
    partners.disable_partner(partner=row.uuid, version=1, by=of(bruno), now=now())
    with pytest.raises(Conflict):
        partners.issue_token(partner=row.uuid, by=of(bruno), now=now())

    partners.enable_partner(partner=row.uuid, version=2, by=of(bruno), now=now())

    assert token_principal(f"Bearer {text}") is None
    assert partners.issue_token(partner=row.uuid, by=of(bruno), now=now())


def test_two_tokens_live_side_by_side(bruno, chest):
    row, token, text = chest
    _second, other = partners.issue_token(partner=row.uuid, by=of(bruno), now=now())

    assert token_principal(f"Bearer {text}")
    partners.revoke_token(token=token.uuid, by=of(bruno), now=now())

    assert token_principal(f"Bearer {text}") is None
    assert token_principal(f"Bearer {other}")


def test_one_query_finds_the_token(chest):
    from django.db import connection

    _row, _token, text = chest
    with CaptureQueriesContext(
        connection,
    ) as queries:
        token_principal(f"Bearer {text}")

    assert len(queries) == 1


def test_a_header_is_read_without_a_database(chest):
    row, token, text = chest
    claimed = credentials(basic(row.identifier, text))

    assert (claimed.identifier, claimed.prefix) == (row.identifier, token.prefix)
    assert claimed.match(identifier=row.identifier, digest=token.digest)
    assert not claimed.match(identifier="autre", digest=token.digest)


def test_access_is_the_partners_own(bruno):
    mine, other = collection(bruno, "mienne"), collection(bruno, "autre")
    row = partner(bruno, reads=[mine])
    _token, text = partners.issue_token(partner=row.uuid, by=of(bruno), now=now())

    found = list(access_of(token_principal(f"Bearer {text}")))

    assert [(access.collection, access.can_read, access.can_write) for access in found] == [
        (mine, True, False)
    ]
    assert other not in [access.collection for access in found]


@pytest.mark.parametrize("scopes", [[], ["admin"], ["taxii:read", "root"]])
def test_only_known_rights_are_given(bruno, scopes):
    with pytest.raises(Invalid):
        partners.issue_token(partner=partner(bruno).uuid, scopes=scopes, by=of(bruno), now=now())
