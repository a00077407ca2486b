"""A10: hostile text is taken or refused, never a fault; what is stored is what was sent, cleaned.

The normalisation is the table at the top of ``csirt/kernel/text.py``.
"""

import http.client
import json
from urllib.parse import quote_plus, urlencode

import pytest
from django.test import Client

from csirt.kernel import codes
from csirt.kernel.text import clean, clean_line
from incidents.models import Incident, Message, Report
from tests.people import file_case
from tests.reporters import ANSWERS

TEXTS = {
    "nul": "avant\x00après",
    "controls": "a\x01b\x07c\x1bd\x7fe",
    "lone surrogate": "a\ud800b",
    "surrogate pair": "\ud83d\ude00",
    "reversed": "facture\u202egpj.exe",
    "isolates": "\u2066a\u2069",
    "zero width": "paie\u200bment",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "marks": "e" + "\u0301" * 10_000,
    "line ends": "a\r\nb\rc\x0bd\x0ce\u2028f\u2029g\x85h",
    "byte order": "\ufeffa\ufffe",
    "beyond": "\U0010ffff\U000e0001",
    "markup": "<script>alert(1)</script>{{7*7}}%(x)s${x}",
    "quotes": "'; DROP TABLE incidents_report; --",
    "one line": "x" * 20_000,
}
BODIES = {
    "invalid utf-8": b"recit=%ff%fe%c0%af&danger=non",
    "encoded surrogate": b"recit=%ed%a0%80&danger=%ed%a0%80",
    "utf-16": "danger=non".encode("utf-16"),
    "raw bytes": bytes(range(256)),
    "no value": b"&&&===;;;",
    "field of nul": b"%00=%00&danger=%00",
    "same field often": b"danger=non&" * 400,
}
FORM = "application/x-www-form-urlencoded"


def urlencoded(fields):
    """Return a body that may hold what has no UTF-8 form."""
    pairs = (
        f"{name}={quote_plus(value.encode('utf-8', 'surrogatepass'))}" for name, value in fields
    )
    return "&".join(pairs).encode()


def sent_whole(text, *, escaped):
    """File a report with this text, given as JSON escapes or as bytes."""
    held = json.dumps(
        {"language": "fr", "answers": {**ANSWERS, "recit": text}}, ensure_ascii=escaped
    )
    body = urlencoded([("envoi", codes.new_token()), ("reponses", held)])
    return Client().post("/signaler/envoi/", body, content_type=FORM)


@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "raw"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_story_is_kept_as_it_was_sent(db, name, escaped):
    response = sent_whole(TEXTS[name], escaped=escaped)

    assert response.status_code == 200, response.headers
    stored = Report.objects.get().text
    assert "\x00" not in stored
    if escaped or ("\ud800" not in TEXTS[name] and "\ud83d" not in TEXTS[name]):
        assert stored == clean(TEXTS[name]).strip("\n")
    assert Incident.objects.get().reference in response.content.decode()


@pytest.mark.parametrize("name", TEXTS)
def test_every_page_of_the_form_answers(db, name):
    text = TEXTS[name]
    for page, fields in {
        "danger": ["danger"],
        "qui": ["kind", "autrui"],
        "recit": ["recit"],
        "moment": ["quand", "quand_date", "quand_heure"],
        "lieu": ["ou", "ou_texte", "ou_doute", "ou_choix", "organisme", "etablissement"],
        "contact": ["contact_phone", "contact_email"],
    }.items():
        body = urlencoded((field, text) for field in fields)
        for query in ("", "?retour=1"):
            response = Client().post(f"/signaler/{page}/{query}", body, content_type=FORM)
            assert response.status_code in {200, 302}


@pytest.mark.parametrize("name", TEXTS)
def test_a_name_on_one_line_is_kept(db, name):
    answers = {**ANSWERS, "kind": "commune", "infos_gens": "non", "travail": "normal"}
    answers |= {"etablissement": ["aucun"], "organisme": TEXTS[name]}
    held = json.dumps({"language": "fr", "answers": answers})
    body = urlencoded([("envoi", codes.new_token()), ("reponses", held)])

    response = Client().post("/signaler/envoi/", body, content_type=FORM)

    stored = clean_line(TEXTS[name])
    if len(TEXTS[name]) > 800 or len(stored) > 200:
        assert response.status_code == 302  # asked again: the page says how long it may be
        assert Incident.objects.count() == 0
    else:
        assert response.status_code == 200
        assert Incident.objects.get().organisation_name == stored


@pytest.mark.parametrize("name", TEXTS)
def test_a_message_is_kept_as_it_was_sent(db, name):
    victim, client = file_case(), Client()
    client.post("/suivi/", {"code": victim.code})
    body = urlencoded([("envoi", codes.new_token()), ("message", TEXTS[name])])

    response = client.post("/suivi/message/", body, content_type=FORM)

    assert response.status_code == 302
    assert "\x00" not in Message.objects.get().text
    assert client.get("/suivi/").status_code == 200


@pytest.mark.parametrize("path", ["/signaler/danger/", "/signaler/envoi/", "/suivi/", "/langue/"])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_form_is_answered(db, path, name):
    response = Client().post(path, BODIES[name], content_type=FORM)

    assert response.status_code < 500


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=x"],
)
def test_another_kind_of_body_is_answered(db, kind):
    for path in ("/signaler/danger/", "/signaler/envoi/", "/suivi/"):
        response = Client().post(path, b'{"danger": "\\ud800"}', content_type=kind)
        assert response.status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/signaler/%00/",
        "/signaler/%ed%a0%80/",
        "/signaler/%ff/",
        "/signaler/danger%0a/",
        "/signaler/danger/?note=%00&retour=%ff",
        "/suivi/?%00=%00",
        "/%00",
        "/..%2f..%2fetc/passwd",
    ],
)
def test_an_address_of_any_bytes_is_answered(live_desk, path):
    line = http.client.HTTPConnection("127.0.0.1", live_desk.port, timeout=10)
    line.request("GET", path)

    assert line.getresponse().status in {200, 302, 400, 404}


@pytest.mark.parametrize("cookie", ["brouillon", "sessionid", "csrftoken", "django_language"])
def test_a_cookie_of_any_bytes_is_answered(live_desk, cookie):
    line = http.client.HTTPConnection("127.0.0.1", live_desk.port, timeout=10)
    for value in (b"\xff\xfe", b"\xed\xa0\x80", b"%00", b"a" * 4000, b'"\\000"'):
        for path in ("/signaler/danger/", "/suivi/"):
            line.putrequest("GET", path)
            line.putheader("Cookie", cookie.encode() + b"=" + value)
            line.endheaders()
            response = line.getresponse()
            response.read()
            assert response.status in {200, 302}


def test_ten_megabytes_of_text_are_refused_kindly(live_desk):
    body = urlencode({"recit": "x" * 10_000_000}).encode()
    line = http.client.HTTPConnection("127.0.0.1", live_desk.port, timeout=30)
    line.request("POST", "/signaler/recit/", body, {"Content-Type": FORM})
    response = line.getresponse()

    assert response.status == 413
    assert "Rien n'a été reçu." in response.read().decode()


def test_a_text_that_is_a_little_too_long_is_given_back(db):
    client = Client()
    client.post("/signaler/danger/", {"danger": "non"})
    client.post("/signaler/qui/", {"kind": "particulier", "autrui": "moi"})
    client.post("/signaler/quoi/", {"quoi": "autre"})

    html = client.post("/signaler/recit/", {"recit": "y" * 20_001}).content.decode()

    assert "Votre texte fait 20001 caractères. Raccourcissez-le à 20000 caractères." in html
    assert "y" * 20_001 in html
