"""REST for incidents: what is visible, what may be changed, and what is refused."""

import pytest
from django.db import OperationalError, connection

from csirt.journal.models import Event
from csirt.kernel import codes
from incidents.models import Incident, IncidentAccess
from tests.people import client_of, file_case

LIST = "/api/v1/incidents/"


def one(case):
    return f"{LIST}{case.uuid}/"


def go(client, case, name, **fields):
    body = {"version": Incident.objects.get(pk=case.pk).version, **fields}
    return client.post(f"{one(case)}transitions/{name}/", body, content_type="application/json")


@pytest.fixture
def api(alice):
    return client_of(alice)


@pytest.fixture
def case(denise):
    return denise.incident


def test_an_analyst_lists_the_cases(api, case):
    answer = api.get(LIST)

    assert answer.status_code == 200
    assert [row["reference"] for row in answer.json()["results"]] == [case.reference]


def test_the_primary_key_never_leaves_the_desk(api, case):
    assert "id" not in api.get(one(case)).json()


def test_reading_a_case_is_journalled_once_an_hour(api, case):
    api.get(one(case))
    api.get(one(case))

    assert Event.objects.filter(kind="incident.opened", incident=case.pk).count() == 1


@pytest.mark.parametrize("who", ["eve", "ada", "chloe"])
def test_others_see_nothing(request, case, who):
    client = client_of(request.getfixturevalue(who))

    assert client.get(LIST).status_code == 403
    hidden, absent = client.get(one(case)), client.get(f"{LIST}{codes_uuid()}/")
    assert hidden.status_code == absent.status_code == 404


def codes_uuid():
    return "11111111-2222-4333-8444-555555555555"


def test_hidden_and_absent_are_the_same_bytes(api, case):
    Incident.objects.filter(pk=case.pk).update(restricted=True)

    hidden, absent = api.get(one(case)), api.get(f"{LIST}{codes_uuid()}/")

    assert (hidden.status_code, absent.status_code) == (404, 404)
    strip = {"request_id": ""}
    assert hidden.json() | strip == absent.json() | strip


def test_a_named_person_sees_a_restricted_case(api, alice, case):
    Incident.objects.filter(pk=case.pk).update(restricted=True)
    IncidentAccess.objects.create(incident=case, user=alice)

    assert api.get(one(case)).status_code == 200


def test_nobody_known_is_asked_to_log_in(client, case):
    answer = client.get(LIST)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"


def test_a_password_alone_is_not_enough(alice, case):
    assert client_of(alice, second_factor=False).get(LIST).status_code in {401, 403}


def test_a_case_goes_through_its_life(api, case):
    steps = [
        ("take", {}, "triage"),
        (
            "qualify",
            {
                "kind": "incident",
                "category": "rancongiciel",
                "priority": "P1",
                "tlp": "amber",
                "reason": "appel",
            },
            "active",
        ),
        ("contain", {}, "recovery"),
        ("resolve", {"reason": "restauré"}, "review"),
        ("close", {"closing_words": "Merci d'avoir appelé."}, "closed"),
        ("reopen", {"reason": "rechute"}, "active"),
    ]
    for name, fields, state in steps:
        answer = go(api, case, name, **fields)
        assert (name, answer.status_code, answer.json().get("state")) == (name, 200, state)


def test_the_edges_that_leave_a_state_are_listed_with_what_they_need(api, case):
    edges = {edge["name"]: edge for edge in api.get(f"{one(case)}transitions/").json()}

    assert set(edges) == {"take", "redirect", "reject", "merge"}
    assert edges["redirect"]["needs"] == ["redirected_to", "consent", "reason"]


def test_a_stale_version_is_a_conflict_that_says_the_new_state(api, case):
    go(api, case, "take")
    answer = api.post(
        f"{one(case)}transitions/reject/",
        {"version": 1, "reason": "erreur"},
        content_type="application/json",
    )

    assert (answer.status_code, answer.json()["state"]) == (409, "triage")


def test_an_edge_that_does_not_leave_the_state_is_a_conflict(api, case):
    answer = go(api, case, "close", closing_words="fini")

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["state"]) == (409, "wrong-state", "new")
    assert problem["detail"] == "Ce dossier a changé d'état : cette action n'est plus possible."
    assert Incident.objects.get(pk=case.pk).version == case.version


def test_an_operator_may_look_but_not_act(emile, case):
    from tests.people import agree

    agree(emile.operators.get(), case)
    client = client_of(emile)

    assert client.get(one(case)).status_code == 200
    assert go(client, case, "take").status_code == 403


@pytest.mark.parametrize("field", ["id", "state", "reference", "priority", "tlp", "owner", "x"])
def test_unknown_and_unwritable_fields_are_refused(api, case, field):
    answer = api.patch(one(case), {"version": 1, field: "P4"}, content_type="application/json")

    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert Incident.objects.get(pk=case.pk).version == case.version


def test_fields_of_another_edge_are_refused(api, case):
    answer = go(api, case, "take", reason="pourquoi pas")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])


def test_what_an_edge_needs_is_named(api, case):
    answer = go(api, case, "reject")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reason"])


def test_a_title_is_corrected(api, case):
    answer = api.patch(
        one(case), {"version": case.version, "title": "Mairie chiffrée"}, "application/json"
    )

    assert (answer.status_code, answer.json()["title"]) == (200, "Mairie chiffrée")


@pytest.mark.parametrize(
    "body", ["{", "[]", '"x"', '{"version": "a"}', '{"version": 1, "title": "\\u0000"}', "\x00"]
)
def test_bad_bodies_are_named_and_leave_nothing(api, case, body):
    answer = api.generic("PATCH", one(case), body, content_type="application/json")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_lone_surrogates_are_refused(api, case):
    answer = api.generic(
        "PATCH", one(case), '{"version": 1, "title": "\\ud800"}', content_type="application/json"
    )

    assert answer.status_code == 400


def test_unknown_filters_are_refused(api, case):
    assert api.get(LIST, {"owner": "me"}).status_code == 400
    assert api.get(LIST, {"state": "asleep"}).status_code == 400
    assert api.get(LIST, {"cursor": "zzz"}).status_code in {400, 404}


def test_lists_are_paged_by_cursor(api, db):
    for _ in range(5):
        file_case()
    seen, url = [], f"{LIST}?limit=2"
    while url:
        page = api.get(url).json()
        seen += [row["reference"] for row in page["results"]]
        url = page["next"]

    assert len(seen) == len(set(seen)) == 5


def test_every_other_address_is_the_same_problem(api):
    answer = api.get("/api/v1/nothing/here")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_csrf_is_checked(alice, case):
    client = client_of(alice, csrf=True)

    assert go(client, case, "take").status_code == 403
    assert Incident.objects.get(pk=case.pk).state == "new"


def test_the_code_of_a_report_filed_by_phone_is_told_once_more_on_a_retry(api, db):
    body = {
        "token": codes.new_token(),
        "victim_kind": "commune",
        "category": "rancongiciel",
        "text": "Appel de la mairie",
        "contact_phone": "05 61 00 00 00",
    }
    first = api.post("/api/v1/reports/", body, content_type="application/json")
    again = api.post("/api/v1/reports/", body, content_type="application/json")
    other = api.post("/api/v1/reports/", body | {"text": "autre"}, content_type="application/json")

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["code"] == again.json()["code"]
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"category": "invasion"},
        {"inputs": {"impact_service": "enorme"}},
        {"flags": ["martien"]},
        {"commune": "99999"},
        {"victim_kind": "robot"},
        {"token": "abc"},
        {"channel": "pigeon"},
        {"inputs": {"couleur": "bleu"}},
    ],
)
def test_a_report_that_cannot_be_is_refused_and_leaves_nothing(api, db, wrong):
    body = {
        "token": codes.new_token(),
        "victim_kind": "commune",
        "category": "rancongiciel",
        **wrong,
    }
    answer = api.post("/api/v1/reports/", body, content_type="application/json")

    assert answer.status_code == 400
    assert not Incident.objects.exists()


@pytest.mark.parametrize("limit", ["0", "-1", "abc", "", "1.5", "²"])
def test_a_page_size_that_is_none_is_refused(api, limit):
    answer = api.get("/api/v1/incidents/", {"limit": limit})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["limit"])


def test_a_page_size_beyond_the_most_gives_the_most(api, case):
    assert len(api.get("/api/v1/incidents/", {"limit": "9" * 5000}).json()["results"]) == 1


def test_a_cursor_that_is_none_is_refused(api):
    answer = api.get("/api/v1/incidents/", {"cursor": "zzz"})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])


def test_what_is_wrong_in_a_list_is_named_by_its_place(api):
    answer = api.post(
        "/api/v1/reports/", {"own_domains": ["mairie.fr", ""]}, content_type="application/json"
    )

    assert answer.status_code == 400
    assert [type(one) for one in answer.json()["errors"]["own_domains.1"]] == [str]


def test_a_report_was_not_learnt_tomorrow(api):
    body = {"token": codes.new_token(), "victim_kind": "commune", "category": "rancongiciel"}
    body |= {"text": "appel", "knowledge_at": "2999-01-01T00:00:00Z"}
    answer = api.post("/api/v1/reports/", body, content_type="application/json")

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["knowledge_at"])
    assert Incident.objects.count() == 0


def test_while_the_database_is_away_a_program_is_told_so_as_a_problem(api):
    def away(*_):
        raise OperationalError

    api.raise_request_exception = False
    with connection.execute_wrapper(away):
        answer = api.get("/api/v1/incidents/")

    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert (answer["Retry-After"], answer.json()["code"]) == ("5", "unavailable")


def test_the_clocks_of_a_case_are_read(alice, eve, denise):
    address = f"/api/v1/incidents/{denise.incident.uuid}/clocks/"
    found = {one["duty"]: one for one in client_of(alice).get(address).json()}

    assert found["cnil-art33-72h"]["verdict"] == "applies"
    assert found["cnil-art33-72h"]["running"]
    assert found["rgpd-art34"]["verdict"] == "unknown"
    assert not found["first_human"]["law"]
    assert client_of(eve).get(address).status_code == 404
