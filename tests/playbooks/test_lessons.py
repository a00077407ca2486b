"""Lessons of cases: proposed from a review, taken up in a new version that names them, or refused."""

import re
from datetime import timedelta

import pytest

from csirt.journal import drain
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents.models import ErasureRequest, Incident, IncidentAccess, News
from incidents.services import erasing
from playbooks import queries
from playbooks.console import learnt
from playbooks.models import Edition, Lesson
from playbooks.services import editing, learning
from tests.console.case import address, text
from tests.incidents.conftest import case_in, follow, last_seq
from tests.people import agree, client_of, person
from tests.playbooks.desk import of
from tests.playbooks.test_editing import NAME, changed, draft, publish

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "L'appel au comptable public manquait dans la première heure."


@pytest.fixture
def case(alice):
    return case_in("closed", alice)


def learn(user, case, *, playbook=NAME, step="", words=WORDS):
    return learning.propose(
        incident=case.uuid, by=of(user), playbook=playbook, step=step, text=words, now=now()
    )


def take(user, *lessons, title="Faux RIB, deuxième"):
    row = changed(user, draft(user), title_fr=title)
    return editing.propose(
        edition=row.uuid, version=row.version, by=of(user), note="Plus clair.", now=now(),
        lessons=[one.uuid for one in lessons],
    )  # fmt: skip


def restrict(case, *users):
    Incident.objects.filter(pk=case.pk).update(restricted=True, tlp="red")
    for user in users:
        IncidentAccess.objects.create(incident=case, user=user)


def news(user):
    drain()
    return list(News.objects.filter(user=user).values_list("about", flat=True))


def test_the_same_form_sent_twice_is_one_lesson(alice, case):
    sent = {"lecon-about": NAME, "lecon-text": WORDS, "envoi": "0" * 32}
    for words in (WORDS, WORDS, f"{WORDS} Deux fois."):
        client_of(alice).post(
            f"/console/playbooks/dossiers/{case.uuid}/lecon", {**sent, "lecon-text": words}
        )

    assert Lesson.objects.count() == 2
    assert Event.objects.filter(kind="lesson.proposed").count() == 2


def test_a_lesson_is_proposed_below_the_review(alice, case):
    client = client_of(alice)
    at = f"/console/playbooks/dossiers/{case.uuid}/lecon"
    step = queries.in_force(NAME).playbook.steps[0].id
    answer = client.post(at, {"lecon-about": f"{NAME}/{step}", "lecon-text": WORDS})

    assert answer["Location"].endswith(f"{address(case, 'retour')}/#lecons")
    page = text(client.get(address(case, "retour") + "/"))
    assert WORDS in page
    [event] = Event.objects.filter(kind="lesson.proposed")
    assert (event.incident, event.data["playbook"]) == (case.pk, NAME)
    assert "comptable" not in str(event.data)
    assert "Alice a proposé de changer le playbook" in text(client.get(address(case)))


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("", WORDS), ("la-lune", WORDS), ("la\x00lune", WORDS), (f"{NAME}/rien", WORDS),
        (f"{NAME}/\x00", WORDS), (NAME, " "), (NAME, "x" * 4001),
    ],
    ids=["nothing", "no playbook", "NUL", "no step", "NUL step", "no words", "too long"],
)  # fmt: skip
def test_what_is_no_lesson_comes_back_with_what_was_typed(alice, case, about, words):
    at = f"/console/playbooks/dossiers/{case.uuid}/lecon"
    answer = client_of(alice).post(at, {"lecon-about": about, "lecon-text": words})

    assert answer.status_code == 400
    assert re.search(r'id="f-lecon-(about|text)-error"', answer.content.decode())
    assert words.strip() in answer.content.decode().replace("&#x27;", "'")
    assert not Lesson.objects.exists()


def test_a_case_that_goes_on_teaches_nothing_yet(alice):
    with pytest.raises(Conflict):
        learn(alice, case_in("active", alice))


def test_a_lead_sees_it_in_the_library_and_has_it_at_hand_in_the_editor(alice, bruno, case):
    step = queries.in_force(NAME).playbook.steps[0]
    row = learn(alice, case, step=step.id)
    client = client_of(bruno)

    assert "1 leçon à lire" in text(client.get("/console/playbooks/"))
    page = client.get(f"/console/playbooks/{NAME}/")
    assert WORDS in text(page)
    assert case.reference in text(page)
    opened = client.post(f"/console/playbooks/{NAME}/modifier")
    page = client.get(opened["Location"]).content.decode()
    assert WORDS in page.replace("&#x27;", "'")
    assert f'name="lessons" value="{row.uuid}"' in page
    assert f"etape/{step.id}" in page


def test_a_version_names_the_cases_that_it_came_from(alice, bruno, case):
    other = case_in("review", alice)
    lessons = learn(alice, case), learn(alice, other, words="Le numéro était faux.")
    left = learn(alice, other, words="Rien à voir.")
    row = take(bruno, *lessons)
    assert Lesson.objects.filter(state="waiting").count() == 3
    publish(bruno, row)

    taken = Lesson.objects.filter(edition=row)
    assert {one.state for one in taken} == {"taken"}
    assert Lesson.objects.get(pk=left.pk).state == "waiting"
    page = text(client_of(alice).get(f"/console/playbooks/versions/{row.uuid}/"))
    assert "Dossiers dont vient cette version" in page
    assert case.reference in page
    assert other.reference in page
    assert "Rien à voir." not in page
    told = Event.objects.filter(kind="lesson.taken").order_by("seq")
    assert {one.incident for one in told} == {case.pk, other.pk}
    assert told[0].data["label"] == row.label


def test_the_pages_take_it_from_the_draft_to_the_version(alice, bruno, case):
    row = learn(alice, case)
    client = client_of(bruno)
    opened = client.post(f"/console/playbooks/{NAME}/modifier")["Location"]
    edition = changed(bruno, Edition.objects.get(state="draft"), title_fr="Autre titre")
    answer = client.post(
        f"{opened}proposer",
        {"row_version": edition.version, "note": "", "lessons": [str(row.uuid), "x"]},
    )
    assert answer.status_code == 400
    assert re.search(rf'value="{row.uuid}" checked', answer.content.decode())
    client.post(
        f"{opened}proposer",
        {"row_version": edition.version, "note": "Le comptable.", "lessons": [str(row.uuid)]},
    )
    edition = Edition.objects.get(pk=edition.pk)
    client.post(f"{opened}publier", {"row_version": edition.version})

    assert Lesson.objects.get().state == "taken"
    assert queries.in_force(NAME).edition == edition


def test_a_lesson_ticked_before_the_second_press_is_taken_up_too(alice, case):
    first, second = learn(alice, case), learn(alice, case, words="Le numéro était faux.")
    row = take(alice, first)
    for _press in range(2):
        editing.propose(
            edition=row.uuid, version=row.version - 1, by=of(alice), note="Plus clair.", now=now(),
            lessons=[first.uuid, second.uuid],
        )  # fmt: skip

    assert set(Lesson.objects.values_list("edition", "state")) == {(row.pk, "waiting")}
    assert Event.objects.filter(kind="edition.proposed").count() == 1


def test_who_proposed_is_told_and_not_of_their_own_act(alice, bruno, case):
    mine, theirs = learn(bruno, case), learn(alice, case)
    publish(bruno, take(bruno, mine, theirs))

    assert "lesson-taken" in news(alice)
    assert "lesson-taken" not in news(bruno)
    row = learn(alice, case)
    learning.refuse(lesson=row.uuid, by=of(bruno), reason="Déjà dit à l'étape 3.", now=now())
    assert "lesson-left" in news(alice)
    assert "Déjà dit à l'étape 3." in text(client_of(alice).get(address(case, "retour") + "/"))


def test_a_version_that_is_refused_gives_its_lessons_back(alice, bruno, case):
    row = learn(alice, case)
    edition = take(alice, row)
    assert learnt.of_playbook(of(bruno), NAME) == []
    editing.refuse(
        edition=edition.uuid, version=edition.version, by=of(bruno), reason="Non.", now=now()
    )

    assert [one.row for one in learnt.of_playbook(of(bruno), NAME)] == [row]
    assert Lesson.objects.get().state == "waiting"


def test_only_a_lead_refuses_and_only_its_author_takes_back(alice, bruno, case):
    row = learn(alice, case)
    with pytest.raises(NotAllowed):
        learning.refuse(lesson=row.uuid, by=of(alice), reason="Non.", now=now())
    with pytest.raises(Invalid):
        learning.refuse(lesson=row.uuid, by=of(bruno), reason=" ", now=now())
    with pytest.raises(NotAllowed):
        learning.withdraw(lesson=row.uuid, by=of(bruno), now=now())
    client_of(alice).post(f"/console/playbooks/lecons/{row.uuid}/retirer")

    assert not Lesson.objects.exists()
    assert Event.objects.filter(kind="lesson.withdrawn").count() == 1


def test_what_is_decided_is_decided(alice, bruno, case):
    row = learn(alice, case)
    publish(bruno, take(bruno, row))
    mark = last_seq()
    for act in (
        lambda: learning.refuse(lesson=row.uuid, by=of(bruno), reason="Non.", now=now()),
        lambda: learning.withdraw(lesson=row.uuid, by=of(alice), now=now()),
    ):
        with pytest.raises(Conflict):
            act()
    take(alice, row, title="Encore un autre")

    assert Lesson.objects.get().edition.label != draft(alice).label
    assert not Event.objects.filter(seq__gt=mark, kind__startswith="lesson.").exists()


def test_a_case_that_one_may_not_see_is_named_nowhere(alice, bruno, case):
    row = learn(alice, case)
    restrict(case, alice)
    blind, client = person("Wanda", "analyst"), client_of(bruno)
    assert "à lire" not in text(client.get("/console/playbooks/"))
    assert WORDS not in text(client.get(f"/console/playbooks/{NAME}/"))
    with pytest.raises(NotFound):
        learning.refuse(lesson=row.uuid, by=of(bruno), reason="Non.", now=now())
    edition = take(alice, row)
    publish(bruno, edition)

    assert Lesson.objects.get().state == "taken"
    at = f"/console/playbooks/versions/{edition.uuid}/"
    assert case.reference in text(client_of(alice).get(at))
    for user in (bruno, blind):
        page = client_of(user).get(at).content.decode()
        assert case.reference not in page
        assert "Dossiers dont vient" not in page
    for path in (f"/console/playbooks/{NAME}/fichier", f"/console/playbooks/{NAME}/cacao"):
        assert case.reference not in client_of(alice).get(path).content.decode()


def test_a_hidden_lesson_cannot_be_taken_up_by_guessing_its_name(alice, bruno, case):
    row = learn(alice, case)
    restrict(case, alice)
    take(bruno, row)

    assert Lesson.objects.get().edition is None


def test_a_lesson_of_another_playbook_is_not_taken_up(alice, bruno, case):
    row = learn(alice, case, playbook="rancongiciel")
    take(bruno, row)

    assert Lesson.objects.get().edition is None


def test_an_erased_case_leaves_none_of_its_words(alice, bruno, case):
    kept, gone = learn(alice, case), learn(alice, case, words="Le maire Untel a cliqué.")
    learning.refuse(lesson=gone.uuid, by=of(bruno), reason="Untel n'est pas un motif.", now=now())
    waiting = learn(alice, case)
    edition = take(bruno, kept)
    publish(bruno, edition)
    ErasureRequest.objects.create(
        incident=case, asked_at=now(), answered_at=now() - erasing.WAITS - timedelta(minutes=1),
        accepted=True, answered_by=alice,
    )  # fmt: skip
    erasing.erase_due(now=now())

    assert list(Lesson.objects.values_list("pk", "text", "reason")) == [(kept.pk, "", "")]
    assert not Lesson.objects.filter(pk__in=[gone.pk, waiting.pk]).exists()
    page = text(client_of(alice).get(f"/console/playbooks/versions/{edition.uuid}/"))
    assert "Ses mots sont effacés avec le dossier." in page


def test_a_case_reopened_keeps_its_lessons_and_takes_no_more(alice, bruno, case):
    row = learn(alice, case)
    follow("reopen", case, alice)
    with pytest.raises(Conflict):
        learn(alice, case)

    assert [one.row for one in learnt.of_playbook(of(bruno), NAME)] == [row]


def test_nobody_else_reads_or_proposes_lessons(alice, case, emile, eve, chloe):
    row = learn(alice, case)
    agree(emile.operators.get(), case)
    for user in (emile, eve, chloe):
        client = client_of(user)
        assert client.get(f"/console/playbooks/{NAME}/").status_code in {403, 404}
        for path in (f"dossiers/{case.uuid}/lecon", f"lecons/{row.uuid}/refuser"):
            sent = {"lecon-about": NAME, "lecon-text": WORDS, "lecon-reason": "Non."}
            assert client.post(f"/console/playbooks/{path}", sent).status_code in {403, 404}
    assert Lesson.objects.get().state == "waiting"
