"""Where requests come from: hosts, proxies, TLS, and the address that answers carry."""

import pytest

from api.taxii.answers import Refused
from api.taxii.requests import Request, accepts_gzip


def scope(*headers, client="192.0.2.7", scheme="http"):
    return {
        "type": "http",
        "method": "GET",
        "path": "/taxii2/",
        "query_string": b"",
        "scheme": scheme,
        "client": (client, 1234) if client else None,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }


HOST = ("host", "desk.example")


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ALLOWED_HOSTS = ["desk.example", "127.0.0.1"]
    settings.ORIGINS = ["https://desk.example"]
    settings.TRUSTED_PROXIES = ["10.0.0.1"]


def test_the_configured_origin_of_the_host_is_printed():
    assert Request.of(scope(HOST)).base == "https://desk.example"
    assert Request.of(scope(("host", "DESK.example"))).base == "https://desk.example"


def test_another_allowed_host_is_printed_with_the_scheme_of_the_request():
    assert Request.of(scope(("host", "127.0.0.1:8000"))).base == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    "headers", [[], [("host", "")], [("host", "evil.example")], [HOST, HOST], [("host", "a b")]]
)
def test_no_host_of_ours_is_400(headers):
    with pytest.raises(Refused) as refused:
        Request.of(scope(*headers))

    assert refused.value.answer.status == 400


def test_only_the_trusted_proxy_speaks_for_others():
    headers = [HOST, ("x-forwarded-for", "203.0.113.1, 198.51.100.9"), ("x-forwarded-proto", "x")]

    assert Request.of(scope(*headers)).address == "192.0.2.7"
    assert Request.of(scope(*headers, client="10.0.0.1")).address == "198.51.100.9"
    assert Request.of(scope(HOST, client="10.0.0.1")).address == "10.0.0.1"
    assert Request.of(scope(HOST, client=None)).address == ""


def test_where_tls_must_be_a_request_without_it_is_refused_not_redirected(settings):
    settings.SECURE_SSL_REDIRECT = True
    forwarded = [HOST, ("x-forwarded-proto", "https")]

    assert Request.of(scope(*forwarded, client="10.0.0.1"))
    assert Request.of(scope(HOST, scheme="https"))
    for plain in (scope(HOST), scope(*forwarded)):
        with pytest.raises(Refused) as refused:
            Request.of(plain)
        assert refused.value.answer.status == 403


@pytest.mark.parametrize(
    "header, expected",
    [
        *((None, False), ("", False), ("identity", False), ("gzip", True), ("deflate, GZIP", True)),
        *(("gzip;q=0", False), ("gzip; q=0.5", True), ("br, gzip;q=x", True), ("*", False)),
    ],
)
def test_gzip_is_sent_to_who_names_it(header, expected):
    assert accepts_gzip(header) is expected
