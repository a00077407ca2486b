"""The queue is narrowed by anything in the case, in its address, and the script's rule is the same."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.http import QueryDict

from csirt.accounts.principals import Person
from csirt.directory.models import Commune, Department, Organisation
from csirt.journal import drain
from csirt.kernel.clock import now
from csirt.kernel.tlp import Tlp
from incidents.console import filters
from incidents.console.filters import Filters
from incidents.services import casework, following, transitions
from tests.console.test_queue_page import page, references
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(db):
    department = Department.objects.create(code="34", name="Hérault")
    return Commune.objects.create(
        insee="34142", name="Lodève", department=department, postcodes=["34700"], population=7000
    )


def test_each_filter_finds_its_cases_alone(alice, bruno, town):
    by = Person.of(bruno)
    there = file_case(commune="34142", text="Le parapheur a gelé.")
    hall = Organisation.objects.create(name="Mairie de Lodève", kind="commune")
    red, closed, known = file_case(), file_case(), file_case(text="Une facture à 80 000 euros.")
    casework.set_tlp(incident=red.incident.uuid, version=1, by=by, tlp=Tlp.RED, now=now())
    casework.restrict(
        incident=closed.incident.uuid, version=1, by=Person.of(alice), people=[], now=now()
    )
    casework.edit(incident=known.incident.uuid, version=1, by=by, organisation=hall.uuid, now=now())
    victim = following.victim_by_code(red.code)
    following.write_as_victim(victim=victim, token="1" * 32, text="Alors ?", now=now())
    signalement = file_case()
    transitions.accept(
        incident=signalement.incident.uuid, version=1, by=by, kind="signalement",
        category="rancongiciel", priority="P2", tlp="green", reason="Sauvegarde.", now=now(),
    )  # fmt: skip
    calm = file_case(category="spam", inputs={"evolution": "tentative"}, asked=None)
    over = file_case(
        category="perte-vol", inputs={"evolution": "tentative"}, asked=None,
        answers={"vol": "vole"}, knowledge_at=now() - timedelta(days=9), knowledge_exact=True,
    )  # fmt: skip
    drain()

    def found(query):
        return set(references(page(alice, f"?vue=tous&{query}")))

    assert found("tlp=red") == {red.reference}
    assert found("tlp=red&tlp=green") == {red.reference, signalement.reference}
    assert found("signe=unread") == {red.reference}
    assert found("signe=restricted") == {closed.reference}
    assert found("signe=restricted&signe=unread") == set()
    assert found("commune=lodeve") == {there.reference}
    assert found("commune=34142") == {there.reference}
    assert found("commune=Atlantide") == set()
    assert found("organisation=mairie+de+lodeve") == {known.reference}
    assert found("nature=signalement") == {signalement.reference}
    assert found("echeance=passee") == {over.reference}
    assert found("echeance=aucune") == {calm.reference}
    assert found("echeance=semaine") == found("") - {over.reference, calm.reference}
    assert found("echeance=jour") == set()
    assert found("texte=parapheurs+gelés") == {there.reference}
    assert found("texte=factures+priorite:P1&qui=personne") == {known.reference}
    assert found("texte=etat:martien") == set()
    assert len(found("signe=x&tlp=mauve&echeance=hier&nature=y")) == 7


def test_a_word_that_is_refused_is_told(alice, denise):
    html = unescape(page(alice, "?vue=tous&texte=etat:martien"))

    assert "« etat:martien » ne désigne rien de connu" in html


def test_the_address_keeps_every_filter(alice):
    asked = (
        "vue=tous&etat=new&priorite=P1&tlp=red&signe=danger&qui=moi&dep=34&commune=lodeve"
        "&organisation=mairie&categorie=spam&victime=commune&nature=incident&echeance=jour"
        "&texte=rançon"
    )
    found = Filters.of(QueryDict(asked), Person.of(alice))

    assert QueryDict(found.address().lstrip("?")) == QueryDict(asked)
    assert found.narrowed
    assert not Filters.of(QueryDict("vue=tous"), Person.of(alice)).narrowed


def test_the_script_knows_every_rule(alice):
    """What the server filters by stands in ``spec``, and queue.js names each of its parts."""
    spec = Filters.of(QueryDict(), Person.of(alice)).spec()
    script = filters.__file__.replace("console/filters.py", "static/console/queue.js")
    with open(script, encoding="utf-8") as text:  # noqa: PTH123 - beside this room
        rule = text.read().partition("function matches")[2].partition("\n}")[0]

    assert [name for name in spec if f"wanted.{name}" not in rule] == []


def test_filters_show_nothing_of_what_is_hidden(alice, bruno):
    hidden = file_case(text="Le parapheur a gelé.")
    casework.restrict(
        incident=hidden.incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
    )
    drain()
    for query in ("signe=restricted", "texte=parapheur", "priorite=P1"):
        html = page(alice, f"?vue=tous&{query}")
        assert hidden.reference not in html
        spec = json.loads(unescape(re.search(r'data-spec="([^"]+)"', html)[1]))
        assert str(hidden.incident.uuid) not in json.dumps(spec)


@pytest.mark.parametrize("who", ["eve", "chloe", "ada"])
def test_who_sees_no_case_narrows_nothing(who, request, denise):
    user = request.getfixturevalue(who)
    answer = client_of(user).get("/console/?texte=lockbit&signe=danger")

    assert answer.status_code == 403
    assert denise.reference not in answer.content.decode()
