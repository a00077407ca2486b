"""Indexes that come and go while the desk works, in a migration with ``atomic = False``.

PostgreSQL builds and drops them beside readers and writers. Each of the two may be done again: what a
migration that was killed had begun is no obstacle to the next.
"""

from typing import Any

from django.db.migrations import AddIndex, RemoveIndex


def _drop(editor: Any, name: str) -> None:
    how = "CONCURRENTLY" if editor.connection.vendor == "postgresql" else ""
    editor.execute(f"DROP INDEX {how} IF EXISTS {editor.quote_name(name)}")


class AddIndexBeside(AddIndex):
    """``AddIndex`` that holds nobody up on PostgreSQL."""

    def database_forwards(self, app_label: str, schema_editor: Any, _: Any, to_state: Any) -> None:
        _drop(schema_editor, self.index.name)
        how = {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, **how)


class RemoveIndexBeside(RemoveIndex):
    """``RemoveIndex`` that holds nobody up on PostgreSQL."""

    def database_forwards(self, _: str, schema_editor: Any, *_states: Any) -> None:
        _drop(schema_editor, str(self.name))
