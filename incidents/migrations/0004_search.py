import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQLITE = (
    # What is kept is words and spaces already: "ascii" cuts at the spaces and changes nothing.
    """CREATE VIRTUAL TABLE incidents_search USING fts5(words, content='incidents_searchtext',
    content_rowid='incident_id', tokenize='ascii', detail=none, columnsize=0)""",
    """CREATE TRIGGER incidents_search_added AFTER INSERT ON incidents_searchtext BEGIN
    INSERT INTO incidents_search(rowid, words) VALUES (new.incident_id, new.words); END""",
    """CREATE TRIGGER incidents_search_gone AFTER DELETE ON incidents_searchtext BEGIN
    INSERT INTO incidents_search(incidents_search, rowid, words)
    VALUES ('delete', old.incident_id, old.words); END""",
    """CREATE TRIGGER incidents_search_changed AFTER UPDATE ON incidents_searchtext BEGIN
    INSERT INTO incidents_search(incidents_search, rowid, words)
    VALUES ('delete', old.incident_id, old.words);
    INSERT INTO incidents_search(rowid, words) VALUES (new.incident_id, new.words); END""",
)
SQLITE_BACK = (
    "DROP TRIGGER incidents_search_added",
    "DROP TRIGGER incidents_search_gone",
    "DROP TRIGGER incidents_search_changed",
    "DROP TABLE incidents_search",
)
POSTGRESQL = (
    """ALTER TABLE incidents_searchtext ADD COLUMN vector tsvector
    GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED""",
    "CREATE INDEX incidents_searchtext_vector ON incidents_searchtext USING gin (vector)",
)
POSTGRESQL_BACK = ("ALTER TABLE incidents_searchtext DROP COLUMN vector",)


def forwards(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRESQL:
        editor.execute(statement, params=None)


def backwards(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in SQLITE_BACK if editor.connection.vendor == "sqlite" else POSTGRESQL_BACK:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_triage")]

    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="incidents.incident",
                    ),
                ),
                ("words", models.TextField()),
            ],
        ),
        migrations.RunPython(forwards, backwards),
    ]
