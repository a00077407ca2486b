"""Versions of a playbook: drafted in a form, proposed, published by a lead; a case keeps its own."""

import json
import re
import time
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from csirt.accounts.models import User
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.reference.bundle import check_playbook, read_playbook, shipped
from playbooks import queries
from playbooks.domain.cacao import EXTENSION
from playbooks.domain.differences import differences
from playbooks.domain.writing import written
from playbooks.models import Edition
from playbooks.services import editing
from tests.intake.test_form_pages import text_of
from tests.people import client_of, file_case
from tests.playbooks.desk import attach, of, qualify, runs
from tests.playbooks.test_cacao import foreign

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "faux-rib-fovi"


def draft(user, name=NAME):
    return editing.begin(playbook=name, by=of(user), now=now())


def changed(user, row, **fields):
    book = replace(read_playbook(row.text), **fields)
    return editing.save(
        edition=row.uuid, version=row.version, by=of(user), playbook=book, now=now()
    )


def propose(user, row, note="Plus clair."):
    return editing.propose(edition=row.uuid, version=row.version, by=of(user), note=note, now=now())


def publish(user, row):
    return editing.publish(edition=row.uuid, version=row.version, by=of(user), now=now())


@pytest.mark.parametrize("name", sorted(shipped().playbooks))
def test_every_shipped_playbook_is_written_back_as_the_same(name):
    book = shipped().playbooks[name]

    assert check_playbook(shipped(), written(book)) == book


def test_a_new_version_is_published_by_a_lead_and_cases_keep_the_one_they_began_with(alice, bruno):
    old = qualify(file_case().incident, alice)
    attach(old, alice, NAME)
    row = propose(alice, changed(alice, draft(alice), title_fr="Faux RIB : nouvelle version"))
    assert queries.in_force(NAME).playbook.title_fr != "Faux RIB : nouvelle version"
    publish(bruno, row)
    new = qualify(file_case().incident, alice)
    attach(new, alice, NAME)

    assert queries.in_force(NAME).playbook.title_fr == "Faux RIB : nouvelle version"
    assert runs(old)[NAME].edition.label == "0.3-draft"
    assert runs(new)[NAME].edition == Edition.objects.get(pk=row.pk)
    kinds = Event.objects.filter(kind__startswith="edition.").values_list("kind", flat=True)
    assert list(kinds.order_by("seq")) == ["edition.proposed", "edition.published"]


def test_an_analyst_publishes_nothing(alice):
    row = propose(alice, changed(alice, draft(alice), title_fr="Autre"))
    with pytest.raises(NotAllowed):
        publish(alice, row)


def test_a_proposed_text_never_changes(alice, bruno):
    row = propose(alice, changed(alice, draft(alice), title_fr="Autre"))
    with pytest.raises(NotFound):
        changed(alice, row, title_fr="Encore autre")
    publish(bruno, row)
    with pytest.raises(NotFound):
        changed(alice, row, title_fr="Encore autre")


def test_a_refusal_has_a_reason_and_leaves_what_is_in_force(alice, bruno):
    row = propose(alice, changed(alice, draft(alice), title_fr="Autre"))
    fields = {"edition": row.uuid, "version": row.version, "by": of(bruno), "now": now()}
    with pytest.raises(Invalid):
        editing.refuse(**fields, reason=" ")
    editing.refuse(**fields, reason="Trop long.")

    assert queries.in_force(NAME).edition is None
    assert draft(alice).pk != row.pk


def test_what_changes_nothing_or_bears_a_known_name_is_not_proposed(alice):
    row = draft(alice)
    with pytest.raises(Invalid, match="ne change rien"):
        propose(alice, row)
    row = changed(alice, row, version="0.3-draft", title_fr="Autre")
    with pytest.raises(Invalid, match="porte déjà ce nom"):
        propose(alice, row)


def test_a_draft_is_its_authors_alone(alice, bruno):
    row = draft(alice)
    assert draft(alice).pk == row.pk
    assert draft(bruno).pk != row.pk
    with pytest.raises(NotFound):
        queries.edition(of(bruno), row.uuid)
    with pytest.raises(NotFound):
        changed(bruno, row, title_fr="Autre")


def test_two_windows_do_not_overwrite_each_other(alice):
    row = draft(alice)
    changed(alice, row, title_fr="Un")
    with pytest.raises(Conflict):
        changed(alice, row, title_fr="Deux")


def test_the_library_may_be_taken_again(alice, bruno):
    with pytest.raises(Invalid):
        editing.take_library(playbook=NAME, by=of(alice), now=now())
    publish(bruno, propose(alice, changed(alice, draft(alice), title_fr="Autre")))
    publish(bruno, editing.take_library(playbook=NAME, by=of(alice), now=now()))

    book, library = queries.in_force(NAME).playbook, shipped().playbooks[NAME]
    assert replace(book, version="") == replace(library, version="")


@pytest.mark.parametrize("who", ["eve", "chloe", "ada", "emile"])
def test_nobody_else_drafts_or_sees_anything(who, request, alice):
    user = request.getfixturevalue(who)
    with pytest.raises(NotFound):
        draft(user)
    row = draft(alice)
    client = client_of(user)
    for path in ("", f"{NAME}/", f"{NAME}/fichier", f"{NAME}/cacao", f"versions/{row.uuid}/"):
        assert client.get(f"/console/playbooks/{path}").status_code == 404


def events():
    return list(Event.objects.order_by("seq").values_list("kind", flat=True))


def test_the_same_act_twice_leads_to_where_the_first_one_led(alice, bruno):
    row = changed(alice, draft(alice), title_fr="Autre")
    address = f"/console/playbooks/versions/{row.uuid}/"
    proposed = {"row_version": row.version, "note": "Plus clair.\r\nVraiment."}
    decided = {"row_version": row.version + 1}
    for user, act, form, kind in (
        (alice, "proposer", proposed, "edition.proposed"),
        (bruno, "publier", decided, "edition.published"),
    ):
        for _press in range(2):
            answer = client_of(user).post(address + act, form)
            assert (answer.status_code, answer["Location"]) == (302, address), act
        assert events().count(kind) == 1

    kept = Edition.objects.get(pk=row.pk)
    assert (kept.state, kept.version) == ("published", row.version + 2)


def test_a_refusal_sent_twice_is_one_and_other_words_are_none(alice, bruno):
    row = propose(alice, changed(alice, draft(alice), title_fr="Autre"))
    fields = {"edition": row.uuid, "version": row.version, "now": now()}
    for _press in range(2):
        editing.refuse(**fields, by=of(bruno), reason="Trop long. ")

    assert events().count("edition.refused") == 1
    with pytest.raises(Conflict):
        editing.refuse(**fields, by=of(bruno), reason="Trop court.")
    with pytest.raises(Conflict):
        publish(bruno, row)


def test_the_same_act_of_somebody_else_stays_refused(alice, bruno):
    row = changed(alice, draft(alice), title_fr="Autre")
    proposed = propose(alice, row)
    for user, note in ((alice, "Autre chose."), (bruno, "Plus clair.")):
        with pytest.raises(NotFound):
            editing.propose(
                edition=row.uuid, version=proposed.version - 1, by=of(user), note=note, now=now()
            )
    publish(bruno, proposed)
    with pytest.raises(NotAllowed):
        publish(alice, proposed)
    User.objects.filter(pk=alice.pk).update(role="lead")
    alice.refresh_from_db()
    with pytest.raises(Conflict):
        publish(alice, proposed)


# In the form.


def version_of(client, row):
    html = client.get(f"/console/playbooks/versions/{row.uuid}/").content.decode()
    return re.search(r'name="row_version" value="(\d+)"', html)[1]


def step_form(client, row, which="rib-p2", **fields):
    address = f"/console/playbooks/versions/{row.uuid}/etape/{which}"
    data = {
        "row_version": version_of(client, row), "title_fr": "Appeler", "title_en": "Call",
        "detail_fr": "Appelez.", "detail_en": "Call.", "phase": "during", "role": "victime",
        "visible": "oui", "required": "oui", "due": "2", "unit": "days", "clock": "calendar",
        "duty": "", "when": "kind == commune", "source": ["PROJ"], **fields,
    }  # fmt: skip
    return client.post(address, data, follow=True)


def test_a_step_is_edited_in_a_form_and_the_difference_is_shown(alice):
    client, row = client_of(alice), draft(alice)
    said = text_of(step_form(client, row))

    book = read_playbook(Edition.objects.get(pk=row.pk).text)
    step = book.step("rib-p2")
    assert (str(step.due), step.due_from, str(step.when)) == ("P2D", "shown", "kind == commune")
    assert (step.basis, step.source) == ("own", ("PROJ",))
    assert "Qui signale : « Une mairie »" in said
    assert "2 jours" in said
    assert "30 min" in said


def test_the_head_is_kept_as_the_page_itself_sends_it(alice):
    client, row = client_of(alice), draft(alice)
    address = f"/console/playbooks/versions/{row.uuid}/"
    page = client.get(address)
    html = page.content.decode()
    ticked = re.findall(r'name="victim_kinds" value="(\w+)" checked', html)
    values = page.context["values"] | {"victim_kinds": ticked, "title_fr": "Un faux RIB"}
    client.post(address, values | {"row_version": version_of(client, row)})

    before, after = read_playbook(row.text), read_playbook(Edition.objects.get(pk=row.pk).text)
    assert after == replace(before, title_fr="Un faux RIB")
    assert ticked == list(before.victim_kinds)
    for kind in shipped().intake.victim_kinds:
        assert kind.label_fr in html


def test_a_new_step_gets_an_id_and_stands_last_in_its_phase(alice):
    client, row = client_of(alice), draft(alice)
    step_form(client, row, "nouvelle", phase="after")

    last = read_playbook(Edition.objects.get(pk=row.pk).text).phases.after[-1]
    assert (last.id, last.due_from) == (f"{NAME}-1", "resolution")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title_fr": " "}, "Écrivez quelques mots."),
        ({"due": "bientôt"}, "Donnez un nombre entier"),
        ({"when": "kind = commune"}, "Cette condition n'est pas comprise"),
        ({"when": "kind == marie"}, "unknown value 'marie' of 'kind'"),
        ({"source": []}, "Choisissez une source au moins."),
        ({"role": "prestataire"}, "a technical role in a step that the victim sees"),
        ({"role": "maire"}, "unknown role 'maire'"),
    ],
)
def test_what_is_wrong_comes_back_on_its_field_with_what_was_typed(alice, fields, said):
    client, row = client_of(alice), draft(alice)
    before = row.text
    answer = step_form(client, row, **{"detail_fr": "Ce que j'ai tapé.", **fields})

    assert answer.status_code == 400
    assert said in text_of(answer)
    assert "Ce que j'ai tapé." in answer.content.decode().replace("&#x27;", "'")
    assert 'class="error"' in answer.content.decode()
    assert Edition.objects.get(pk=row.pk).text == before


def test_steps_move_within_their_phase_and_may_be_taken_out(alice):
    client, row = client_of(alice), draft(alice)

    def move(what):
        client.post(
            f"/console/playbooks/versions/{row.uuid}/ordre",
            {"row_version": version_of(client, row), "move": what},
        )
        return [s.id for s in read_playbook(Edition.objects.get(pk=row.pk).text).phases.during]

    assert move("later:rib-p1")[:2] == ["rib-p2", "rib-p1"]
    assert move("earlier:rib-p2")[:2] == ["rib-p2", "rib-p1"]
    assert "rib-p3" not in move("out:rib-p3")


def test_the_whole_way_through_the_pages(alice, bruno):
    analyst, lead = client_of(alice), client_of(bruno)
    row = draft(alice)
    step_form(analyst, row)
    address = f"/console/playbooks/versions/{row.uuid}/"
    data = {"row_version": version_of(analyst, row)}
    assert analyst.post(f"{address}proposer", data).status_code == 400
    analyst.post(f"{address}proposer", data | {"note": "Retour de Foix."})
    assert "proposition en attente" in text_of(lead.get("/console/playbooks/"))
    version = Edition.objects.get(pk=row.pk).version
    assert analyst.post(f"{address}publier", {"row_version": version}).status_code == 403
    said = text_of(lead.post(f"{address}publier", {"row_version": version}, follow=True))

    assert "Publiée : les prochains dossiers la suivent." in said
    assert "modifié ici" in text_of(analyst.get(f"/console/playbooks/{NAME}/"))


# Files.


def send(client, content, name="playbook.yaml"):
    sent = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return client.post("/console/playbooks/importer", {"fichier": sent}, follow=True)


def test_a_file_goes_out_and_comes_back_as_a_draft(alice):
    client = client_of(alice)
    text = client.get(f"/console/playbooks/{NAME}/fichier").content.decode()
    assert text == shipped().texts[f"playbooks/{NAME}.yaml"]
    send(client, text.replace("title_fr: Faux RIB", "title_fr: Un faux RIB"))

    row = Edition.objects.get()
    assert (row.state, row.origin, row.text.count("Un faux RIB")) == ("draft", "file", 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "role: decideur",
            "role: maire",
            r"yaml:\d+ phases\.before\[0\]\.role: unknown role 'maire'",
        ),
        (
            "order: 1\n",
            "order: un\n",
            r"yaml:\d+ phases\.before\[0\]\.order: expected a whole number",
        ),
        ("due: PT15M", "due: 15 min", r"yaml:\d+ phases\.during\[0\]\.due: not a duration"),
        ("id: rib-a1", "id: ran-a1", r"is a step of both"),
        ("version:", "versions:", r"versions: unknown field"),
        ("phases:", "phases: [", r"not valid YAML"),
    ],
)
def test_what_the_loader_refuses_is_said_with_line_and_field(alice, old, new, said):
    text = shipped().texts[f"playbooks/{NAME}.yaml"]
    answer = send(client_of(alice), text.replace(old, new, 1))

    assert answer.status_code == 400
    assert re.search(said, text_of(answer))
    assert not Edition.objects.exists()


def test_what_is_refused_says_in_french_where_and_what_to_do(alice):
    text = shipped().texts[f"playbooks/{NAME}.yaml"]
    answer = send(client_of(alice), text.replace("due: PT15M", "due: 15 min", 1))

    assert re.search(r"Ligne \d+, pendant, étape 1, champ « Délai »\.", text_of(answer))
    assert "Écrivez le délai ainsi : PT30M (minutes)" in text_of(answer)
    assert '<span class="hint" lang="en">playbooks/' in answer.content.decode() or (
        '<span class="hint" lang="en">playbook.yaml' in answer.content.decode()
    )


def test_a_value_of_a_short_list_is_refused_with_the_list(alice):
    text = shipped().texts[f"playbooks/{NAME}.yaml"]
    answer = send(client_of(alice), text.replace("role: decideur", "role: maire", 1))

    roles = ", ".join(one.id for one in shipped().vocabulary.roles)
    assert f"Choisissez l'une de ces valeurs : {roles}." in text_of(answer)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"a" * 600_000, b"{", b'{"a": 1}', b"- a"]
)
def test_any_other_file_is_refused_with_a_sentence(alice, content):
    answer = send(client_of(alice), content)

    assert answer.status_code == 400
    assert not Edition.objects.exists()


def test_cacao_comes_in_and_what_was_flattened_is_said(alice):
    said = text_of(send(client_of(alice), json.dumps(foreign()), "autre.json"))

    assert "Étapes en parallèle « Both »" in said
    assert Edition.objects.get().playbook == "somebody-else-s"


def test_a_playbook_that_no_category_leads_to_can_be_published_and_followed(alice, bruno):
    send(client_of(alice), json.dumps(foreign()), "autre.json")
    row = Edition.objects.get()
    publish(bruno, propose(alice, row, "Venu d'un partenaire."))
    case = qualify(file_case().incident, alice)
    listed = client_of(alice).get(f"/console/playbooks/?dossier={case.uuid}")
    assert "Somebody else's" in text_of(listed)
    attach(case, alice, "somebody-else-s")

    assert runs(case)["somebody-else-s"].steps.count() == 5


def test_differences_name_what_was_moved_and_nothing_else():
    book = shipped().playbooks[NAME]
    first, second, *rest = book.phases.during
    moved = replace(book, phases=replace(book.phases, during=(second, first, *rest)))

    assert {one.step.id for one in differences(book, moved)} == {first.id, second.id}
    without = replace(book, phases=replace(book.phases, during=(second, *rest)))
    assert [(one.step.id, one.what) for one in differences(book, without)] == [
        (first.id, "removed")
    ]
    assert differences(book, book) == ()


HOSTILE = {
    "a million lists in each other": "[" * 250_000,
    "the same as blocks": "- " * 200_000 + "x",
    "the same as mappings": "{a: " * 100_000,
    "aliases": "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_made_to_cost_is_refused_at_once(alice, text):
    begun = time.process_time()
    answer = send(client_of(alice), text)

    assert answer.status_code == 400
    assert time.process_time() - begun < 5
    assert not Edition.objects.exists()


@pytest.mark.parametrize(
    ("field", "written", "said"),
    [
        ("title_fr", r'"\u202EFaux RIB"', "characters that nobody sees"),
        ("version", r'"1\0"', "characters that nobody sees"),
        ("- id: rib-p2", "- id: rib@p2", "is not of the form"),
        ("- id: rib-p2", f"- id: {'r' * 61}", "is not of the form"),
    ],
)
def test_what_a_page_or_a_column_cannot_take_is_refused(alice, field, written, said):
    lines = shipped().texts[f"playbooks/{NAME}.yaml"].split("\n")
    at = next(number for number, line in enumerate(lines) if line.strip().startswith(field))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    lines[at] = indent + (written if field.startswith("-") else f"{field}: {written}")
    answer = send(client_of(alice), "\n".join(lines))

    assert answer.status_code == 400
    assert said in text_of(answer)
    assert not Edition.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"due": "1", "unit": "months", "clock": "opening"}, "opening hours count no months"),
        ({"due": "999999", "unit": "h"}, "more than five years"),
        ({"due": "9999", "unit": "months"}, "more than five years"),
    ],
)
def test_a_time_that_cannot_be_counted_is_refused(alice, fields, said):
    answer = step_form(client_of(alice), draft(alice), **fields)

    assert answer.status_code == 400
    assert said in text_of(answer)


WRONG_TYPES = [
    {"workflow": {"s": {"type": ["action"], "on_true": {"a": 1}, "next_steps": 5}}},
    {"workflow": {"s": {"type": "action", "commands": 5, "name": {"a": []}}}},
    {"workflow": {"s": {"type": "parallel", "next_steps": {"a": 1}, "cases": 3}}},
    {"workflow": {"s": {"type": "action"}}, "playbook_extensions": {EXTENSION: {"dont": 5}}},
    {"workflow": {"s": {"type": "action"}}, "name": json.loads("[" * 400 + "]" * 400)},
]


@pytest.mark.parametrize("content", WRONG_TYPES)
def test_a_cacao_file_of_other_types_than_the_standard_s_is_no_fault(alice, content):
    """What of it can be read is a draft, which its author looks at."""
    content = {"spec_version": "cacao-2.0", "workflow_start": "s"} | content
    answer = send(client_of(alice), json.dumps(content), "playbook.json")

    assert answer.status_code in {200, 400}


def test_a_button_pressed_twice_in_the_same_moment_begins_one_draft(alice, monkeypatch):
    """The other press has made it between the look and the writing."""
    first = draft(alice)
    real, looks = Edition.objects.filter, []

    def blind(*args, **kwargs):
        looks.append(kwargs)
        found = real(*args, **kwargs)
        return found.none() if len(looks) == 1 else found

    monkeypatch.setattr(Edition.objects, "filter", blind)

    assert draft(alice).pk == first.pk
