"""The job that looks at what a partner sent, object by object."""

from uuid import UUID

from api.models import Push
from api.sharing.receiving import settle
from csirt.kernel.clock import now as read_clock


def check_received(post: UUID) -> None:
    """Check each object of *post* and settle it; safe to call again."""
    from api.stix import checks  # seconds to import, and only here

    rows = Push.objects.filter(post__uuid=post, status=Push.Status.UNCHECKED)
    looked = {pk: checks.problem_of(text) for pk, text in rows.values_list("pk", "bytes")}
    settle(
        post=post,
        findings={pk: finding for pk, finding in looked.items() if finding},
        now=read_clock(),
    )
