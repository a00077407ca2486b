"""Personal tokens: part of one's rights as they are now, shown once, over at once. C7, D9."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client

from csirt.accounts import factors, services, tokens
from csirt.accounts.models import FailedAttempt, PersonalToken
from csirt.accounts.roles import Role
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed
from incidents.models import IncidentAccess
from tests.people import client_of, person

PAGE = "/comptes/moi/jetons/"
LIST = "/api/v1/incidents/"
ALL = list(tokens.SCOPES)


def issue(user, *scopes, days=30, at=None):
    made = tokens.issue(user=user, label="Script", scopes=scopes or ALL, days=days, now=at or now())
    return made[1]


def bearer(text, **options):
    return Client(headers={"Authorization": f"Bearer {text}"}, **options)


def status(text, path=LIST):
    return bearer(text).get(path).status_code


def test_alice_makes_one_which_is_shown_once_and_reads_her_cases(alice, denise):
    client = client_of(alice)
    answer = client.post(PAGE, {"label": "Tableau de bord", "scopes": ["cases:read"], "days": 30})
    text = answer.context["token"]

    assert text in answer.content.decode()
    assert text not in client.get(PAGE).content.decode()
    assert "Tableau de bord" in client.get(PAGE).content.decode()
    rows = bearer(text).get(LIST).json()["results"]
    assert [row["reference"] for row in rows] == [denise.incident.reference]


def test_its_secret_is_stored_nowhere(alice):
    text = issue(alice)
    secret = text.rpartition("_")[2]

    assert len(secret) == 64  # 256 bits
    assert secret not in str(list(PersonalToken.objects.values()))
    assert secret not in str(list(Event.objects.values()))


def test_it_does_what_its_scopes_say_and_no_more(alice, denise):
    case = f"{LIST}{denise.incident.uuid}/"
    reader, writer = issue(alice, "cases:read"), issue(alice, "cases:write")
    edit = {"version": denise.incident.version, "title": "Autre"}

    def patch(text):
        return bearer(text).patch(case, edit, content_type="application/json")

    assert status(reader, case) == 200
    refused = patch(reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope")
    assert status(writer, case) == 403
    assert patch(writer).status_code == 200
    for text in (reader, writer):
        assert status(text, "/api/v1/reports/") == 403
    taken = bearer(reader).post(f"{case}transitions/take/", edit, content_type="application/json")
    assert taken.status_code == 403
    assert Event.objects.filter(kind="incident.taken").count() == 0


def test_acts_of_a_program_are_those_of_its_person(alice, denise):
    row = denise.incident
    answer = bearer(issue(alice)).post(
        f"{LIST}{row.uuid}/transitions/take/", {"version": row.version},
        content_type="application/json")  # fmt: skip

    assert answer.status_code == 200
    assert Event.objects.get(kind="incident.taken").actor == alice.actor


def test_it_is_never_wider_than_its_person_now(ada, alice, denise):
    """C7: a case that is closed to Alice, a weaker role, a closed account: at the next request."""
    text = issue(alice)
    row = denise.incident
    row.restricted = True
    row.save()
    assert status(text, f"{LIST}{row.uuid}/") == 404
    IncidentAccess.objects.create(incident=row, user=alice)
    assert status(text, f"{LIST}{row.uuid}/") == 200

    services.change_role(user=alice.uuid, version=1, role=Role.READER, by=ada, now=now())
    assert status(text) == 401
    services.change_role(user=alice.uuid, version=2, role=Role.OPERATOR, by=ada, now=now())
    assert status(text) == 401  # ended for good
    alice.refresh_from_db()
    text = issue(alice)
    assert bearer(text).get(LIST).json()["results"] == []
    services.change_role(user=alice.uuid, version=3, role=Role.ANALYST, by=ada, now=now())
    assert status(text) == 401
    alice.refresh_from_db()
    text = issue(alice)
    assert status(text) == 200
    services.disable(user=alice.uuid, version=4, by=ada, now=now())
    assert status(text) == 401
    services.enable(user=alice.uuid, version=5, by=ada, now=now())
    assert status(text) == 401  # ended for good


def test_an_operator_reads_what_they_may(emile, denise):
    assert bearer(issue(emile)).get(LIST).json()["results"] == []


def test_a_password_chosen_by_a_link_ends_it_and_one_that_is_changed_does_not(ada, alice):
    """Who recovers an account has lost it perhaps: no program of somebody else's stays."""
    text = issue(alice)
    new = {"password": "une-autre-suite-de-mots", "now": now()}
    services.change_password(user=alice, keep="", **new)
    assert status(text) == 200

    issued = services.offer_new_password(user=alice.uuid, by=ada, now=now())
    services.accept(digest=services.digest_of(issued.secret), name="", **new)
    assert status(text) == 401
    assert Event.objects.filter(kind="user.token_revoked").count() == 1


def test_a_lost_second_factor_ends_it(ada, alice):
    text, other = issue(alice), issue(alice)
    zoe = person("Zoé", Role.ADMIN)
    factors.ask_reset(user=alice.uuid, version=1, by=ada, now=now())
    factors.reset(user=alice.uuid, by=zoe, now=now())

    assert status(text) == status(other) == 401
    assert Event.objects.filter(kind="user.token_revoked").count() == 2


def test_in_the_demonstration_on_this_machine_nobody_needs_a_second_factor(alice, settings):
    text = issue(alice)
    Authenticator.objects.filter(user=alice).delete()
    settings.SECOND_FACTOR_OPTIONAL, settings.ALLOWED_HOSTS = True, ["localhost", "desk.exemple.fr"]

    codes = [
        bearer(text, SERVER_NAME=host).get(LIST).status_code for host in settings.ALLOWED_HOSTS
    ]

    assert codes == [200, 401]


def test_without_the_second_factor_of_the_role_it_opens_nothing(alice):
    text = issue(alice)
    Authenticator.objects.filter(user=alice).delete()

    assert status(text) == 401


def test_it_ends_at_its_time(alice):
    text = issue(alice, days=7)
    with time_machine.travel(now() + timedelta(days=7, seconds=1)):
        assert status(text) == 401
    assert status(text) == 200


def test_it_is_revoked_by_its_person_alone(alice, bruno):
    text = issue(alice)
    row = PersonalToken.objects.get()
    assert client_of(bruno).post(f"{PAGE}{row.uuid}/revoquer/").status_code == 404
    assert status(text) == 200
    assert client_of(alice).post(f"{PAGE}{row.uuid}/revoquer/")["Location"] == PAGE

    assert status(text) == 401
    assert client_of(alice).post(f"{PAGE}{row.uuid}/revoquer/").status_code == 302
    assert Event.objects.filter(kind="user.token_revoked").count() == 1
    assert "Jetons finis" in client_of(alice).get(PAGE).content.decode()


def test_its_last_use_is_kept_to_the_minute_and_the_first_of_a_day_is_an_event(alice):
    text = issue(alice)
    for _ in range(3):
        status(text)
    row = PersonalToken.objects.get()
    assert row.last_used_at.second == 0
    assert Event.objects.filter(kind="user.token_used").count() == 1
    with time_machine.travel(now() + timedelta(days=1)):
        status(text)
    assert Event.objects.filter(kind="user.token_used").count() == 2


def test_a_right_token_costs_no_write_within_a_minute(alice, django_assert_max_num_queries):
    text = issue(alice)
    status(text)
    with django_assert_max_num_queries(5) as asked:
        status(text)
    assert not [q for q in asked if q["sql"].startswith(("UPDATE", "INSERT"))]


@pytest.mark.parametrize(
    "wrong",
    ["", "x", "occp_", "occp_0000000000_" + "0" * 64, "occ_0000000000_" + "0" * 64,
     "occp_" + "é" * 60, "occp_0000000000_" + "0" * 63, "occp_" + "0" * 5000],
    ids=["empty", "x", "word", "unknown", "partners", "accents", "short", "long"],
)  # fmt: skip
def test_a_wrong_one_is_refused(alice, wrong):
    answer = bearer(wrong).get(LIST)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_the_prefix_with_another_secret_is_refused(alice):
    text = issue(alice)

    assert status(text[:-64] + "0" * 64) == 401
    assert status(text) == 200


def test_a_wrong_token_beside_a_session_is_not_passed_over(alice):
    client = client_of(alice)
    assert (
        client.get(
            LIST, headers={"Authorization": f"Bearer occp_{'0' * 10}_{'0' * 64}"}
        ).status_code
        == 401
    )


@time_machine.travel("2026-03-02T12:00:05Z", tick=False)
def test_wrong_ones_are_slowed_and_recorded_and_a_right_one_passes_meanwhile(alice):
    text = issue(alice)
    said = [
        bearer(f"occp_{n:010x}_{'0' * 64}", REMOTE_ADDR="203.0.113.7").get(LIST).status_code
        for n in range(40)
    ]

    assert said[:5] == [401] * 5
    assert said[5:] == [429] * 35
    assert bearer(text, REMOTE_ADDR="203.0.113.7").get(LIST).status_code == 200
    assert FailedAttempt.objects.get().count == 5
    for number in range(30):
        stranger = bearer(f"occp_{number:010x}_{'0' * 64}", REMOTE_ADDR=f"198.51.100.{number}")
        stranger.get(LIST)
    assert sum(FailedAttempt.objects.values_list("count", flat=True)) == 20
    assert FailedAttempt.objects.count() == 16  # who came after the twentieth left no row
    assert client_of(alice).get("/comptes/moi/").status_code == 200  # no lock-out


def test_nothing_but_the_api_takes_it(alice, denise):
    text = issue(alice)
    for path in ("/console/", "/comptes/moi/", PAGE, "/console/snapshot"):
        assert bearer(text).get(path).status_code in {302, 401}, path


def test_a_form_of_another_site_cannot_use_the_session_beside_it(alice, denise):
    """C21: with a session CSRF is asked; with a token there is no cookie to ride on."""
    row = denise.incident
    body = {"version": row.version}
    path = f"{LIST}{row.uuid}/transitions/take/"
    riding = client_of(alice, csrf=True)
    assert riding.post(path, body, content_type="application/json").status_code == 403
    mine = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {issue(alice)}"})
    assert mine.post(path, body, content_type="application/json").status_code == 200


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"label": ""}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"days": 4000}, "days"),
        ({"days": "x"}, "days"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(alice, fields, wrong):
    answer = client_of(alice).post(
        PAGE, {"label": "x", "scopes": ["cases:read"], "days": 30} | fields
    )

    assert answer.status_code == 400
    assert wrong in answer.context["form"].errors
    assert not PersonalToken.objects.exists()


def test_the_service_refuses_wider_scopes_and_other_roles(alice, eve, ada, chloe):
    for scopes in (["admin"], ["cases:read", "people:write"], []):
        with pytest.raises(Invalid):
            issue(alice, *scopes) if scopes else tokens.issue(
                user=alice, label="x", scopes=[], days=30, now=now()
            )
    for user in (eve, ada, chloe):
        with pytest.raises(NotAllowed):
            issue(user)
        assert client_of(user).get(PAGE).status_code == 404


def test_twenty_are_enough(alice):
    for _ in range(tokens.MOST):
        issue(alice)
    with pytest.raises(Conflict):
        issue(alice)
    answer = client_of(alice).post(PAGE, {"label": "x", "scopes": ["cases:read"], "days": 30})
    assert "déjà vingt jetons" in answer.content.decode()


def test_making_one_asks_who_one_is(alice):
    with time_machine.travel(now(), tick=True) as traveller:
        client = client_of(alice)
        traveller.shift(timedelta(minutes=11))
        answer = client.post(PAGE, {"label": "x", "scopes": ["cases:read"], "days": 30})

    assert answer["Location"].startswith("/comptes/confirmer/")
    assert not PersonalToken.objects.exists()


def test_the_schema_names_it(client, db):
    schema = client.get("/api/v1/schema/?format=json").json()

    assert schema["components"]["securitySchemes"]["personal token"]["scheme"] == "bearer"
    assert {"personal token": []} in schema["paths"]["/api/v1/incidents/"]["get"]["security"]
