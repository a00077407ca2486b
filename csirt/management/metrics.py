"""``/metrics``: what a monitoring tool reads, in Prometheus' text form.

How the desk stands comes from the database, the same in every process; requests and memory are this
process's own, so each process is asked by itself.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import csirt
from csirt.accounts.second_factor import is_loopback
from csirt.kernel.clock import now
from csirt.kernel.errors import Unavailable
from csirt.web.errors import as_desk_error
from csirt.web.middleware import ASKED_HOST
from incidents import upkeep


def _gauge(name: str, words: str, value: float | None) -> Iterator[Metric]:
    """Yield a gauge, none where the value is not known."""
    if value is not None:
        yield GaugeMetricFamily(f"desk_{name}", words, value=value)


def _by(name: str, words: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(f"desk_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _moment(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


class Desk(Collector):
    """The facts of ``incidents.upkeep``, read when asked for."""

    def describe(self) -> list[Metric]:
        """Say nothing beforehand: it would ask the database when the process starts."""
        return []

    def collect(self) -> Iterator[Metric]:
        told = upkeep.facts(now())
        info = GaugeMetricFamily("desk_info", "Release and engine", labels=["release", "database"])
        info.add_metric([csirt.RELEASE, connection.vendor], 1)
        yield info
        yield CounterMetricFamily("desk_events", "Events of the journal", value=told.events)
        lag = told.lag
        yield _by(
            "consumer_lag_events", "Events that a consumer has not read", "consumer",
            {name: count for name, (count, _) in lag.items()},
        )  # fmt: skip
        yield _by(
            "consumer_lag_seconds", "Age of the oldest of them", "consumer",
            {name: seconds for name, (_, seconds) in lag.items()},
        )  # fmt: skip
        yield from _gauge("events_parked", "Events that a consumer gave up", told.parked)
        yield _by("jobs", "Jobs by state", "state", {k.lower(): v for k, v in told.jobs.items()})
        yield _by("mail", "Mails that leave, by state", "state", dict(told.mail))
        yield from _gauge("mail_aside", "Mails that wait for a decision", told.mail_aside)
        yield from _gauge(
            "mail_oldest_timestamp_seconds", "The oldest mail to send", _moment(told.mail_since)
        )
        yield from _gauge("backup_timestamp_seconds", "The last backup", _moment(told.backup_at))
        yield from _gauge("backup_size_bytes", "Its size", told.backup_size or None)
        yield from _gauge("backup_missing_files", "Files not in it", told.backup_missing)
        yield from _gauge(
            "checkpoint_timestamp_seconds", "The last checkpoint", _moment(told.checkpoint_at)
        )
        yield from _gauge("events_unsigned", "Events since then", told.unsigned)
        yield from _gauge(
            "worker_timestamp_seconds", "A worker last went round", _moment(told.worker_at)
        )
        yield _by("disk_free_bytes", "Room", "place", {d.name: d.free for d in told.disks})
        yield _by("disk_size_bytes", "Whole size", "place", {d.name: d.total for d in told.disks})


REGISTRY.register(Desk())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer this machine, or who has the token; nothing is here for anybody else."""
    if not _may_read(request):
        raise Http404
    try:
        text = generate_latest(REGISTRY)
    except Exception as error:
        if as_desk_error(error) is None:
            raise
        raise Unavailable from error
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    """Loopback means: asked here, by a loopback name, and passed on by no proxy."""
    given = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN:
        return hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    asked = (request.META.get("REMOTE_ADDR", ""), request.META.get(ASKED_HOST, ""))
    return all(is_loopback(str(one)) for one in asked)
