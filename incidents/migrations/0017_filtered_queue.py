"""The queue's index, wider, under another name: the one of before serves until it is there."""

from django.conf import settings
from django.db import migrations, models

from csirt.indexes import AddIndexBeside, RemoveIndexBeside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("directory", "0002_desk_settings"),
        ("incidents", "0016_notices_of_no_case"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexBeside(
            model_name="incident",
            index=models.Index(
                condition=models.Q(
                    models.Func(
                        "state",
                        output_field=models.BooleanField(),
                        template="%(expressions)s NOT IN ('closed', 'duplicate', 'redirected', 'rejected')",
                    )
                ),
                fields=[
                    "apart",
                    "attention",
                    "priority",
                    "opened_at",
                    "id",
                    "state",
                    "victim_kind",
                    "restricted",
                    "tlp",
                    "category",
                    "assignee",
                    "commune",
                ],
                name="incidents_live",
            ),
        ),
        RemoveIndexBeside(model_name="incident", name="incidents_queue"),
    ]
