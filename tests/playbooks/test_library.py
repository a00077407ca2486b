"""The playbooks' own pages: each shipped one, whole, in both languages."""

import pytest

from csirt.reference.bundle import shipped
from tests.intake.test_form_pages import text_of
from tests.people import client_of


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", sorted(shipped().playbooks))
def test_a_playbook_is_shown_whole_in_the_language_of_the_reader(alice, name, language):
    book, client = shipped().playbooks[name], client_of(alice)
    client.cookies["django_language"] = language
    answer = client.get(f"/console/playbooks/{name}/")
    said = " ".join(text_of(answer).split())

    assert answer.status_code == 200
    wanted = [getattr(book, f"title_{language}"), *getattr(book, f"first_minutes_{language}")]
    for step in book.steps:
        wanted += [getattr(step, f"title_{language}"), getattr(step, f"detail_{language}")]
        wanted += [shipped().source_file.sources[one].title for one in step.source]
    for words in wanted:
        assert " ".join(words.split()) in said, words
    for phase in {"fr": ("Avant", "Pendant", "Après"), "en": ("Before", "During", "After")}[
        language
    ]:
        assert phase in said
