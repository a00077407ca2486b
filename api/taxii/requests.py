"""What arrives: headers, the true address and scheme, what the client can read."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from api.taxii.answers import Refused
from csirt.web.lifespan import Scope

_READABLE = {"*/*", "application/*", "application/json", "application/taxii+json"}


@dataclass(frozen=True)
class Request:
    """A request whose host is one of ours; ``base`` is its origin, without a slash at the end."""

    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    address: str
    base: str

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """Read *scope*. Raises ``Refused`` for another site's host, and without TLS where it must."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        address = (scope.get("client") or ("", 0))[0]
        scheme: str = scope.get("scheme", "http")
        if address in settings.TRUSTED_PROXIES:
            scheme = headers.get("x-forwarded-proto", scheme).strip().lower()
            forwarded = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            address = forwarded or address
        if settings.SECURE_SSL_REDIRECT and scheme != "https":
            raise Refused(403, "TLS is required", "Use https; a token sent without TLS is spent.")
        return cls(
            method=scope["method"],
            path=scope["path"],
            query=scope.get("query_string", b""),
            headers=headers,
            address=address,
            base=_base(headers.get("host", ""), scheme),
        )


def _base(host: str, scheme: str) -> str:
    """Return the origin to print in addresses: the configured one with this host, if there is."""
    domain, _port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        raise Refused(400, "Unknown host", "This server does not answer to that name.")
    for origin in settings.ORIGINS:
        if urlsplit(origin).netloc == host.lower():
            return str(origin)
    return f"{scheme}://{host}"


def acceptable(header: str | None) -> bool:
    """Tell whether a client with this ``Accept`` can read what we send.

    Refused is only what names other things alone: another version of TAXII, a picture. A header
    that cannot be understood is taken for a client that reads what it is given.
    """
    ranges = [item.strip().lower() for item in (header or "").split(",") if item.strip()]
    return not ranges or any(_reads(item) for item in ranges)


def _reads(media_range: str) -> bool:
    kind, *parameters = (part.strip() for part in media_range.split(";"))
    values = dict(_pair(parameter) for parameter in parameters)
    if _quality(values.get("q", "1")) == 0:
        return False
    if "/" not in kind:
        return True
    return kind in _READABLE and values.get("version", "2.1") == "2.1"


def takes(header: str | None) -> bool:
    """Tell whether a body of this ``Content-Type`` is read: TAXII 2.1, or JSON without a name."""
    kind, *parameters = (part.strip().lower() for part in (header or "").split(";"))
    values = dict(_pair(parameter) for parameter in parameters)
    if kind == "application/taxii+json":
        return values.get("version", "2.1") == "2.1"
    return kind == "application/json"


def _pair(parameter: str) -> tuple[str, str]:
    name, _equals, value = parameter.partition("=")
    return name.strip(), value.strip().strip('"')


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def accepts_gzip(header: str | None) -> bool:
    """Tell whether ``Accept-Encoding`` names gzip and does not refuse it."""
    for item in (header or "").lower().split(","):
        coding, *parameters = (part.strip() for part in item.split(";"))
        if coding == "gzip":
            return _quality(dict(_pair(each) for each in parameters).get("q", "1")) != 0
    return False
