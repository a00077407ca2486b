"""From the analyst's release to the partner's pull, with the real services and publisher."""

import json

import pytest
from taxii2client.v21 import Collection, as_pages

from api.models import Preview
from tests.sharing import desk as sharing
from tests.taxii import shelf


@pytest.fixture
def shared(live_desk, bruno):
    lead = bruno
    one = sharing.collection(lead)
    voisin = sharing.partner(lead, "csirt-voisin", reads=[one])
    _, text = shelf.token(voisin)
    case = sharing.qualified(lead)
    found = sharing.release(case, lead, one)
    assert found.state == "published"
    return live_desk, one, text, case, lead, found


def test_the_partner_gets_the_objects_that_were_approved(shared):
    desk, one, text, _case, _lead, found = shared
    url = f"{desk.url}/taxii2/desk/collections/{one.uuid}/"
    client = Collection(url, user="csirt-voisin", password=text)

    objects = [obj for page in as_pages(client.get_objects, 5) for obj in page["objects"]]

    approved = json.loads(Preview.objects.get(pk=found.preview_id).bytes)["objects"]
    assert len(approved) > 5
    assert objects == approved
    assert all(obj["spec_version"] == "2.1" for obj in objects)


def test_what_is_withdrawn_is_gone_from_the_next_request_on(shared):
    desk, one, text, case, lead, _found = shared
    reader = shelf.Reader(desk.url, "csirt-voisin", text)
    first = reader.objects(one, limit=2).json()

    sharing.raise_tlp(case, lead, "red")

    rest = reader.objects(one, limit=100, next=first["next"])
    assert rest.text == "{}"
    assert reader.objects(one).text == "{}"
    gone = reader.get(f"{shelf.path_of(one)}objects/{first['objects'][0]['id']}/")
    assert gone.status_code == 404
