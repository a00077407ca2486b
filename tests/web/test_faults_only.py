"""The log speaks of a failure only when there is one of ours."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import Client, RequestFactory
from structlog.testing import capture_logs

from csirt.web.middleware import Edge


def failures(logged):
    return [one for one in logged if one["event"] == "request.failed"]


@pytest.mark.parametrize("path", ["/signaler/nulle-part/", "/nulle-part/", "/suivi/questions/x/"])
def test_a_page_that_is_not_there_is_no_failure(db, path):
    with capture_logs() as logged:
        Client().get(path)

    assert failures(logged) == []


@pytest.mark.parametrize(
    "error", [Http404(), PermissionDenied(), SuspiciousOperation(), ValueError("ours")]
)
def test_what_django_answers_by_itself_is_none(error):
    edge = Edge(lambda _request: None)
    with capture_logs() as logged:
        assert edge.process_exception(RequestFactory().get("/"), error) is None

    assert len(failures(logged)) == isinstance(error, ValueError)
