"""A report taken on the phone: the same questions on two pages; the code is replaced at the visit."""

import re
from html import unescape

import pytest
import time_machine
from django.test import Client

from csirt.directory import search
from csirt.directory.models import Commune, Department
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.reference.reports import given_reports
from incidents.models import AccessCode, Incident, Report, SpokenCode
from incidents.services import following
from tests.people import client_of, hidden

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/console/nouveau/"
CLOSED = "2026-11-22T03:00:00+01:00"  # a Sunday night
FIRST = {"danger": "non", "kind": "commune", "autrui": "moi", "quoi": "fichiers"}
REST = {
    "quand": "hier",
    "continue": "oui",
    "combien": "tous",
    "travail": "non",
    "infos_gens": "nsp",
    "argent_parti": "non",
    "ou": "nsp",
    "etablissement": ["nsp"],
    "organisme": "Mairie d'Exemple",
    "contact_phone": "05 61 00 00 00",
    "recit": "Tout est chiffré depuis ce matin.",
    "nom": "Denise Vidal",
    "flags": ["serveur"],
}
CODE = re.compile(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}")
# What the desk's reports by telephone come to, in the answers of the form.
CALLS = {
    "r11": (
        {"danger": "non", "kind": "commune", "autrui": "moi", "quoi": "perdu"},
        {
            "quand": "hier",
            "continue": "non",
            "travail": "gene",
            "infos_gens": "sensibles",
            "appareil": "non",
            "vol": "vole",
            "etablissement": ["aucun"],
        },
    ),
    "r15": (
        {"danger": "non", "kind": "entreprise", "autrui": "moi", "quoi": "depanneur"},
        {
            "quand": "hier",
            "continue": "oui",
            "travail": "un_peu",
            "infos_gens": "sensibles",
            "argent_parti": "moins_72h",
            "geste": ["mdp", "carte", "main"],
            "etablissement": ["aucun"],
        },
    ),
}


def given(name):
    """Return a given report."""
    return next(report for report in given_reports() if report["id"] == name)


def text(answer):
    return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("\u00a0", " ")


def second(client, first=FIRST):
    """Return the hidden fields of the second page."""
    token = hidden(client.get(ADDRESS), "token")
    page = client.post(ADDRESS, {**first, "token": token})
    assert page.status_code == 200, text(page)
    names = ("token", "reponses", "gestes")
    return {name: hidden(page, name) for name in names}, page


def take(client, **changes):
    held, _ = second(client)
    return client.post(ADDRESS, {**held, **REST, **changes})


def test_it_opens_a_case_and_says_reference_and_code_once(alice):
    answer = take(client_of(alice))
    said = text(answer)
    case, report = Incident.objects.get(), Report.objects.get()

    assert case.reference in said
    assert following.victim_by_code(CODE.search(said)[0]).incident_id == case.pk
    assert (report.channel, report.contact_name) == ("phone", "Denise Vidal")
    assert (report.text, case.organisation_name) == (REST["recit"], "Mairie d'Exemple")
    assert (case.priority, case.state) == ("P1", "new")
    assert case.assessment["flags"] == ["serveur"]
    assert report.answers["combien"] == "tous"
    assert Event.objects.get(kind="report.filed").actor == alice.actor


def test_sent_twice_it_is_one_case_and_the_same_code(alice):
    client = client_of(alice)
    held, _ = second(client)
    first, again = (client.post(ADDRESS, {**held, **REST}) for _ in range(2))

    assert Incident.objects.count() == 1
    assert CODE.search(text(first))[0] == CODE.search(text(again))[0]


def test_the_gestures_are_read_out_and_remembered(alice):
    client = client_of(alice)
    held, page = second(client)
    assert "Débranchez la box" in text(page)

    client.post(ADDRESS, {**held, **REST, "fait": ["1", "2"]})

    assert Event.objects.get(kind="gestures.shown").actor == alice.actor
    assert Event.objects.get(kind="gestures.ticked").data["gestures"] == ["1", "2"]


def test_danger_brings_the_numbers_to_give_at_once(alice):
    _, page = second(client_of(alice), {**FIRST, "danger": "oui"})

    assert "À donner tout de suite" in text(page)
    assert 'href="tel:3114"' in page.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("continue", "", "Choisissez une réponse."),
        ("contact_phone", "", "Donnez un numéro ou une adresse"),
        ("contact_email", "x", "Écrivez l'adresse comme ceci"),
        ("travail", "x", "Choisissez une des réponses proposées."),
        ("ou", "Atlantide", "Nous ne trouvons pas « Atlantide »."),
        ("quand_date", "31/02/2026", "Cette date n'existe pas."),
        ("token", "x", "Cette page a expiré."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(alice, field, value, said):
    answer = take(client_of(alice), **{field: value})

    assert answer.status_code == 400
    assert said in text(answer)
    assert REST["recit"] in text(answer)
    assert 'value="serveur" checked' in answer.content.decode()
    assert Incident.objects.count() == 0


@pytest.mark.parametrize("name", FIRST)
def test_the_first_page_asks_for_all_of_it(alice, name):
    fields = {key: value for key, value in FIRST.items() if key != name}
    answer = client_of(alice).post(ADDRESS, {**fields, "token": codes.new_token()})

    assert answer.status_code == 400
    assert f'href="#f-{name}"' in answer.content.decode()


@pytest.mark.parametrize("held", ["{", "[]", '{"answers":{"kind":["x"]},"language":"fr"}'])
def test_a_forged_second_page_begins_again(alice, held):
    answer = client_of(alice).post(ADDRESS, {"token": "c" * 32, "reponses": held, **REST})

    assert answer.status_code == 400
    assert Incident.objects.count() == 0


def test_an_unknown_flag_is_left_out(alice):
    take(client_of(alice), flags=["campagne", "rien"])

    assert "campagne" not in Incident.objects.get().assessment["flags"]


@pytest.mark.parametrize("who", ["eve", "chloe", "ada", "emile"])
def test_it_is_for_the_desk(who, request):
    client = client_of(request.getfixturevalue(who))

    assert client.get(ADDRESS).status_code == 404
    assert client.post(ADDRESS, FIRST).status_code == 404
    assert Incident.objects.count() == 0


@pytest.mark.parametrize("name", CALLS)
def test_a_given_call_is_filed_with_the_expected_priority(alice, name):
    call = given(name)
    place = call["place"]
    where = Department.objects.create(code=place["dep"], name="Département")
    Commune.objects.create(insee=place["insee"], name=place["nom"], department=where, postcodes=[])
    search._index.cache_clear()
    first, rest = CALLS[name]
    client = client_of(alice)
    held, _ = second(client, first)

    said = {"ou_texte": place["nom"], "contact_phone": call["contact"]["phone"]}
    client.post(ADDRESS, {**held, **rest, **said, "recit": call["text_fr"]})
    search._index.cache_clear()

    case = Incident.objects.get()
    assert (case.priority, case.category) == (
        call["expected"]["priority"],
        call["expected"]["category"],
    )
    assert case.assessment["rules"] == call["expected"]["rules"]
    assert case.commune_id == place["insee"]


@pytest.fixture
def denise_at_home(alice):
    """Denise with the code that Alice read out."""
    code = CODE.search(text(take(client_of(alice))))[0]
    client = Client()
    client.post("/suivi/", {"code": code})
    return client, code


def replaced(client, note="oui"):
    page = client.get("/suivi/nouveau-code/")
    answer = client.post("/suivi/nouveau-code/", {"offre": hidden(page, "offre"), "note": note})
    return CODE.search(text(page))[0], answer


def test_the_first_visit_shows_another_code_before_anything_else(denise_at_home):
    client, spoken = denise_at_home

    assert client.get("/suivi/")["Location"] == "/suivi/nouveau-code/"
    assert CODE.search(text(client.get("/suivi/nouveau-code/")))[0] != spoken


def test_once_noted_it_takes_the_place_of_the_one_read_out(denise_at_home):
    client, spoken = denise_at_home

    fresh, answer = replaced(client)

    assert answer["Location"] == "/suivi/"
    reference = Incident.objects.get().reference
    assert reference in text(client.get("/suivi/"))
    other = Client()
    assert "Aucun dossier" in text(other.post("/suivi/", {"code": spoken}))
    other.post("/suivi/", {"code": fresh})
    assert reference in text(other.get("/suivi/"))
    assert Event.objects.get(kind="code.replaced").actor == "victim"


def test_until_it_is_noted_the_old_one_serves(denise_at_home):
    client, spoken = denise_at_home

    fresh, answer = replaced(client, note="")

    assert "Notez votre code, puis cochez la case." in text(answer)
    assert fresh in text(answer)
    assert following.victim_by_code(spoken)
    assert AccessCode.objects.count() == 1


def test_sent_twice_it_is_replaced_once(denise_at_home):
    client, _ = denise_at_home
    page = client.get("/suivi/nouveau-code/")
    fields = {"offre": hidden(page, "offre"), "note": "oui"}
    for _ in range(2):
        assert client.post("/suivi/nouveau-code/", fields)["Location"] == "/suivi/"

    assert AccessCode.objects.count() == 2
    assert SpokenCode.objects.count() == 1


def test_a_code_that_somebody_chose_is_not_taken(denise_at_home):
    client, _ = denise_at_home
    chosen = codes.random_code()

    client.post("/suivi/nouveau-code/", {"offre": chosen, "note": "oui"})

    assert AccessCode.objects.count() == 1


def test_a_code_that_was_shown_on_a_screen_is_kept(denise):
    client = Client()
    client.post("/suivi/", {"code": denise.code})

    assert client.get("/suivi/").status_code == 200
    assert client.get("/suivi/nouveau-code/")["Location"] == "/suivi/"


def filed(alice, *, first=FIRST, headers=None, **changes):
    client = client_of(alice, headers=headers or {})
    held, _ = second(client, first)
    return text(client.post(ADDRESS, {**held, **REST, **changes}))


@time_machine.travel(CLOSED, tick=True)
def test_the_last_page_says_what_the_public_one_says(alice):
    said = filed(alice, first={**FIRST, "quoi": "argent"}, argent_parti="moins_72h")

    assert "Appelez maintenant votre comptable public." in said
    assert "Le CERT-FR aide aussi les mairies" in said
    assert "Ce que la loi peut vous demander" in said
    assert "Notre équipe est fermée." in said
    assert "Qui peut aider en attendant" in said


def test_words_of_the_story_bring_a_helpline_to_give(alice):
    said = filed(alice, recit="Le patron dit qu'il veut mourir.")

    assert "À donner tout de suite" in said
    assert "Le 3114 répond jour et nuit" in said
    assert Incident.objects.get().priority == "P1"


def test_what_the_analyst_states_brings_its_numbers(alice):
    said = filed(alice, flags=["danger_vie"])

    assert "À donner tout de suite" in said
    assert "Police et gendarmerie" in said


def test_a_story_that_comes_back_is_heard_already(alice):
    said = filed(alice, recit="Il veut mourir.", contact_phone="")

    assert "À donner tout de suite" in said
    assert Incident.objects.count() == 0


@pytest.mark.parametrize(
    ("screen", "chosen", "kept"),
    [("en", "fr", "fr"), ("fr", "en", "en"), ("en", "", "fr"), ("fr", "xx", "fr")],
)
def test_the_language_is_that_of_the_person_not_of_the_screen(alice, screen, chosen, kept):
    filed(alice, headers={"accept-language": screen}, langue=chosen)

    assert Report.objects.get().language == kept


def test_the_language_is_asked_and_kept_when_the_page_comes_back(alice):
    client = client_of(alice)
    held, page = second(client)
    assert "Langue de la personne" in text(page)

    again = client.post(ADDRESS, {**held, **REST, "contact_phone": "", "langue": "en"})

    assert re.search(r'name="langue" value="en" checked', again.content.decode())
