"""What one process counts of its own answers, for ``/metrics``."""

from prometheus_client import Counter, Histogram

_ANSWERS = Counter("desk_http_answers", "Answers of this process", ["method", "status"])
_SECONDS = Histogram(
    "desk_http_seconds",
    "Seconds from request to answer, files apart",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def answered(method: str, status: int, seconds: float) -> None:
    """Count one answer; statuses by their hundred."""
    _ANSWERS.labels(method if method in _METHODS else "other", f"{status // 100}xx").inc()
    _SECONDS.observe(seconds)
