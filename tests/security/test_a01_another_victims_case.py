"""A1: with one victim's visit, nothing of another's can be read, changed or even suspected."""

import re

import pytest

from csirt.accounts.principals import Person
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.intake.urls import intake
from incidents.models import AccessCode, Consent, ErasureRequest, Incident, LaterAnswer, Message
from incidents.services.following import write_to_victim
from tests.intake.test_followup import visit
from tests.people import file_case

MARK = "vb-marqueur-7c1e"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
ABSENT = "00000000-0000-4000-8000-000000000000"
NOISE = re.compile(
    rb'(?<=name="csrfmiddlewaretoken" value=")\w+|(?<=name="envoi" value=")\w+'
    rb'|(?<=<code translate="no">)[0-9a-f]{16}(?=</code>)'
)


@pytest.fixture
def vb(db, alice):
    """Vb: everything that hangs under her case bears the mark."""
    victim = file_case(text=MARK, organisation_name=MARK, contact_name=MARK)
    write_to_victim(
        incident=victim.incident.uuid, by=Person.of(alice), token=codes.new_token(), text=MARK,
        now=now(),
    )  # fmt: skip
    client = visit(victim)
    client.post("/suivi/acces/", {"nom": MARK, "envoi": codes.new_token()})
    client.post("/suivi/message/", {"message": MARK, "envoi": codes.new_token()})
    client.post("/suivi/accord/", {"sur": "sharing", "accord": "oui"})
    return victim


def paths():
    """Return every address of the follow-up page, from the URL conf."""
    found = [str(one.pattern) for one in intake if str(one.pattern).startswith("suivi/")]
    assert len(found) >= 14
    return ["/" + re.sub(r"<\w+:\w+>", "suite-fait", path) for path in found]


def names_of(victim):
    """Return all that could name her case in a request."""
    case = Incident.objects.get(pk=victim.incident.pk)
    return [
        str(case.uuid), case.reference, str(case.pk), str(victim.report.uuid),
        *(str(m.uuid) for m in Message.objects.filter(incident=case)),
        *(str(c.uuid) for c in AccessCode.objects.filter(incident=case).exclude(name="")),
    ]  # fmt: skip


def whole(response):
    """Return everything of an answer but what differs each time."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    kept = {
        k: v for k, v in response.headers.items() if k not in {"X-Request-Id", "Content-Length"}
    }
    return response.status_code, sorted(kept.items()), NOISE.sub(b"#", body)


@pytest.mark.parametrize("method", METHODS)
def test_no_address_answers_with_anything_of_another_case(denise, vb, method):
    rows = Message, AccessCode, Consent, ErasureRequest, LaterAnswer
    before = [list(model.objects.filter(incident=vb.incident).values()) for model in rows]
    client = visit(denise)
    for path in paths():
        if path == "/suivi/quitter/":
            continue
        for name in names_of(vb):
            fields = dict.fromkeys(("code", "incident", "dossier", "case", "id", "sur"), name)
            address = f"{path}?{'&'.join(f'{k}={v}' for k, v in fields.items())}"
            response = getattr(client, method)(address, fields if method == "post" else None)
            assert response.status_code < 500
            assert MARK.encode() not in whole(response)[2], (method, path, name)

    assert [list(model.objects.filter(incident=vb.incident).values()) for model in rows] == before


def test_what_is_hidden_answers_as_what_does_not_exist(denise, vb):
    client = visit(denise)
    foreign = str(AccessCode.objects.exclude(name="").get().uuid)

    absent, hidden = (
        whole(client.post("/suivi/acces/fin/", {"code": code})) for code in (ABSENT, foreign)
    )

    assert absent == hidden
    assert absent[0] == 404


def test_a_reference_opens_nothing(vb, client):
    response = client.post("/suivi/", {"code": vb.reference})

    assert MARK not in response.content.decode()
    assert "sessionid" not in client.cookies
