"""Who reads what: looked up on every request, and silent about what is hidden."""

import time
import uuid
from datetime import timedelta

import httpx
import pytest

from api.models import Partner, PartnerToken
from api.taxii import pulls
from csirt.kernel.clock import now
from tests.taxii import shelf
from tests.taxii.shelf import MEDIA, in_process, path_of


def whole(answer):
    """Return all of an answer that a client can see, but for the time of day."""
    headers = [(name, value) for name, value in answer.headers.multi_items() if name != "date"]
    return answer.status_code, headers, answer.content


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS"])
@pytest.mark.parametrize(
    "rest",
    [
        *("", "objects/", "manifest/", "objects/?limit=0", "objects/?next=x", "nonsense/"),
        *("objects/{id}/", "objects/{id}/versions/", "objects/?match[id]={id}", "objects"),
    ],
)
def test_hidden_and_absent_are_the_same_answer_byte_for_byte(filled, method, rest):
    rest = rest.format(id=shelf.indicator(500)["id"])

    hidden, by_alias, absent, absent_alias = (
        whole(filled.reader.send(method, f"desk/collections/{key}/{rest}"))
        for key in (filled.reservee.uuid, "reservee", uuid.uuid4(), "absente")
    )

    assert hidden == absent
    assert by_alias == absent_alias
    assert hidden == by_alias
    assert hidden[0] in {404, 405}


def test_a_hidden_collection_is_in_no_listing(filled):
    autre = shelf.Reader(filled.url, "csirt-autre", filled.autre_token)

    assert str(filled.reservee.uuid) not in filled.reader.get("desk/collections/").text
    assert str(filled.reservee.uuid) in autre.get("desk/collections/").text
    assert str(filled.communaute.uuid) not in autre.get("desk/collections/").text


def test_an_object_of_another_collection_is_not_there(filled):
    path = f"{path_of(filled.communaute)}objects/{{}}/"

    hidden = filled.reader.get(path.format(shelf.indicator(500)["id"]))
    absent = filled.reader.get(path.format(shelf.indicator(501)["id"]))

    assert whole(hidden) == whole(absent)
    assert hidden.status_code == 404


def test_no_right_token_no_reason_given(bare):
    """Unknown, wrong, expired, revoked, disabled, or another's name: one answer for all."""
    past = now() - timedelta(minutes=1)
    _, expired = shelf.token(bare.voisin, expires_at=past)
    _, revoked = shelf.token(bare.voisin, revoked_at=past)
    _, disabled = shelf.token(shelf.partner(f"ancien-{bare.voisin.identifier}", active=False))
    prefix, secret = bare.token.split("_")[1:]
    unknown = f"occ_{'0' * 10}_{secret}"
    wrong = f"occ_{prefix}_{'0' * 64}"
    voisin = bare.voisin.identifier
    claims = [(voisin, text) for text in (expired, revoked, unknown, wrong, "x", "é")]
    claims += [
        (f"ancien-{voisin}", disabled),
        ("csirt-autre", bare.token),
        (voisin.upper(), bare.token),
    ]

    answers = [
        whole(httpx.get(f"{bare.url}/taxii2/desk/", auth=claim, headers={"Accept": MEDIA}))
        for claim in claims
    ]

    assert answers[0][0] == 401
    assert all(answer == answers[0] for answer in answers)
    assert bare.reader.get("desk/").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        *("", "Basic", "Basic !!!", "Basic Og==", "Bearer", "Digest x", "Bearer " + "a" * 5000),
        *("Basic /w==", "Bearer occ_", "Negotiate abc", "Basic Y3NpcnQtdm9pc2lu"),
    ],
)
def test_a_header_that_is_no_token_is_401(filled, header):
    answer = filled.nobody.get(headers={"Authorization": header})

    assert answer.status_code in {401, 429}
    assert answer.json()["title"]


def test_a_token_expires_at_its_moment(bare):
    row, text = shelf.token(bare.voisin, expires_at=now() + timedelta(hours=1))
    reader = shelf.Reader(bare.url, bare.voisin.identifier, text)
    assert reader.get().status_code == 200

    row.expires_at = now()
    row.save()

    assert reader.get().status_code == 401


@pytest.mark.parametrize("scopes", [[], ["api:read"]])
def test_a_token_of_another_door_is_403(bare, scopes):
    _, text = shelf.token(bare.voisin, scopes=scopes)
    reader = shelf.Reader(bare.url, bare.voisin.identifier, text)

    for path in ("", "desk/", "desk/collections/", f"{path_of(bare.communaute)}objects/"):
        answer = reader.get(path)
        assert answer.status_code == 403
        assert answer.json()["title"]


def test_a_token_that_may_only_write_reads_nothing(bare):
    shelf.put(bare.communaute, bare.release, [shelf.indicator(1)])
    _, text = shelf.token(bare.voisin, scopes=["taxii:write"])
    reader = shelf.Reader(bare.url, bare.voisin.identifier, text)

    assert reader.get("desk/collections/").json() == {}
    assert reader.get(f"{path_of(bare.communaute)}objects/").status_code == 404


@pytest.mark.parametrize("listing", ["objects/", "manifest/"])
@pytest.mark.parametrize(
    "end, status",
    [
        (lambda of: PartnerToken.objects.filter(partner=of).update(revoked_at=now()), 401),
        (lambda of: PartnerToken.objects.filter(partner=of).update(expires_at=now()), 401),
        (lambda of: Partner.objects.filter(pk=of.pk).update(active=False), 401),
        (lambda of: of.tokens.all().delete(), 401),
        (lambda of: of.access.all().delete(), 404),
        (lambda of: of.access.update(can_read=False, can_write=True), 403),
    ],
    ids=["revoked", "expired", "disabled", "deleted", "ended", "unreadable"],
)
def test_a_right_that_ends_during_a_paged_pull_ends_it_at_the_next_page(bare, listing, end, status):
    shelf.put(bare.communaute, bare.release, [shelf.indicator(n) for n in range(20)])
    path = f"{path_of(bare.communaute)}{listing}"
    page = bare.reader.get(path, limit=5).json()
    page = bare.reader.get(path, limit=5, next=page["next"]).json()

    end(bare.voisin)

    answer = bare.reader.get(path, limit=5, next=page["next"])
    assert answer.status_code == status
    assert "indicator" not in answer.text


def test_wrong_tokens_are_slowed_by_address_and_harm_no_right_one(bare, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    wrong = f"occ_{'0' * 10}_{'0' * 64}"

    async def attack(client):
        async def tries(address, token):
            headers = {
                "X-Forwarded-For": f"192.0.2.99, {address}",
                "Authorization": f"Bearer {token}",
            }
            return await client.get("/taxii2/", headers=headers)

        answers = [await tries("198.51.100.1", wrong) for _ in range(160)]
        assert (await tries("198.51.100.1", bare.token)).status_code == 200
        assert (await tries("198.51.100.2", wrong)).status_code == 401
        assert (await tries("2001:db8::1", wrong)).status_code == 401
        return answers

    answers = in_process(attack)

    statuses = [answer.status_code for answer in answers]
    assert statuses[0] == 401
    assert statuses.count(429) >= 40  # a new minute may have begun in between
    limited = next(answer for answer in answers if answer.status_code == 429)
    assert limited.json()["title"]
    assert int(limited.headers["retry-after"]) > 0


def test_nothing_of_a_refused_request_is_counted_as_a_pull(bare):
    shelf.put(bare.communaute, bare.release, [shelf.indicator(1)])
    bare.voisin.access.update(can_read=False, can_write=True)

    bare.reader.get(f"{path_of(bare.communaute)}objects/")

    time.sleep(pulls.PAUSE * 2)
    assert not bare.row.pulls.exists()


@pytest.mark.parametrize(
    "networks, status",
    [
        (["127.0.0.0/8"], 200),
        (["192.0.2.0/24", "127.0.0.1/32"], 200),
        (["192.0.2.0/24"], 401),
        (["::/0"], 401),
    ],
)
def test_a_token_opens_nothing_from_elsewhere(bare, networks, status):
    PartnerToken.objects.filter(pk=bare.row.pk).update(addresses=networks)

    answer = bare.reader.get("desk/collections/")

    assert answer.status_code == status
    if status == 401:
        wrong = shelf.Reader(bare.url, bare.voisin.identifier, "x").get("desk/collections/")
        assert whole(answer) == whole(wrong)


@pytest.mark.parametrize("said", ["", "2020-01"])
def test_nothing_is_read_before_the_terms_are_accepted(bare, said):
    base = path_of(bare.communaute)
    Partner.objects.filter(pk=bare.voisin.pk).update(terms=said)

    for path in ("objects/", "manifest/"):
        answer = bare.reader.get(f"{base}{path}")
        assert (answer.status_code, answer.json()["title"]) == (403, "Terms not accepted")
        assert answer.json()["external_details"].endswith("/console/partage/mon-organisation/")
    assert bare.reader.get(base).status_code == 200
    assert bare.reader.get(f"desk/collections/{uuid.uuid4()}/objects/").status_code == 404
