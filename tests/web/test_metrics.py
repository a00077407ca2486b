"""``/metrics`` answers this machine or a token, with figures and no word of any case."""

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from csirt.kernel.clock import now
from incidents import upkeep
from tests.people import file_case

pytestmark = pytest.mark.django_db
HERE = {"host": "127.0.0.1:8000"}


def families(answer):
    assert answer.status_code == 200
    return {one.name: one for one in text_string_to_metric_families(answer.content.decode())}


def value(found, name, **labels):
    return next(s.value for s in found[name].samples if labels.items() <= s.labels.items())


def test_this_machine_reads_them(denise):
    upkeep.saw_worker(now())
    found = families(Client().get("/metrics", headers=HERE))

    assert value(found, "desk_events") >= 1
    assert value(found, "desk_consumer_lag_events", consumer="mailer") >= 1
    assert value(found, "desk_jobs", state="ready") >= 0
    assert value(found, "desk_mail", state="waiting") == 0
    assert value(found, "desk_worker_timestamp_seconds") == pytest.approx(now().timestamp(), abs=60)
    assert value(found, "desk_disk_free_bytes", place="evidence") > 0
    assert value(found, "desk_info", release="0.1.0") == 1
    assert "process_resident_memory_bytes" in found


def answers(status):
    found = families(Client().get("/metrics", headers=HERE))
    samples = found["desk_http_answers"].samples if "desk_http_answers" in found else []
    wanted = {"method": "GET", "status": status}
    return sum(s.value for s in samples if s.name.endswith("_total") and s.labels == wanted)


def test_answers_are_counted_by_status():
    before = answers("4xx")
    for _ in range(3):
        Client().get("/nulle-part/")

    assert answers("4xx") == before + 3


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("192.0.2.9", {"host": "127.0.0.1"}),
        ("127.0.0.1", {"host": "csirt.exemple.fr"}),
        ("127.0.0.1", {"host": "127.0.0.1", "x-forwarded-for": "192.0.2.9"}),
        ("127.0.0.1", {"host": "127.0.0.1", "x-forwarded-proto": "https"}),
        ("127.0.0.1", {"host": "127.0.0.1", "forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", {"host": "127.0.0.1", "via": "1.1 proxy"}),
        ("127.0.0.1", {"host": "localhost.exemple.fr"}),
        ("127.0.0.1", {"host": ""}),
    ],
)
def test_nobody_else_finds_anything(settings, peer, headers):
    settings.ALLOWED_HOSTS = ["csirt.exemple.fr", "testserver"]
    answer = Client(REMOTE_ADDR=peer).get("/metrics", headers=headers)

    assert answer.status_code == 404
    assert b"desk_" not in answer.content


def test_with_a_token_only_who_bears_it(settings):
    settings.METRICS_TOKEN = "un-jeton-de-mesure"
    there = Client(REMOTE_ADDR="192.0.2.9")

    def status(**headers):
        return there.get("/metrics", headers=headers).status_code

    assert status(authorization="Bearer un-jeton-de-mesure") == 200
    assert status(authorization="Bearer un-autre") == status() == 404
    assert Client().get("/metrics", headers=HERE).status_code == 404


def test_they_hold_no_word_of_a_case():
    victim = file_case()
    text = Client().get("/metrics", headers=HERE).content.decode()

    for told in (victim.reference, victim.code, "Denise", "mairie", "denise@"):
        assert told not in text
