import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_queue_indexes")]

    operations = [
        migrations.CreateModel(
            name="SpokenCode",
            fields=[
                (
                    "access",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="spoken",
                        serialize=False,
                        to="incidents.accesscode",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DraftKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("until", models.DateTimeField()),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keys",
                        to="incidents.draft",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShownGestures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("playbook", models.CharField(max_length=40)),
                ("version", models.CharField(max_length=40)),
                ("reference", models.CharField(max_length=64)),
                ("shown_at", models.DateTimeField()),
                ("ticked", models.JSONField(default=dict)),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gestures",
                        to="incidents.draft",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("draft", "playbook", "version"), name="incidents_gestures_once"
                    )
                ],
            },
        ),
    ]
