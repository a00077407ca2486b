"""What the columns say of the cases that are there; what the clocks say, the worker finds."""

from typing import Any

from django.db import migrations
from django.db.models import Case, Value, When


def count(apps: Any, _schema: Any) -> None:
    """Set where each live case stands in the queue."""
    live = apps.get_model("incidents", "Incident").objects.exclude(
        state__in=["closed", "duplicate", "redirected", "rejected"]
    )
    live.update(
        attention=Case(
            When(danger=True, then=Value(0)),
            When(priority="P1", assignee=None, then=Value(1)),
            When(unread=True, then=Value(2)),
            default=Value(4),
        )
    )


class Migration(migrations.Migration):
    dependencies = [("incidents", "0010_attention")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
