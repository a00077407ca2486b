from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0003_fill_search"),
        ("incidents", "0009_department_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="incident",
            name="incidents_queue",
        ),
        migrations.AddField(
            model_name="incident",
            name="apart",
            field=models.BooleanField(db_default=False, default=False),
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
                fields=["apart", "priority", "opened_at", "id"],
                name="incidents_queue",
            ),
        ),
    ]
