"""Related cases on the case page: those that one may see, why, and a way to join them."""

import re
from datetime import timedelta

import pytest

from csirt.accounts.principals import Person
from csirt.directory.models import Commune, Department
from csirt.journal import drain
from csirt.kernel.clock import now
from incidents.console import related
from incidents.models import Incident
from incidents.services import casework
from tests.console.case import address, fresh, post, text
from tests.domain.test_similarity import GIVEN, REWORDED
from tests.people import agree, client_of, file_case

pytestmark = pytest.mark.django_db

SHARED = {
    "piege[.]example", "hxxp://piege[.]example/a", "messagerie[.]example",
    "cantine[.]villexemple[@]messagerie[.]example",
}  # fmt: skip
TRAP = "Le lien mène à hxxp://piege[.]example/a."


@pytest.fixture
def foix(db):
    department = Department.objects.create(code="09", name="Ariège")
    Commune.objects.create(insee="09122", name="Foix", department=department)


def filed(words="Rien.", **fields):
    """File a report of somebody who has told little else; return its case."""
    return file_case(text=words, **{"organisation_name": "", **fields}).incident


def section(answer):
    """Return the page's part about related cases, as it is read."""
    html = answer.content.decode().split('id="related-title"')[1].split("</section>")[0]
    answer.content = html.encode()
    return " ".join(text(answer).split())


def page(case, user):
    return client_of(user).get(address(case))


def test_each_related_case_is_named_with_its_state_who_and_why(alice, foix):
    case = filed(f"{GIVEN['r09']} {TRAP}", commune="09122", organisation_name="Mairie de Foix")
    twin = filed(f"{REWORDED['r09']} {TRAP}", commune="09122", organisation_name="mairie de foix")
    drain()
    Incident.objects.filter(pk=case.pk).update(opened_at=now() - timedelta(days=2))
    answer = page(case, alice)

    assert f'href="/console/dossiers/{twin.uuid}/"' in answer.content.decode()
    said = section(answer)
    assert f"{twin.reference} Nouveau mairie de foix" in said
    values = re.search(r"même observable : (.+) et un autre texte", said)[1]
    assert len(values.split(", ")) == 3
    assert set(values.split(", ")) < SHARED
    assert re.search(r"texte semblable à [6-9]\d %", said)
    assert "même organisation" in said
    assert "même commune et même catégorie, à 2 jours" in said
    assert said.index("même observable") < said.index("texte") < said.index("même organisation")
    assert said.index("même organisation") < said.index("même commune")


def test_a_case_like_no_other_says_so(alice):
    case = filed()
    drain()

    assert "Aucun dossier lié." in section(page(case, alice))


@pytest.mark.parametrize("who", ["alice", "emile"])
def test_a_hidden_case_leaves_no_trace_in_the_page(who, request, alice, bruno, foix):
    user, told = request.getfixturevalue(who), f"{GIVEN['r09']} {TRAP}"
    case = filed(told, commune="09122", organisation_name="Mairie de Foix")
    drain()
    agree(request.getfixturevalue("emile").operators.get(), fresh(case))
    page(case, user)  # its first reading is told
    before, version = same(page(case, user)), fresh(case).version

    hidden = filed(told, commune="09122", organisation_name="Mairie de Foix")
    casework.restrict(incident=hidden.uuid, version=1, by=Person.of(bruno), people=[], now=now())
    drain()

    assert len(section(page(case, bruno)).split(hidden.reference)) > 1
    assert same(page(case, user)) == before
    assert fresh(case).version == version


def same(answer):
    """Return the page without what differs each time: its keys, and where the journal stands."""
    keys = r"""((?:csrfmiddlewaretoken|token)" value="|X-CSRFToken": ")[^"]+"""
    return re.sub(r'data-seq="\d+"', "", re.sub(keys, r"\1", answer.content.decode()))


def test_the_closest_come_first_and_the_others_are_not_counted(alice, foix, monkeypatch):
    monkeypatch.setattr(related, "SHOWN", 2)
    case = filed(TRAP, commune="09122")
    same_place = [filed(commune="09122") for _ in range(2)]
    same_value = filed(TRAP.replace("/a", "/b"))
    drain()
    said = section(page(case, alice))

    assert said.index(same_value.reference) < said.index(same_place[1].reference)
    assert same_place[0].reference not in said
    assert "Seuls les plus proches sont montrés." in said


def test_its_link_opens_the_form_that_joins_with_the_reference_in_it(alice, emile):
    case, other = filed(TRAP), filed(TRAP)
    drain()
    link = f"?doublon={other.reference}#acts-title"
    assert f'href="{link}"' in page(case, alice).content.decode()

    html = client_of(alice).get(address(case) + link).content.decode()
    form = html.split("/etape/merge")[0].rpartition("<details")[2]
    assert form.startswith(' class="act" open>')
    assert f'value="{other.reference}"' in html
    answer = post(alice, case, "etape", "merge", **{"merge-into": other.reference})
    assert answer.status_code == 200
    assert fresh(case).merged_into == other

    agree(emile.operators.get(), fresh(other))
    assert "?doublon=" not in page(other, emile).content.decode()


def test_no_such_link_leads_to_a_case_that_has_ended_or_from_one(alice):
    case, other = filed(TRAP), filed(TRAP)
    drain()
    post(alice, other, "etape", "reject", **{"reject-reason": "Une question."})

    assert other.reference in section(page(case, alice))
    for one in (case, other):
        assert "?doublon=" not in page(one, alice).content.decode()


def test_what_the_link_says_is_text_and_is_looked_up_only_when_it_is_sent(alice, bruno):
    case, hidden = filed(), filed()
    casework.restrict(incident=hidden.uuid, version=1, by=Person.of(bruno), people=[], now=now())

    def form(reference):
        html = client_of(alice).get(address(case), {"doublon": reference}).content.decode()
        return html.split('name="merge-into"')[1].split("</form>")[0]

    assert form(hidden.reference) == form("OCC-0000-00").replace("OCC-0000-00", hidden.reference)
    assert "&quot;&gt;&lt;img" in form('"><img src=x onerror=1>')
    assert "onerror" not in form('"><img src=x onerror=1>')


def test_eve_reads_nothing_of_it(eve, alice):
    case, _other = filed(TRAP), filed(TRAP)
    drain()

    assert page(case, eve).status_code == 404
