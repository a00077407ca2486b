from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0006_consent_to_be_named")]

    operations = [
        migrations.AddField(
            model_name="share",
            name="gate",
            field=models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
    ]
