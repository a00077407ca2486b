"""The search: what is found, by whom, and how the question may be written."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from csirt.accounts.principals import Person, Victim
from csirt.directory.models import Commune, Department, FormerCommune, Organisation
from csirt.directory.services import organisations
from csirt.journal import drain
from csirt.journal.models import Consumer
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.console import finding
from incidents.models import Evidence, Incident, IncidentAccess, SearchText
from incidents.models.search import hits
from incidents.services import casework, following, indexing, observing, transitions
from tests.domain.stems import TOGETHER
from tests.incidents.conftest import follow
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db

ADDRESS = "/console/recherche/"
NOWHERE = "zqnullepart"


def page(user, question, **more):
    answer = client_of(user).get(ADDRESS, {"q": question, **more})
    assert answer.status_code == 200
    return re.sub(
        r"csrfmiddlewaretoken. value=.[^\"']+|X-CSRFToken[^}]+", "", answer.content.decode()
    )


def found(user, question, **more):
    """Return the references on the page, in its order."""
    return re.findall(
        r'class="ref"[^>]*>([A-Z]+-[0-9A-Z]{4}-[0-9A-Z]{2})<', page(user, question, **more)
    )


def fresh(case):
    return Incident.objects.get(pk=case.pk)


@pytest.fixture
def places(db):
    department = Department.objects.create(code="34", name="Hérault")
    Department.objects.create(code="09", name="Ariège")
    town = Commune.objects.create(
        insee="34142", name="Lodève", department=department, postcodes=["34700"], population=7000
    )
    FormerCommune.objects.create(insee="34999", name="Les Plans Vieux", commune=town)
    return town


@pytest.fixture
def full(places, alice):
    """A case with a word of its own in each place where words are."""
    victim = file_case(
        text="Nos fichiers sont chiffrés, une rançon est demandée par http://evil.example/payer",
        contact_name="Denise Valadier",
        organisation_name="Mairie de Lodève",
        commune=places.pk,
    )
    case, by = victim.incident, Person.of(alice)
    drain()
    following.write_as_victim(
        victim=Victim(case.pk), token=codes.new_token(), text="Le standard est muet.", now=now()
    )
    following.write_to_victim(
        incident=case.uuid, by=by, token=codes.new_token(), text="Débranchez tout.", now=now()
    )
    casework.add_note(incident=case.uuid, by=by, text="Prévenir le préfet.", now=now())
    casework.edit(
        incident=case.uuid, version=fresh(case).version, by=by, title="Lockbit en mairie", now=now()
    )
    observing.add_observable(
        incident=case.uuid, by=by, type="handle", value="corbeau_noir", now=now()
    )
    Evidence.objects.create(
        incident=case, idempotency="x", name="photo-ecran.heic", stored="pieces/x", size=1,
        sha256="0" * 64, source="victim", received_at=now(),
    )  # fmt: skip
    casework.edit(
        incident=case.uuid, version=fresh(case).version, by=by, title="Lockbit en mairie", now=now()
    )
    file_case(
        text="Un faux virement au comptable.",
        contact_name="",
        contact_phone="",
        contact_email="",
        organisation_name="",
    )
    drain()
    return case


QUESTIONS = [
    "chiffré", "CHIFFREMENT fichier", "rancons", "rançon lodeve",
    "valadier", "mairie lodève", "34142", "34700", "plans vieux", "hérault",
    "standard", "debrancher", "prefet", "lockbit", "corbeau", "heic",
    "hxxp://evil[.]example/payer", "EVIL.example", "evil[.]example", "05 61 00 00 00",
    "denise@mairie-exemple.fr", "denise[at]mairie-exemple[.]fr",
]  # fmt: skip


def test_a_case_is_found_by_what_is_written_about_it(full, alice):
    assert {q: found(alice, q) for q in QUESTIONS} == {q: [full.reference] for q in QUESTIONS}


def test_all_words_count_and_values_are_exact(full, alice):
    for question in ("rançon virement", "evil.example.org", "203.0.113.7", "34143"):
        assert found(alice, question) == []


def test_a_value_that_nobody_has_exactly_gives_those_with_its_words(full, alice):
    file_case(
        text="Le fichier evil du dossier example a disparu, autre souci : payer http en plus."
    )
    drain()

    html = page(alice, "http://evil.example/autre")
    assert "Aucun dossier n'a exactement cette valeur" in html
    assert found(alice, "lockbit http://evil.example/payer") == [full.reference]


def test_a_reference_leads_to_its_case(full, alice):
    client, whole = client_of(alice), full.reference
    bare = whole.replace("-", "").lower()

    for written in (whole, f" {whole.lower()} ", bare, whole.partition("-")[2], bare[3:]):
        answer = client.get(ADDRESS, {"q": written})
        assert (answer.status_code, answer["Location"]) == (302, f"/console/dossiers/{full.uuid}/")


FILTERS = {
    "etat:nouveau": True, "state:new": True, "etat:ouvert": True, "etat:clos": False,
    "priorite:P1 priorite:P2 priorite:P3 priorite:P4": True,
    "dep:34": True, "dep:herault": True, "dep:9": False, "dep:9 dep:34": True,
    "qui:personne": True, "qui:moi": False, "who:alice": False,
    "categorie:rancongiciel": True, "category:ransomware": True, "categorie:spam": False,
    "victime:mairie": True, "victime:entreprise": False,
    "depuis:2020-01-01": True, "depuis:01/01/2020 avant:2099-01-01": True,
    "avant:2020-01-01": False, "depuis:2099-01-01": False,
}  # fmt: skip


@pytest.mark.parametrize("words", ["rançon ", ""])
def test_filters_narrow_what_is_found(full, alice, words):
    assert {f: full.reference in found(alice, words + f) for f in FILTERS} == FILTERS


def test_cases_that_somebody_has_are_found_by_their_name(full, alice, bruno):
    transitions.take(
        incident=full.uuid, version=fresh(full).version, by=Person.of(alice), now=now()
    )

    assert found(alice, "rançon qui:moi") == found(bruno, "qui:alice") == [full.reference]
    assert found(bruno, "rançon qui:moi") == found(bruno, "rançon qui:personne") == []


def test_a_filter_that_means_nothing_is_told_and_finds_nothing(full, alice):
    for written in ("dep:99", "etat:bleu", "qui:inconnu", "depuis:hier"):
        html = page(alice, f"rançon {written}")

        assert f"« {written} » ne désigne rien de connu" in html
        assert full.reference not in html


def test_an_unknown_filter_is_told(full, alice):
    assert "« couleur: » n'est pas un filtre" in page(alice, "couleur:rouge")


def test_a_hidden_case_is_one_that_is_not_there(full, alice, bruno):
    casework.restrict(
        incident=full.uuid, version=fresh(full).version, by=Person.of(bruno), people=[], now=now()
    )
    drain()

    assert found(bruno, "valadier") == [full.reference]
    for question in ("valadier", "evil.example", full.reference, "lockbit etat:nouveau"):
        absent = page(alice, NOWHERE).replace(NOWHERE, "")
        told = page(alice, question)
        assert full.reference not in told.replace(question, "")
        if ":" not in question and "." not in question:
            assert told.replace(question, "") == absent


def test_an_operator_finds_the_cases_it_serves_by_what_their_page_shows(full, emile):
    assert found(emile, "rançon") == []
    agree(emile.operators.get(), fresh(full))
    drain()
    shown = client_of(emile).get(f"/console/dossiers/{full.uuid}/").content.decode()

    assert "préfet" in shown  # they read notes, so they find by them
    assert found(emile, "prefet") == found(emile, "chiffré") == [full.reference]
    assert found(emile, "virement") == []


def test_eve_finds_nothing_and_is_offered_nothing(full, eve, ada, chloe):
    for user in (eve, ada, chloe):
        client = client_of(user)
        assert client.get(ADDRESS, {"q": "rançon"}).status_code == 404
        assert client.get(ADDRESS, {"q": full.reference}).status_code == 404
        assert "recherche" not in client.get("/console/").content.decode()


def test_who_is_not_logged_in_is_sent_away(db, client):
    assert client.get(ADDRESS).status_code == 302


def test_a_report_is_found_under_the_case_that_holds_it(full, alice):
    other = file_case(text="Le même corbeau, une girouette.").incident
    drain()
    assert found(alice, "girouette") == [other.reference]
    by = Person.of(alice)

    transitions.merge(
        incident=other.uuid, version=fresh(other).version, by=by, into=full.uuid, now=now()
    )
    drain()
    assert found(alice, "girouette") == [full.reference]

    transitions.split(incident=other.uuid, version=fresh(other).version, by=by, now=now())
    drain()
    assert found(alice, "girouette") == [other.reference]


def test_an_organisation_s_new_name_finds_its_cases(full, alice, emile):
    agree(emile.operators.get(), fresh(full))
    row = Organisation.objects.get()
    organisations.edit_organisation(
        organisation=row.uuid, version=row.version, by=Person.of(alice), now=now(),
        fields=organisations.OrganisationFields(name="Ville de Zorgon", kind=row.kind),
    )  # fmt: skip
    drain()

    html = page(alice, "zorgon")
    assert full.reference in html
    assert f"/console/annuaire/organisations/{row.uuid}/" in html


def test_pages_follow_each_other_and_are_counted(alice):
    cases = [file_case(text=f"Girouette {number}").incident.reference for number in range(23)]
    drain()

    html = page(alice, "girouettes")
    assert "20+ dossiers" in html
    assert found(alice, "girouettes") == cases[:2:-1]
    after = re.search(r"apres=([0-9a-f-]{36})", html)[1]
    assert found(alice, "girouettes", apres=after) == cases[2::-1]
    assert 'rel="next"' in html
    assert 'rel="next"' not in page(alice, "girouettes", apres=after)


def test_a_page_costs_the_same_whatever_it_holds(alice):
    def cost():
        client = client_of(alice)
        client.get(ADDRESS, {"q": "girouette"})
        with CaptureQueriesContext(connection) as asked:
            client.get(ADDRESS, {"q": "girouette"})
        return len(asked)

    file_case(text="Girouette")
    drain()
    one = cost()
    for _ in range(21):
        file_case(text="Girouette")
    drain()

    assert one == cost() <= 20


def test_where_it_stops_is_said(full, alice, monkeypatch):
    for _ in range(4):
        file_case(text="Girouette")
    drain()
    monkeypatch.setattr(finding, "STEPS", (2, 2))

    assert "s'est arrêtée" in page(alice, "girouette etat:clos")
    assert "s'est arrêtée" not in page(alice, "rançon etat:clos")


def test_a_full_page_does_not_wait_for_the_number_of_all(alice):
    for number in range(24):
        if number == 20:
            drain()
            assert "20 dossiers, le plus récent" in page(alice, "girouette")
        file_case(text="Girouette")
    drain()

    assert "20+ dossiers, le plus récent" in page(alice, "girouette")


def test_what_is_hidden_changes_nothing_of_what_is_said(alice, bruno, monkeypatch):
    """Not where a step of the index ends either, wherever the hidden one stands."""
    cases = [file_case(text="Girouette").incident for _ in range(24)]
    drain()
    for steps in ((21, 99), (22, 99), (23, 99), (24, 99), (5, 99)):
        monkeypatch.setattr(finding, "STEPS", steps)
        said = set()
        for hidden in (None, cases[0], cases[12], cases[-1]):
            if hidden:
                Incident.objects.filter(pk=hidden.pk).update(restricted=True)
                IncidentAccess.objects.create(incident=hidden, user=bruno)
            said.add(re.search(r"[0-9+]+ dossiers, le plus récent", page(alice, "girouette"))[0])
            if hidden:
                Incident.objects.filter(pk=hidden.pk).update(restricted=False)
                IncidentAccess.objects.all().delete()

        assert said == {"20+ dossiers, le plus récent"}


def test_what_was_found_is_marked_and_everything_is_escaped(alice):
    file_case(text='<script>alert("girouette")</script> & <b>www.evil.example</b>')
    drain()

    html = page(alice, 'girouette <img src=x onerror=alert(1)> "')
    assert "<img src=x" not in html
    html = page(alice, "girouette")
    assert "&lt;script&gt;alert(&quot;<mark>girouette</mark>&quot;)" in html
    assert "www[.]evil[.]example" in html


HOSTILE = [
    '"', "'", '"rançon', "rançon*", "rançon OR virement", "NOT rançon", "NEAR(a b)", "words:x",
    "rançon & | ! <-> (", "';DROP TABLE incidents_searchtext;--", "a\x00b rançon", "%_\\", "🦠",
    "^rançon", "-rançon", "é" * 10_000, "rançon " * 2_000, ":", "etat:", "::::", 'etat:"',
    "\ufffd", "ﬁ ½ İ ß ͺ", "1" * 5_000,
]  # fmt: skip


def test_any_question_is_answered(full, alice):
    client = client_of(alice)
    answers = {question: client.get(ADDRESS, {"q": question}).status_code for question in HOSTILE}

    assert answers == dict.fromkeys(HOSTILE, 200)


def test_words_alone_that_every_text_has_are_told(full, alice):
    assert "Ces mots sont dans tous les dossiers" in page(alice, "le la les de")


def test_an_older_index_is_made_again_from_the_journal(full, alice):
    SearchText.objects.all().delete()
    assert found(alice, "rançon") == []

    Consumer.objects.get(name=indexing.NAME).delete()
    drain()

    assert found(alice, "rançon") == [full.reference]


def test_the_newest_are_found_first_however_common_a_word_is(db):
    at = now()
    made = Incident.objects.bulk_create(
        Incident(
            reference=f"OCC-{number:05}", victim_kind="commune", category="spam", priority="P4",
            opened_at=at, changed_at=at,
        )
        for number in range(2_400)
    )  # fmt: skip
    kept = {0: "rare", 5: "rare", 2_399: "rare"}
    SearchText.objects.bulk_create(
        SearchText(
            incident=case,
            words=f"common {'tenth' if number % 10 == 0 else 'other'} {kept.get(number, '')}".strip(),
        )
        for number, case in enumerate(made)
    )
    keys = [case.pk for case in made][::-1]

    assert hits(["common"], most=30) == keys[:30]
    assert hits(["common"], most=2_200) == keys[:2_200]
    assert hits(["tenth"], most=220) == keys[9::10][:220]
    assert hits(["tenth"], most=50, below=keys[1_000]) == keys[1_009::10][:50]
    assert hits(["rare"], most=9) == [keys[0], keys[-6], keys[-1]]
    assert hits(["common", "rare"], most=9, below=keys[0]) == [keys[-6], keys[-1]]
    assert hits(["rare", "tenth"], most=9) == [keys[-1]]
    assert hits([NOWHERE], most=9) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="compares with PostgreSQL's stemmer")
def test_our_stems_join_all_that_postgresql_s_do(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a, b FROM unnest(%s::text[], %s::text[]) AS pairs(a, b)"
            " WHERE to_tsvector('french', a) @@ plainto_tsquery('french', b)",
            [[a for a, _ in TOGETHER], [b for _, b in TOGETHER]],
        )
        theirs = cursor.fetchall()

    assert 20 <= len(theirs) <= len(TOGETHER)  # and test_words holds that ours join them all


def test_an_operator_searches_no_words_of_what_was_joined_to_a_case(alice, emile):
    """Whoever filed what hangs under it agreed to nothing."""
    served, other = file_case(), file_case(text="zqsecret de quelqu'un d'autre")
    agree(emile.operators.get(), served.incident)
    drain()
    assert found(emile, "mairie") == [served.reference]
    follow("merge", other.incident, alice, into=served.incident.uuid)
    drain()

    assert found(alice, "zqsecret") == [served.reference]
    assert found(emile, "zqsecret") == []
    assert "quelqu" not in page(emile, "etat:nouveau")
    assert found(emile, "etat:nouveau") == [served.reference]
