"""The journal's page: who read and did what, to whom it is told, and its file."""

import csv
import io
import re
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync

from csirt.accounts.principals import Person
from csirt.accounts.services import change_role, disable
from csirt.journal.models import Event
from csirt.kernel.clock import now
from incidents.console import journal, ledger
from incidents.services import casework, observing, transitions
from tests.console.case import address, fresh, text
from tests.people import client_of, file_case, person

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/console/journal/"


def read(user, query=""):
    return client_of(user).get(PAGE + query)


def rows(answer):
    body = answer.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    cells = re.sub(r"</td>", " | ", body)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in cells.split("</tr>")[:-1]]


async def whole(answer):
    return b"".join([piece async for piece in answer.streaming_content])


def table(user, **asked):
    answer = client_of(user).post(PAGE + "export", asked)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    raw = async_to_sync(whole)(answer)
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))


def restrict(case, user):
    casework.restrict(
        incident=case.uuid, version=fresh(case).version, by=Person.of(user), people=[], now=now()
    )


def test_it_tells_who_read_and_did_what(alice, bruno, denise):
    client_of(alice).get(address(denise.incident))
    transitions.take(incident=denise.incident.uuid, version=1, by=Person.of(alice), now=now())
    told = rows(read(bruno))

    assert any("Alice a ouvert le dossier." in row and denise.reference in row for row in told)
    assert "Alice a pris le dossier." in told[0]


def test_an_analyst_reads_of_the_cases_she_sees_and_of_nothing_else(alice, bruno, ada, denise):
    hidden = file_case()
    restrict(hidden.incident, bruno)
    change_role(user=person("Zoé", "analyst").uuid, version=1, role="lead", by=ada, now=now())
    mine, his = text(read(alice)), text(read(bruno))

    assert denise.reference in mine
    assert hidden.reference not in mine
    assert "rôle d'un compte" not in mine
    assert hidden.reference in his
    assert "Ada a changé le rôle d'un compte : analyst → lead." in his
    restrict(denise.incident, alice)
    assert denise.reference not in text(read(bruno))


def test_asking_for_a_hidden_case_answers_as_for_none(alice, bruno):
    hidden = file_case()
    restrict(hidden.incident, bruno)
    there = read(alice, f"?dossier={hidden.reference}").content.decode()
    nowhere = read(alice, "?dossier=OCC-0000-00").content.decode()

    def same(html):
        return re.sub(r"[0-9a-zA-Z]{32,}|OCC-[0-9A-Z]{4}-[0-9A-Z]{2}", "", html)

    assert same(there) == same(nowhere)
    assert not rows(read(alice, f"?objet={hidden.incident.uuid}"))


def test_who_administers_reads_identifiers_and_no_fact(ada, alice, bruno, denise):
    casework.edit(
        incident=denise.incident.uuid, version=1, by=Person.of(alice), title="zqtitre", now=now()
    )
    transitions.reject(
        incident=denise.incident.uuid, version=2, by=Person.of(alice), reason="zqmotif", now=now()
    )
    restrict(file_case().incident, bruno)
    html = read(ada).content.decode()

    assert denise.reference in html
    assert f"/dossiers/{denise.incident.uuid}" not in html
    for fact in ("zqtitre", "zqmotif", "Mairie", "P1", "le titre"):
        assert fact not in html.partition("<tbody>")[2]
    assert "Alice a modifié : …." in text(read(ada))
    assert "Bruno a restreint le dossier à …." in text(read(ada))
    for row in table(ada):
        assert not {"zqtitre", "le titre"} & {row["Quoi"]}


@pytest.mark.parametrize("who", ["eve", "chloe", "emile"])
def test_nobody_else_has_a_journal(who, request, denise):
    user = request.getfixturevalue(who)
    assert read(user).status_code == 404
    assert client_of(user).post(PAGE + "export").status_code == 404
    assert not Event.objects.filter(kind="journal.exported").exists()
    assert PAGE not in client_of(user).get("/comptes/moi/").content.decode()


def test_it_is_narrowed_by_person_kind_case_object_and_period(alice, bruno, denise):
    other = file_case()
    casework.add_note(incident=other.incident.uuid, by=Person.of(bruno), text="Vu.", now=now())
    row = observing.add_observable(
        incident=denise.incident.uuid, by=Person.of(alice), type="ipv4", value="203.0.113.9",
        now=now(),
    )  # fmt: skip
    observing.judge(
        incident=denise.incident.uuid, observable=row.uuid, version=1, by=Person.of(alice),
        role="indicator", now=now(),
    )  # fmt: skip

    def told(query):
        return " / ".join(rows(read(bruno, query)))

    assert "Alice" not in told(f"?par={bruno.uuid}")
    assert "Bruno a écrit une note interne." in told(f"?par={bruno.uuid}")
    assert told("?groupe=equipe").count("note interne") == 1
    assert other.reference not in told(f"?dossier={denise.reference}")
    assert told(f"?objet={row.uuid}").startswith(told("?groupe=indices").split(" / ")[0][:20])
    assert "indicateur" in told(f"?objet={row.uuid}")
    assert len(rows(read(bruno, f"?objet={row.uuid}"))) == 1
    assert rows(read(bruno, "?du=2020-01-01&au=2020-12-31")) == []
    assert "Rien dans le journal" in text(read(bruno, f"?objet={uuid4()}"))
    assert told("?par=x&groupe=x&objet=x&du=x&au=9999-99-99&apres=x") == told("")


def test_pages_show_each_event_once(alice, bruno, monkeypatch):
    monkeypatch.setattr(ledger, "PAGE", 3)
    for _ in range(7):
        file_case()
    seen, query = [], ""
    while query is not None:
        html = read(bruno, query).content.decode()
        seen += re.findall(r"OCC-[0-9A-Z]{4}-[0-9A-Z]{2}", html.partition("<tbody>")[2])
        older = re.search(r'rel="next" href="([^"]+)"', html)
        query = older[1].replace("&amp;", "&") if older else None

    assert len(seen) == len(set(seen)) == 7


def test_the_file_holds_what_the_page_asks_for_and_is_an_event(alice, bruno, denise, monkeypatch):
    monkeypatch.setattr(journal, "BATCH", 2)
    other = file_case()
    for number in range(5):
        casework.add_note(
            incident=denise.incident.uuid, by=Person.of(alice), text=f"n{number}", now=now()
        )
    found = table(bruno, dossier=denise.reference)

    assert [row["Quoi"] for row in found[:5]] == ["Alice a écrit une note interne."] * 5
    assert {row["Dossier"] for row in found} == {denise.reference}
    assert len(found) == 6
    assert other.reference not in str(found)
    exported = Event.objects.get(kind="journal.exported")
    assert (exported.actor, exported.data) == (bruno.actor, {"case": denise.reference})
    assert "Bruno a exporté une partie du journal." in text(read(bruno))
    assert "journal.exported" not in str(table(alice))


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "＝1", "\t=1", '"=1'])
def test_what_people_write_is_no_formula_in_the_file(name, bruno, denise):
    mallory = person(name, "analyst", email="mallory@exemple.fr")
    casework.add_note(incident=denise.incident.uuid, by=Person.of(mallory), text="Vu.", now=now())
    found = table(bruno, par=str(mallory.uuid))

    assert len(found) == 1
    for value in found[0].values():
        assert value.strip()[:1] not in {*"=+-@＝"}


def test_a_file_that_is_being_sent_ends_with_the_rights_of_who_asked(ada, alice, monkeypatch):
    monkeypatch.setattr(journal, "BATCH", 2)
    for _number in range(4):
        file_case()
    pieces = journal._batches(Person.of(alice), ledger.Asked(after=2**40), "fr")
    next(pieces)
    assert next(pieces).count("\r\n") == 2

    disable(user=alice.uuid, version=1, by=ada, now=now())
    assert list(pieces) == []
