"""The one table of this room: how much of each limit is used up."""

from django.db import models


class Bucket(models.Model):
    """A token bucket, kept as the moment at which it will be full again.

    One row for each limited key. Not journalled, and worthless once the moment has passed.
    """

    key = models.CharField(max_length=64, primary_key=True)  # keyed hash: no address is kept
    full_at = models.FloatField(db_index=True)  # seconds since 1970, UTC

    def __str__(self) -> str:
        return self.key[:8]
