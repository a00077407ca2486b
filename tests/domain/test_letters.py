"""A mail is read into plain text, and none makes the desk raise or wait."""

import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.domain.letters import LONGEST_TEXT, read
from incidents.domain.markup import plain

HEAD = b"From: a@b.fr\r\nSubject: x\r\n"
PIECES = (
    b"Content-Type: multipart/mixed; boundary=a\r\n\r\n",
    b"--a\r\n",
    b"--a--\r\n",
    b"Content-Type: text/plain; charset=nope\r\n\r\n",
    b"Content-Type: text/html; charset*0*=%ff''x\r\n\r\n",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: message/delivery-status\r\n\r\n",
    b"Content-Type: multipart/report; boundary=a\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n\r\n",
    b"Subject: =?utf-8?b?!!!?=\r\n",
    b"Subject: =?nope?q?=ff?=\r\n",
    b"From: =?utf-8?q?x?= <a@b.fr>, (((\r\n",
    b"Message-ID: <<>>\r\n",
    b"Action: failed\r\nStatus: 5.1.1\r\nFinal-Recipient: ;;;\r\n",
    b"\r\n",
    b"\x00\xff\xfe\x80",
    b"<p>&#xd800;&#0;</p>",
)


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=40), max_size=30))
def test_no_bytes_make_it_raise(pieces):
    letter = read(b"".join(pieces))

    letter.text.encode()
    letter.subject.encode()
    assert "\x00" not in letter.text


@given(st.text(alphabet="<>/a!-p&;#'\"= \n", max_size=300))
def test_no_markup_makes_it_raise(markup):
    assert isinstance(plain(markup), str)


@pytest.mark.parametrize(
    "charset", ["nope", "utf-16", "punycode", "idna", "zlib", "unicode_escape", "undefined", "\x00"]
)
def test_a_charset_that_lies_is_read_all_the_same(charset):
    raw = HEAD + f"Content-Type: text/plain; charset={charset}\r\n\r\nBonjour".encode()

    assert read(raw).text


def nested(levels, filling=b""):
    parts = (
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(levels)
    )
    return HEAD + b"".join(parts) + b"\r\nBonjour\r\n" + filling


@pytest.mark.parametrize(
    "raw",
    [
        nested(5000),
        nested(15, b"a\n" * 300_000),
        HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
        b"From: " + b"(" * 300_000 + b"\r\n\r\nBonjour",
        b"From: " + b"a@b.fr, " * 50_000 + b"\r\n\r\nBonjour",
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<" * 500_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * 120_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<a href=" * 60_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<style>" * 70_000,
        HEAD + b'Content-Type: multipart/mixed; boundary="a"\r\n\r\n' + b"--a\n" * 120_000,
        HEAD + b"X: y\r\n" * 80_000,
    ],
    ids=["deep", "deep and long", "mails in mails", "comments", "senders", "angles", "comments in html",
         "links", "styles", "parts", "headers"],
)  # fmt: skip
def test_a_hostile_mail_costs_little(raw):
    began = time.process_time()
    letter = read(raw)

    assert time.process_time() - began < 5
    assert len(letter.text) <= LONGEST_TEXT + 10


def in_two(text, page):
    """Return what is read of a mail that has a text and a page."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@b.fr", "Objet"
    mail.set_content(text)
    mail.add_alternative(page, subtype="html")
    mail.add_attachment("Le secret.", filename="note.txt")
    return read(mail.as_bytes())


def test_plain_text_is_preferred_and_attachments_are_not_read():
    page = "<p>Le serveur <b>ne répond</b> <a href='http://x.example'>plus</a>.</p>"
    letter = in_two("Le serveur\nne répond plus.", page)

    assert letter.text == "Le serveur\nne répond plus."
    assert "secret" not in letter.seen


@pytest.mark.parametrize(
    "stub",
    ["Votre logiciel ne montre pas le HTML.", "version HTML", "This mail is in HTML format.", " "],
)
def test_a_page_is_read_when_its_text_only_says_that_there_is_one(stub):
    page = "<p>Je n'en peux plus. Tous nos fichiers de la mairie sont chiffrés depuis hier.</p>"
    letter = in_two(stub, page)

    assert letter.text.startswith("Je n'en peux plus. Tous nos fichiers")


def test_a_text_that_says_more_than_its_page_is_read():
    letter = in_two("Nos fichiers sont tous chiffrés depuis hier soir.", "<p>chiffrés hier</p>")

    assert letter.text == "Nos fichiers sont tous chiffrés depuis hier soir."


def test_two_parts_that_say_two_things_are_both_read():
    letter = in_two("Le texte dit ceci.", "<p>Une page fort différente de lui.</p>")

    assert letter.text == "Une page fort différente de lui.\n\nLe texte dit ceci."


@pytest.mark.parametrize(
    "page",
    [
        "<div style='display:none'>Je veux mourir</div><p>Bonjour</p>",
        "<!--[if mso]><p>Je veux mourir</p><![endif]--><p>Bonjour</p>",
        "<!-- <p>Bonjour</p><p>Je veux mourir</p>",
        "<style>p {<p>Je veux mourir</p>",
        f"<p>{'Bonjour ' * 5000}</p><p>Je veux mourir</p>",
    ],
    ids=["not shown", "Outlook", "open comment", "open style", "too far down"],
)
def test_what_some_program_shows_is_among_what_is_seen(page):
    raw = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page.encode()

    assert "Je veux mourir" in read(raw).seen


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Un</p><p>Deux</p>", "Un\n\nDeux"),
        ("Un<br>Deux", "Un\nDeux"),
        ("<style>x</style>Un<script>y</script>", "Un"),
        ("<!-- secret -->Un", "Un"),
        ("<!-->Un", "Un"),
        ("<!-- Un", "<!-- Un"),
        ("<html><head><title>x</title><body><p>Un</p>", "Un"),
        ("<head><meta charset=utf-8>Un", "Un"),
        ("<title>Un", "Un"),
        ("<style>x</style>Un<style>Deux", "UnDeux"),
        ("<script>Un</p>", "Un"),
        ("<noscript>Un</noscript>", "Un"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("<a href='http://x.example'>clic</a>", "clic [http://x.example]"),
        ("<a href='http://x.example'>http://x.example</a>", "http://x.example"),
        ("1 < 2", "1 < 2"),
    ],
)
def test_markup_becomes_what_a_person_reads(markup, text):
    assert plain(markup) == text


def test_the_fingerprint_does_not_see_the_way_that_a_mail_took():
    mail = HEAD + b"Message-ID: <1@b.fr>\r\n\r\nBonjour"

    assert read(mail).fingerprint == read(b"Received: from x\r\n" + mail).fingerprint
    assert read(mail).fingerprint != read(mail + b"!").fingerprint
