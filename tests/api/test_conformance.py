"""What the OpenAPI document promises: requests made from it are answered as it says, never with a 500.

The whole document, as each role sees it and by a token, with what it allows and with what it does not.
"""

import os

import pytest
from django.test.client import ClientHandler
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from csirt.accounts import tokens
from csirt.kernel.clock import now
from incidents.models import Report
from tests.people import agree, cookies_of

EXAMPLES = int(os.environ.get("CSIRT_TEST_EXAMPLES", "6"))  # of each operation
FEWER = {"lead", "operator", "reader", "admin", "nobody", "narrow token"}
WANTED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
]
PUBLIC = {"/api/v1/", "/api/v1/schema/"}


class Site(ClientHandler):
    """The site as a WSGI application inside of the test's transaction, for one principal."""

    def __init__(self, *, cookies=None, bearer=""):
        super().__init__(enforce_csrf_checks=False)
        pairs = (cookies or {}).items()
        self.sent = {"HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in pairs)}
        if bearer:
            self.sent["HTTP_AUTHORIZATION"] = f"Bearer {bearer}"

    def __call__(self, environ, start_response):
        answer = super().__call__(environ | {"HTTP_HOST": "testserver"} | self.sent)
        start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.items()))
        return [answer.content]


@pytest.fixture
def site(request, alice, emile, denise):
    """Return a function that gives the site as *who* sees it."""
    names = {
        "analyst": "alice",
        "lead": "bruno",
        "operator": "emile",
        "reader": "eve",
        "admin": "ada",
    }
    agree(emile.operators.get(), denise.incident)

    def of(who):
        if who in names:
            return Site(cookies=cookies_of(request.getfixturevalue(names[who])))
        if who == "nobody":
            return Site()
        scopes = ["cases:read"] if who == "narrow token" else list(tokens.SCOPES)
        made = tokens.issue(user=alice, label="x", scopes=scopes, days=7, now=now())
        return Site(bearer=made[1])

    return of


def ask_all(site, who, mode, there):
    """Ask for every operation; return {(verb, path): statuses}."""
    import schemathesis  # seconds: not in each worker that collects the tests
    from schemathesis import checks

    checks.load_all_checks()
    wanted = checks.CHECKS.get_by_names(WANTED)
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", site)
    seen = {}

    def ask(operation):
        @settings(
            max_examples=2 if who in FEWER else EXAMPLES,
            phases=[Phase.generate],
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def each(case):
            if case.path_parameters and mode.is_positive:
                case.path_parameters |= {n: there[n] for n in case.path_parameters if n in there}
            answer = case.call()
            case.validate_response(answer, checks=wanted)
            key = (operation.method.upper(), operation.path)
            seen.setdefault(key, set()).add(answer.status_code)

        try:
            each()
        except Unsatisfiable:  # it takes nothing that could be wrong
            assert mode.is_negative

    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in operations:
        ask(operation)
    return seen


@pytest.fixture
def there(denise):
    return {
        "incident": str(denise.incident.uuid),
        "report": str(Report.objects.get().uuid),
        "transition": "take",
    }


@pytest.mark.parametrize(
    "who",
    ["analyst", "token", "lead", "operator", "reader", "admin", "nobody", "narrow token"],
)
def test_each_operation_answers_as_the_document_says(site, there, who):
    from schemathesis import GenerationMode

    seen = ask_all(site(who), who, GenerationMode.POSITIVE, there)
    statuses = set().union(*seen.values())

    assert len(seen) > 8
    assert statuses <= {200, 201, 400, 401, 403, 404, 409}
    if who in {"analyst", "token"}:
        assert {200, 400} <= statuses
    if who == "nobody":
        assert {said for (_, path), of in seen.items() if path not in PUBLIC for said in of} == {
            401
        }
    if who in {"reader", "admin"}:
        assert not {200, 201} & {
            s for (_, path), of in seen.items() if path not in PUBLIC for s in of
        }


@pytest.mark.parametrize("who", ["analyst", "token", "nobody"])
def test_what_the_document_does_not_allow_is_refused_and_never_a_fault(site, there, who):
    from schemathesis import GenerationMode

    seen = ask_all(site(who), who, GenerationMode.NEGATIVE, there)
    changing = {s for (verb, _), of in seen.items() if verb != "GET" for s in of}

    assert changing <= {400, 401, 403, 404, 405, 409, 415}
    assert 400 in changing or who == "nobody"
