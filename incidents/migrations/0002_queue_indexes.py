from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0003_fill_search"),
        ("incidents", "0001_case"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="incident",
            name="incidents_queue",
        ),
        migrations.RemoveIndex(
            model_name="incident",
            name="incidents_state",
        ),
        migrations.RemoveIndex(
            model_name="incident",
            name="incidents_assignee",
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(
                    models.Func(
                        "state",
                        output_field=models.BooleanField(),
                        template="%(expressions)s NOT IN ('closed', 'duplicate', 'redirected', 'rejected')",
                    )
                ),
                fields=["priority", "opened_at", "id"],
                name="incidents_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(
                    models.Func(
                        "state",
                        output_field=models.BooleanField(),
                        template="%(expressions)s IN ('closed', 'duplicate', 'redirected', 'rejected')",
                    )
                ),
                fields=["priority", "opened_at", "id"],
                name="incidents_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("unread", True)),
                fields=["-changed_at"],
                name="incidents_unread",
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(
                    models.Func(
                        "state",
                        output_field=models.BooleanField(),
                        template="%(expressions)s NOT IN ('closed', 'duplicate', 'redirected', 'rejected')",
                    )
                ),
                fields=["assignee", "priority", "opened_at", "id"],
                name="incidents_mine",
            ),
        ),
    ]
