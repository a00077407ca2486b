"""What the OpenAPI document promises: requests made from it are answered as it says, never with a 500."""

import pytest
from django.test.client import ClientHandler
from hypothesis import HealthCheck, Phase, given, settings

from incidents.models import Report
from tests.people import cookies_of

EXAMPLES = 4  # of each operation
WANTED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]


class Site(ClientHandler):
    """The site as a WSGI application inside of the test's transaction, for one person."""

    def __init__(self, user):
        super().__init__(enforce_csrf_checks=False)
        self.cookie = "; ".join(f"{name}={value}" for name, value in cookies_of(user).items())

    def __call__(self, environ, start_response):
        answer = super().__call__(environ | {"HTTP_HOST": "testserver", "HTTP_COOKIE": self.cookie})
        start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.items()))
        return [answer.content]


@pytest.fixture
def schema(alice):
    import schemathesis  # seconds: not in each worker that collects the tests

    return schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", Site(alice))


def test_each_operation_answers_as_the_document_says(schema, denise):
    from schemathesis import checks

    checks.load_all_checks()
    wanted = checks.CHECKS.get_by_names(WANTED)
    there = {
        "incident": str(denise.incident.uuid),
        "report": str(Report.objects.get().uuid),
        "transition": "take",
    }
    answered = set()

    def ask(operation):
        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def each(case):
            case.path_parameters |= {n: there[n] for n in case.path_parameters if n in there}
            answer = case.call()
            case.validate_response(answer, checks=wanted)
            answered.add(answer.status_code)

        each()

    operations = [result.ok() for result in schema.get_all_operations()]
    for operation in operations:
        ask(operation)

    assert len(operations) > 8
    assert {200, 400} <= answered
