"""The department that stands alone is also that of several communes, not only of an erased one."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0008_erasure"),
    ]

    operations = [
        migrations.RenameField("incident", "erased_department", "department_only"),
    ]
