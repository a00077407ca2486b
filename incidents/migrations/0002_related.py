import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_case")]

    operations = [
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(fields=["commune", "-opened_at"], name="incidents_place"),
        ),
        migrations.CreateModel(
            name="TextBand",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("band", models.BigIntegerField()),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bands",
                        to="incidents.report",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["band", "report"], name="incidents_text_band")],
            },
        ),
        migrations.CreateModel(
            name="Relation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("observable", "même observable"),
                            ("text", "texte semblable"),
                            ("organisation", "même organisation"),
                            ("place", "même commune et même catégorie"),
                        ],
                        max_length=12,
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(default=0)),
                ("shared", models.JSONField(default=list)),
                ("found_at", models.DateTimeField()),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="relations",
                        to="incidents.incident",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "other", "reason"), name="incidents_relation_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("incident", models.F("other")), _negated=True),
                        name="incidents_relation_of_two",
                    ),
                ],
            },
        ),
    ]
