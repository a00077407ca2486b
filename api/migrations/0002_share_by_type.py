from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0001_sharing")]

    operations = [
        migrations.AddIndex(
            model_name="share",
            index=models.Index(fields=["collection", "type", "added_at"], name="api_share_type"),
        ),
    ]
