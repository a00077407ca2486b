"""What a partner posts: kept apart in its inbox, object by object, and never over anything else."""

import json
import time
from datetime import timedelta
from uuid import uuid4

import pytest
import stix2
from cytaxii2.cytaxii2 import cytaxii2
from taxii2client.v21 import Collection as Collection21

from api.models import Collection, CollectionAccess, Push, Share, Status
from api.sharing import tasks
from csirt.kernel.clock import now
from tests.taxii import shelf
from tests.taxii.shelf import MEDIA, ids, path_of

HEADERS = {"Content-Type": MEDIA}
MARK = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"  # TLP:RED


@pytest.fixture
def box(bare):
    """Return the partner with its inbox, and a token that reads and writes."""
    bare.box = Collection.objects.create(
        alias=f"depot-{bare.voisin.identifier}",
        title="Dépôt",
        tlp="amber+strict",
        audience="named",
        inbox_of=bare.voisin,
        created_at=now(),
    )
    CollectionAccess.objects.create(collection=bare.box, partner=bare.voisin, can_write=True)
    _, bare.token = shelf.token(bare.voisin, scopes=("taxii:read", "taxii:write"))
    bare.writer = shelf.Reader(bare.url, bare.voisin.identifier, bare.token)
    return bare


def post(desk, *objects, raw=None, into=None, **headers):
    content = raw if raw is not None else json.dumps({"objects": list(objects)}).encode()
    path = f"{path_of(into or desk.box)}objects/"
    return desk.writer.send("POST", path, content=content, headers=HEADERS | headers)


def checked(answer):
    """Do the job of what was posted; return the row of its status."""
    assert answer.status_code == 202, answer.text
    tasks.check_received.call(answer.json()["id"])
    return Status.objects.get(uuid=answer.json()["id"])


def rows(desk):
    return Push.objects.filter(partner=desk.voisin).order_by("added_at")


def test_5_5_an_envelope_is_taken_and_its_status_says_what_became_of_it(box):
    answer = post(box, shelf.indicator(1), shelf.indicator(2))

    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (202, MEDIA)
    assert (said["status"], said["total_count"], said["pending_count"]) == ("pending", 2, 2)
    assert said["pendings"][0] == {
        "id": shelf.indicator(1)["id"], "version": "2026-01-31T10:00:00.000Z",
    }  # fmt: skip
    checked(answer)
    after = box.writer.get(f"desk/status/{said['id']}/").json()
    assert (after["status"], after["success_count"], after["failure_count"]) == ("complete", 2, 0)
    assert "pendings" not in after
    assert [row.status for row in rows(box)] == ["quarantined"] * 2


def test_5_1_the_inbox_says_that_it_can_be_written_to(box):
    assert box.writer.get(path_of(box.box)).json()["can_write"] is True
    assert box.reader.get(path_of(box.box)).json()["can_write"] is False


def test_the_partner_reads_what_it_sent_and_nobody_else_does(box):
    checked(post(box, shelf.indicator(1), shelf.address(2)))
    autre = shelf.partner(f"autre-{uuid4().hex[:8]}")
    _, token = shelf.token(autre, scopes=("taxii:read", "taxii:write"))
    other = shelf.Reader(box.url, autre.identifier, token)

    assert ids(box.writer.pull(box.box)) == [shelf.indicator(1)["id"], shelf.address(2)["id"]]
    assert other.get(path_of(box.box)).status_code == 404
    assert other.get(f"{path_of(box.box)}objects/").status_code == 404
    assert box.writer.get(f"{path_of(box.communaute)}objects/").json() == {}


def test_5_5_an_exact_duplicate_is_a_success(box):
    checked(post(box, shelf.indicator(1), shelf.address(2)))

    again = post(box, shelf.indicator(1), shelf.address(2), shelf.address(2)).json()

    assert (again["status"], again["success_count"]) == ("complete", 3)
    assert rows(box).count() == 2


def test_two_versions_stand_side_by_side(box):
    newer = shelf.indicator(1, modified="2026-02-01T10:00:00.123456Z")
    checked(post(box, newer, shelf.indicator(1)))
    base = f"{path_of(box.box)}objects/{newer['id']}/"

    assert box.writer.get(base).json()["objects"][0]["modified"] == newer["modified"]
    assert len(box.writer.get(f"{base}versions/").json()["versions"]) == 2


def test_a_token_that_only_reads_or_another_collection_is_403(box):
    path = f"{path_of(box.box)}objects/"
    assert box.reader.send("POST", path, json={}, headers=HEADERS).status_code == 403
    assert post(box, shelf.indicator(1), into=box.communaute).status_code == 403
    assert not rows(box).exists()


def test_a_token_that_only_writes_reads_nothing(box):
    _, token = shelf.token(box.voisin, scopes=("taxii:write",))
    box.writer = shelf.Reader(box.url, box.voisin.identifier, token)

    assert post(box, shelf.indicator(1)).status_code == 202
    assert box.writer.get(f"{path_of(box.box)}objects/").status_code == 403
    assert box.writer.get(path_of(box.communaute)).status_code == 404
    one = f"{path_of(box.box)}objects/{shelf.indicator(1)['id']}/"
    assert box.writer.send("DELETE", one).status_code == 403


def test_another_partners_status_is_not_there(box):
    said = post(box, shelf.indicator(1)).json()["id"]
    autre = shelf.partner(f"autre-{uuid4().hex[:8]}")
    _, token = shelf.token(autre)

    answer = shelf.Reader(box.url, autre.identifier, token).get(f"desk/status/{said}/")

    assert answer.status_code == 404


def test_4_3_a_status_is_gone_a_day_after_its_end(box):
    row = checked(post(box, shelf.indicator(1)))
    path = f"desk/status/{row.uuid}/"
    assert box.writer.get(path).status_code == 200
    assert timedelta(hours=23) < row.expires_at - now() <= timedelta(hours=24)

    Status.objects.filter(pk=row.pk).update(expires_at=now())

    assert box.writer.get(path).status_code == 404


def test_5_7_what_one_sent_can_be_taken_out_again(box):
    newer = shelf.indicator(1, modified="2026-02-01T10:00:00.000Z")
    checked(post(box, shelf.indicator(1), newer, shelf.indicator(2)))
    base = f"{path_of(box.box)}objects/"
    one = f"{base}{newer['id']}/"

    first = box.writer.send("DELETE", one, params={"match[version]": "last"})
    assert (first.status_code, first.content) == (200, b"")
    assert box.writer.get(one).json()["objects"][0]["modified"] == "2026-01-31T10:00:00.000Z"
    assert box.writer.send("DELETE", one).status_code == 200

    assert box.writer.get(one).status_code == 404
    assert box.writer.send("DELETE", one).status_code == 404
    for listing in ("objects/", "manifest/"):
        assert newer["id"] not in box.writer.get(f"{path_of(box.box)}{listing}").text
    assert rows(box).get().stix_id == shelf.indicator(2)["id"]


@pytest.mark.parametrize("kind", ["text/plain", "application/stix+json", "application/taxii+json;version=2.0", ""])  # fmt: skip
def test_5_5_another_content_type_is_415(box, kind):
    assert post(box, shelf.indicator(1), **{"Content-Type": kind}).status_code == 415


@pytest.mark.parametrize("kind", ["application/taxii+json", "application/taxii+json; version=2.1"])
def test_5_5_a_defined_content_type_is_never_415(box, kind):
    assert post(box, shelf.indicator(1), **{"Content-Type": kind}).status_code == 202


def test_a_bundle_as_stix2_sends_it_is_taken(box):
    bundle = {"type": "bundle", "id": f"bundle--{uuid4()}", "objects": [shelf.indicator(1)]}

    assert post(box, raw=json.dumps(bundle).encode()).status_code == 202


def test_stix2_writes_through_its_taxii_sink(box):
    url = f"{box.url}/taxii2/{path_of(box.box)}"
    one = Collection21(url, user=box.voisin.identifier, password=box.token)

    stix2.TAXIICollectionSink(one).add(
        stix2.Indicator(pattern="[url:value = 'http://mechant.example/']", pattern_type="stix")
    )

    assert rows(box).get().type == "indicator"


def test_taxii2_client_waits_for_its_status_and_takes_back_what_it_sent(box):
    url = f"{box.url}/taxii2/{path_of(box.box)}"
    one = Collection21(url, user=box.voisin.identifier, password=box.token)

    status = one.add_objects({"objects": [shelf.indicator(1)]}, wait_for_completion=False)
    tasks.check_received.call(status.id)
    status.refresh()

    assert (status.status, status.success_count, len(status.successes)) == ("complete", 1, 1)
    assert one.can_write
    one.delete_object(shelf.indicator(1)["id"])
    assert not rows(box).exists()


def test_cytaxii2_posts_to_the_inbox(box):
    client = cytaxii2(f"{box.url}/taxii2/", box.voisin.identifier, box.token)

    text = json.dumps({"objects": [shelf.indicator(1)]})

    answer = client.inbox_request(str(box.box.uuid), text)

    assert answer["status_code"] == 202, answer
    assert answer["response"]["status"] == "pending"


class TestHostile:
    """SECURITY.md, D10: an answer in under five seconds, no 5xx, nothing left behind."""

    BAD = {
        "nothing": b"",
        "cut": b'{"objects": [',
        "no envelope": b"[]",
        "no objects": b'{"objects": []}',
        "objects of another kind": b'{"objects": {"a": 1}}',
        "10,000 deep": b'{"objects": [' + b"[" * 10_000 + b"]" * 10_000 + b"]}",
        "twice the same name": b'{"objects": [{"a": 1}], "objects": [{"a": 2}]}',
        "NaN": b'{"objects": [{"a": NaN}]}',
        "infinite": b'{"objects": [{"a": -Infinity}]}',
        "not UTF-8": b'{"objects": [{"a": "\xff"}]}',
        "UTF-16": '{"objects": [{"a": 1}]}'.encode("utf-16"),
        "a number without end": b'{"objects": [' + b"9" * 100_000 + b"]}",
        "100,000 objects": b'{"objects": [' + b"{}," * 99_999 + b"{}]}",
    }

    @pytest.mark.parametrize("name", BAD)
    def test_what_cannot_be_read_is_refused_whole(self, box, name):
        begun = time.monotonic()

        answer = post(box, raw=self.BAD[name])

        assert time.monotonic() - begun < 5
        assert answer.status_code in {400, 422}
        assert (answer.headers["content-type"], bool(answer.json()["title"])) == (MEDIA, True)
        assert not rows(box).exists()
        assert not Status.objects.filter(partner=box.voisin).exists()

    def test_too_much_is_413_and_a_little_less_is_read(self, box):
        limit = box.writer.get("desk/").json()["max_content_length"]
        chunk = [b" " * 65_536] * (limit // 65_536 + 1)

        assert post(box, raw=b" " * (limit + 1)).status_code == 413
        assert post(box, raw=iter(chunk)).status_code == 413  # without a Content-Length
        assert post(box, raw=b" " * (limit - 1)).status_code == 400

    def deep(self, levels):
        obj = shelf.indicator(1)
        inner = obj["x_deep"] = {}
        for _ in range(levels):
            inner["x"] = inner = {}
        return obj

    def test_each_object_is_judged_by_itself(self, box):
        good = shelf.indicator(1)
        bad = [
            7,
            {},
            good | {"id": "indicator--x"},
            good | {"type": "malware"},
            good | {"spec_version": "2.0"},
            {name: value for name, value in good.items() if name != "spec_version"},
            good | {"modified": "yesterday"},
            good | {"modified": 7},
            good | {"name": "\ud800"},
            good | {"x": "beyond"},
            good | {"pattern": "[" * 5000},
            good | {"name": "x" * 300_000},
            self.deep(40),
            {"type": "bundle", "id": f"bundle--{uuid4()}", "objects": []},
        ]

        hostile = good | {"x_proto": {"__proto__": {"a": 1}}, "name": "nul \0 et <script>"}
        text = json.dumps({"objects": [*bad, hostile]}).replace('"beyond"', "1e999")

        answer = post(box, raw=text.encode())

        said = answer.json()
        assert (answer.status_code, said["failure_count"]) == (202, len(bad))
        assert [line["message"].split(":")[0] for line in said["failures"]] == [
            f"Object {place}" for place in range(1, len(bad) + 1)
        ]
        checked(answer)
        assert rows(box).count() == 1

    @pytest.mark.parametrize(
        "fields",
        [
            {"pattern": "nonsense"},
            {"pattern": "(" * 3990},
            {"pattern": "[a:b = '1' AND " * 200},
            {"pattern": None},
            {"valid_from": "never"},
            {"created": "2026-01-31T10:00:00.000Z", "modified": "2020-01-31T10:00:00.000Z"},
            {"indicator_types": "malicious"},
            {"extensions": {"extension-definition--x": []}},
        ],
    )
    def test_what_is_not_stix_goes_with_its_reason(self, box, fields):
        good, bad = shelf.indicator(1), shelf.indicator(2) | fields
        begun = time.monotonic()

        row = checked(post(box, good, bad))

        assert time.monotonic() - begun < 15  # the libraries are imported by the first
        assert [line["id"] for line in row.failures] == [bad["id"]]
        assert row.failures[0]["message"]
        assert [line["id"] for line in row.successes] == [good["id"]]
        assert rows(box).get().stix_id == good["id"]

    def test_a_job_done_again_changes_nothing(self, box):
        row = checked(post(box, shelf.indicator(1)))

        tasks.check_received.call(str(row.uuid))

        assert Status.objects.get(pk=row.pk).successes == row.successes

    def test_ours_and_other_partners_objects_stay_as_they_are(self, box):
        """D11: the same id, a newer version, a lower TLP, our name as its author."""
        ours = shelf.put(box.communaute, box.release, [shelf.indicator(1)])[0]
        forged = shelf.indicator(1, modified="2027-01-01T00:00:00.000Z") | {
            "created_by_ref": shelf.IDENTITY,
            "revoked": True,
        }

        checked(post(box, forged))

        assert Share.objects.get(stix_id=ours.stix_id).bytes == ours.bytes
        read = box.writer.objects(box.communaute).text
        assert "2027" not in read
        assert ours.bytes in read

    def test_the_strictest_marking_counts_and_none_is_amber(self, box):
        checked(
            post(
                box,
                shelf.indicator(1),
                shelf.indicator(2) | {"object_marking_refs": [shelf_green(), MARK]},
                shelf.indicator(3) | {"object_marking_refs": [shelf_green()]},
            )
        )

        assert list(rows(box).values_list("tlp", flat=True)) == ["amber", "red", "green"]

    def test_a_full_inbox_says_so(self, box, monkeypatch):
        from tests.taxii.shelf import in_process

        async def talk(client):
            return await client.post(
                f"/taxii2/{path_of(box.box)}objects/",
                json={"objects": [shelf.indicator(1), shelf.indicator(2)]},
                headers=HEADERS,
                auth=(box.voisin.identifier, box.token),
            )

        monkeypatch.setattr("api.sharing.receiving.MOST_WAITING", 1)
        answer = in_process(talk)

        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert not rows(box).exists()

    def test_the_right_to_write_is_looked_up_again(self, box):
        CollectionAccess.objects.filter(collection=box.box).update(can_write=False)

        assert post(box, shelf.indicator(1)).status_code == 403


def shelf_green():
    return "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
