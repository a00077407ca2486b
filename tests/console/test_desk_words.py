"""The desk's own replies and mails: chosen on the case, filled in, editable; never a template language."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client

from csirt.directory.desk.sorts import sort_of
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid
from incidents.models import Message, Notice
from incidents.notifications import words
from tests.console.case import address as case_address
from tests.directory.settings import ADDRESS, REPLY, put
from tests.intake.test_followup import page_of, visit
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db
HOSTILE = "{{7*7}} {% load x %} {0.__class__} %(x)s <script>x</script>"
OWN = "reply.r-0123abcd"


@pytest.fixture
def address(denise):
    return case_address(denise.incident)


def visit_page(victim):
    return unescape(page_of(visit(victim)))


def shown(user, address, picked):
    return client_of(user).get(address, {"modele": picked}).content.decode()


def test_a_new_reply_is_offered_on_the_case_and_filled_in(ada, alice, denise, address):
    put(ada, OWN, **REPLY)
    html = shown(alice, address, "r-0123abcd")

    assert '<option value="r-0123abcd" selected>Bonjour</option>' in html
    assert f"Bonjour, {denise.reference}.</textarea>" in html


def test_it_is_in_the_language_of_who_filed_and_its_name_in_that_of_the_screen(ada, alice, address):
    put(ada, OWN, **REPLY)
    victim = file_case(language="en")
    html = shown(alice, case_address(victim.incident), "r-0123abcd")

    assert ">Bonjour</option>" in html
    assert f"Hello, {victim.reference}.</textarea>" in html


def test_a_shipped_reply_is_changed_and_taken_away(ada, alice, address):
    put(ada, "reply.cloture", fr="Au revoir.", en="Goodbye.")
    assert "Au revoir.</textarea>" in shown(alice, address, "cloture")

    put(ada, "reply.cloture", gone="oui", version=1)
    html = shown(alice, address, "cloture")
    assert 'value="cloture"' not in html
    assert "n&#x27;est plus proposée" in client_of(ada).get(ADDRESS).content.decode()


def test_what_leaves_by_itself_stays(ada):
    with pytest.raises(Invalid) as refused:
        put(ada, "reply.reponse-p4", gone="oui")
    assert list(refused.value.fields) == ["gone"]


def test_a_text_is_no_template_anywhere(ada, alice, denise, address):
    put(ada, OWN, **{**REPLY, "fr": HOSTILE})
    html = shown(alice, address, "r-0123abcd")
    assert "{{7*7}} {% load x %} {0.__class__} %(x)s &lt;script&gt;" in html
    preview = client_of(ada).get(f"{ADDRESS}{OWN}/").content.decode()
    assert "49" not in preview.partition('id="preview"')[2].partition("</section>")[0]

    client_of(alice).post(
        f"{address}faire/message", {"message-text": HOSTILE, "token": codes.new_token()}
    )
    assert [one.text for one in Message.objects.all()] == [HOSTILE]
    with time_machine.travel(now() + timedelta(minutes=1)):  # until then it may be taken back
        assert HOSTILE in visit_page(denise)


@pytest.mark.parametrize(
    "typed",
    [
        {"fr": "{inconnu}"},
        {"en": "{0}"},
        {"fr": "{aide}"},
        {"fr": ""},
        {"label_en": ""},
        {"fr": "x" * 5000},
    ],
)
def test_a_reply_with_an_unknown_placeholder_or_half_of_it_is_refused(ada, typed):
    with pytest.raises(Invalid):
        put(ada, OWN, **{**REPLY, **typed})


def test_a_mail_says_what_was_set(ada, denise):
    text = sort_of("mail.nouveau").shipped()["fr"] + "\nBonne journée {service} {{7*7}}"
    put(ada, "mail.nouveau", fr=text, subject_fr="[{reference}] Des nouvelles")
    notice = Notice(incident=denise.incident, about="nouveau", language="fr")
    notice.pk = 0
    subject, said = words.subject_and_text(notice, [denise.reference])

    assert subject == f"[{denise.reference}] Des nouvelles"
    assert said.endswith("Bonne journée Cyber'Occ {{7*7}}")


@pytest.mark.parametrize(
    "typed",
    [{"fr": "Bonjour {service}"}, {"fr": "{reference} {lien} {prenom_agent}"},
     {"fr": "{reference} {lien} je veux mourir"}, {"subject_fr": ""}],
)  # fmt: skip
def test_a_mail_keeps_what_it_needs_and_no_word_of_distress(ada, typed):
    with pytest.raises(Invalid):
        put(ada, "mail.nouveau", **typed)


def test_sent_twice_a_new_reply_is_one(ada):
    client = client_of(ada)
    page = client.get(f"{ADDRESS}reponse").content.decode()
    name = page.partition('name="name" value="')[2].partition('"')[0]
    for _ in range(2):
        response = client.post(f"{ADDRESS}reponse", {"name": name, "version": "0", **REPLY})
        assert response["Location"] == f"{ADDRESS}{name}/"

    assert client.get(ADDRESS).content.decode().count(">Bonjour</a>") == 1
    assert client.post(f"{ADDRESS}reponse", {"name": "hours", "version": "0"}).status_code == 404


def test_eve_and_strangers_read_no_reply(eve, ada):
    put(ada, OWN, **REPLY)

    assert client_of(eve).get(f"{ADDRESS}{OWN}/").status_code == 404
    assert Client().get(f"{ADDRESS}{OWN}/")["Location"].startswith("/comptes/")
