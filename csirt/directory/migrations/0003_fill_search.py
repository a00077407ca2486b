"""The words by which the organisations that exist already are found."""

from typing import Any

from django.db import migrations

from csirt.directory.words import searchable


def fill(apps: Any, _schema_editor: Any) -> None:
    rows = apps.get_model("directory", "Organisation").objects
    changed = []
    for row in rows.filter(search="").iterator(chunk_size=1000):
        row.search = searchable(row.name, row.own_domains)
        changed.append(row)
    rows.bulk_update(changed, ["search"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("directory", "0002_search_and_versions")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
