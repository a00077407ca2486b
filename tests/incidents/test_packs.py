"""The complaint pack: asked for, drawn by the worker, fetched once; what a victim wrote stays text."""

import io
from datetime import timedelta

import pypdf
import pytest

from csirt.accounts.principals import Person, Victim
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed, NotFound
from csirt.kernel.text import defang_within
from csirt.management.periodic import run_jobs
from csirt.web import pdf
from incidents.evidence.store import store
from incidents.models import Evidence, Pack
from incidents.packing import asking, making
from incidents.services import casework, custody, observing, papers
from tests.incidents.clocks import act
from tests.incidents.conftest import row
from tests.people import agree, client_of, file_case

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not pdf.can_draw(), reason="this machine cannot draw a PDF"),
]
PAYLOADS = (
    "<script>alert(1)</script>",
    '<img src="http://127.0.0.1:9/fuite.png">',
    "<link rel=attachment href=file:///etc/hostname>",
    '<style>@import "http://127.0.0.1:9/x.css"; body{background:url(http://127.0.0.1:9/y)}</style>',
    "{{ case.pk }}{% include 'x' %}",
    "</blockquote><iframe src=file:///etc/passwd>",
)


def words(drawn):
    """Return the text of a PDF, spaces made one."""
    pages = pypdf.PdfReader(io.BytesIO(drawn)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def ask(case, user):
    return asking.ask(incident=case.uuid, by=Person.of(user), now=now())


def evidence(case, name="note.txt"):
    return Evidence.objects.create(
        incident=case, idempotency=name, name=name, stored=name, size=12, sha256="ab" * 32,
        source="victim", received_at=now(),
    )  # fmt: skip


def test_it_says_the_facts_the_times_the_files_the_traces_and_the_letter(denise, alice):
    case = denise.incident
    evidence(case)
    by = Person.of(alice)
    observing.paste_observables(
        incident=case.uuid,
        by=by,
        text="203.0.113.7 bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        now=now(),
    )
    casework.add_note(incident=case.uuid, by=by, text="Le maire est difficile.", now=now())
    act("meet", case, alice, duty="plainte-assurance-72h", how="Plainte à la brigade, n° 42.")
    drawn = making.draw(row(case))
    said = words(drawn)

    for part in (
        denise.reference, "Mairie d'Exemple", "Denise Vidal", ".lockbit", "(Paris)", "UTC",
        "note.txt", "ab" * 32, "203[.]0[.]113[.]7", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "Plainte à la brigade, n° 42.", "procureur de la République", "faire relire par un juriste",
        "Signalement reçu",
    ):  # fmt: skip
        assert part in said or part in said.replace(" ", ""), part
    assert "difficile" not in said
    assert "Alice" not in said
    catalog = pypdf.PdfReader(io.BytesIO(drawn)).trailer["/Root"]
    assert catalog["/Lang"] == "fr"
    assert catalog["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in drawn or "/Metadata" in catalog


def test_a_guess_of_the_moment_is_a_day_to_be_confirmed(db):
    guessed = file_case(answers={"quand": "aujourd_hui"}).incident
    knew = now() - timedelta(hours=5)
    told = file_case(knowledge_at=knew, knowledge_exact=True).incident

    assert "jour et heure à confirmer" in words(making.draw(row(guessed)))
    said = words(making.draw(row(told)))
    assert "à confirmer" not in said
    assert f"{knew:%H:%M:%S} UTC" in said


def test_what_a_victim_wrote_is_text_and_nothing_is_fetched(alice, monkeypatch):
    import socket

    from weasyprint.urls import URLFetcher

    case = file_case(
        text="\n".join(PAYLOADS), organisation_name=PAYLOADS[1], contact_name=PAYLOADS[0]
    ).incident
    evidence(case, PAYLOADS[2])
    papers.keep(
        incident=case.uuid,
        version=1,
        by=Person.of(alice),
        paper="plainte",
        text=PAYLOADS[3],
        now=now(),
    )
    asked = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, to: asked.append(to))
    real = URLFetcher.fetch
    monkeypatch.setattr(
        URLFetcher, "fetch", lambda self, url, *a: (asked.append(url), real(self, url, *a))[1]
    )
    drawn = making.draw(row(case))
    monkeypatch.undo()
    found = words(drawn).replace(" ", "")

    assert asked == []
    for payload in PAYLOADS:
        assert defang_within(payload).replace(" ", "") in found, payload
    reader = pypdf.PdfReader(io.BytesIO(drawn))
    assert not reader.attachments
    assert not any("/URI" in str(one) for page in reader.pages for one in page.get("/Annots", []))


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/a.png", "file:///etc/hostname", "data:text/plain,a"]
)
def test_drawing_refuses_every_address(address, monkeypatch):
    import socket

    asked = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, to: asked.append(to))
    drawn = pdf.drawn(
        f'<html lang="fr"><title>t</title><img alt="a" src="{address}"><p>ici</p>', ""
    )

    assert asked == []
    assert "ici" in words(drawn)
    assert not pypdf.PdfReader(io.BytesIO(drawn)).pages[0]["/Resources"]["/XObject"]


def test_it_is_asked_for_drawn_by_the_worker_and_fetched_once(denise, alice, settings):
    case, client = denise.incident, client_of(alice)
    asked = client.post(f"/console/dossiers/{case.uuid}/plainte")
    where = asked["Location"]
    waiting = client.get(where)
    assert (waiting.status_code, waiting["Refresh"]) == (200, "2")
    assert client.get(f"{where}/pdf").status_code == 404
    run_jobs("essai")
    ready = client.get(where)
    assert "Refresh" not in ready
    assert "Télécharger le PDF" in ready.content.decode()
    link = Pack.objects.get()
    with store().open(link.copy, "rb") as sealed:
        kept = sealed.read()
    assert not kept.startswith(b"%PDF")
    assert denise.reference.encode() not in kept

    answer = client.get(f"{where}/pdf")
    assert answer.content.startswith(b"%PDF")
    assert len(answer.content) == link.size
    assert answer["Content-Disposition"] == f'attachment; filename="{denise.reference}-plainte.pdf"'
    assert "sandbox" in answer["Content-Security-Policy"]
    [event] = Event.objects.filter(kind="pack.downloaded")
    assert (event.data["sha256"], event.actor) == (link.sha256, f"user:{alice.uuid}")
    assert client.get(f"{where}/pdf").status_code == client.get(where).status_code == 404
    assert not store().exists(link.copy)


def test_nobody_else_uses_the_link_and_it_ends(denise, alice, bruno, eve):
    case, secret = denise.incident, ask(denise.incident, alice)
    run_jobs("essai")
    for by, at in ((bruno, now()), (alice, now() + timedelta(minutes=11))):
        with pytest.raises(NotFound):
            asking.look(secret=secret, by=Person.of(by), now=at)
    with pytest.raises(NotFound):
        asking.look(secret=secret, by=Victim(incident_id=case.pk), now=now())
    with pytest.raises(NotFound):
        ask(case, eve)
    casework.restrict(
        incident=case.uuid, version=row(case).version, by=Person.of(bruno), people=[], now=now()
    )
    with pytest.raises(NotFound):
        asking.fetch(secret=secret, by=Person.of(alice), now=now())
    assert not Event.objects.filter(kind="pack.downloaded").exists()


def test_an_operator_may_not(denise, emile):
    agree(emile.operators.get(), denise.incident)

    with pytest.raises(NotAllowed):
        ask(denise.incident, emile)


def test_what_nobody_fetched_is_swept_and_drawing_twice_changes_nothing(denise, alice):
    ask(denise.incident, alice)
    run_jobs("essai")
    copy = Pack.objects.get().copy
    making.make(Pack.objects.get().pk)
    assert Pack.objects.get().copy == copy
    custody.sweep_orphans(now=now() + timedelta(hours=1))
    assert store().exists(copy)
    custody.sweep_copies(now=now() + timedelta(hours=2))

    assert not Pack.objects.exists()
    assert not store().exists(copy)


def test_a_machine_that_cannot_draw_says_so(denise, alice, monkeypatch):
    monkeypatch.setattr(pdf, "LIBRARIES", ("libnone.so.0",))
    pdf.can_draw.cache_clear()
    try:
        secret = ask(denise.incident, alice)
        run_jobs("essai")
    finally:
        pdf.can_draw.cache_clear()

    page = client_of(alice).get(f"/console/plainte/{secret}")
    assert "pas pu être dessiné" in page.content.decode().replace("&#x27;", "'")
    assert "Refresh" not in page
