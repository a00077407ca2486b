"""TAXII 2.1, writing: nothing is taken here, and it is said before and in the answer."""

import pytest

from api.models import Push, Share
from tests.taxii import shelf
from tests.taxii.shelf import MEDIA, path_of

HEADERS = {"Content-Type": MEDIA}
ENVELOPE = {"objects": [shelf.indicator(7)]}


@pytest.mark.parametrize("name", ["communaute", "vide", "boite"])
def test_5_5_posting_where_nothing_can_be_written_is_403(filled, name):
    one = getattr(filled, name)

    answer = filled.reader.send("POST", f"{path_of(one)}objects/", json=ENVELOPE, headers=HEADERS)

    assert answer.status_code == 403
    assert answer.json()["title"]
    assert filled.reader.get(path_of(one)).json()["can_write"] is False
    assert not Push.objects.exists()


def test_5_5_posting_without_a_token_is_401_and_to_what_is_hidden_404(filled):
    def post(reader, one):
        answer = reader.send("POST", f"{path_of(one)}objects/", json=ENVELOPE, headers=HEADERS)
        return answer.status_code

    assert post(filled.nobody, filled.communaute) == 401
    assert post(filled.reader, filled.reservee) == 404


def test_4_3_a_status_that_is_gone_or_never_was_is_404(filled):
    path = "desk/status/2d086da7-4bdc-4f91-900e-d77486753710/"

    assert filled.reader.get(path).status_code == 404
    assert filled.nobody.get(path).status_code == 401


@pytest.mark.parametrize("name, status", [("reservee", 404), ("communaute", 403), ("boite", 403)])
def test_5_7_the_rights_that_deleting_needs(filled, name, status):
    one = getattr(filled, name)

    answer = filled.reader.send("DELETE", f"{path_of(one)}objects/{filled.many}/")

    assert answer.status_code == status
    assert Share.objects.filter(stix_id=filled.many).count() == 3


def test_5_7_what_was_withdrawn_is_404_and_in_no_listing(bare):
    row = shelf.put(bare.communaute, bare.release, [shelf.indicator(1), shelf.indicator(2)])[0]
    base = path_of(bare.communaute)
    assert bare.reader.get(f"{base}objects/{row.stix_id}/").status_code == 200

    Share.objects.filter(pk=row.pk).delete()

    assert bare.reader.get(f"{base}objects/{row.stix_id}/").status_code == 404
    for listing in ("objects/", "manifest/"):
        assert row.stix_id not in bare.reader.get(f"{base}{listing}").text
