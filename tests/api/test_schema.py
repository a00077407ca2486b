"""The OpenAPI document: public, 3.1, complete, and changed only knowingly.

After a change of the API: ``python -m tests.api.test_schema`` writes the snapshot again.
"""

import json
from pathlib import Path

SNAPSHOT = Path(__file__).parent / "schema.json"


def document(client):
    return json.loads(client.get("/api/v1/schema/?format=json").content)


def test_it_is_public_and_of_version_3_1(client, db):
    answer = client.get("/api/v1/schema/")

    assert answer.status_code == 200
    assert document(client)["openapi"].startswith("3.1")


def test_it_is_the_committed_one(client, db):
    assert document(client) == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_every_operation_says_what_it_answers_when_it_fails(client, db):
    for path, verbs in document(client)["paths"].items():
        for verb, operation in verbs.items():
            if path not in {"/api/v1/", "/api/v1/schema/"}:
                assert {"401", "404"} <= set(operation["responses"]), (verb, path)


def write():
    """Write the snapshot again."""
    import os

    os.environ.update(CSIRT_MODE="test", DJANGO_SETTINGS_MODULE="csirt.settings")
    import django

    django.setup()
    from django.test import Client

    text = json.dumps(document(Client()), indent=1, ensure_ascii=False, sort_keys=True)
    SNAPSHOT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
