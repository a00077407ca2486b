"""What the desk sees of mail: replies to pick, addresses to mark, and the alarm when something waits."""

import pytest

from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.journal.models import Parked
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.models import Incident, IncomingMail, Message, Notice
from incidents.notifications import sending
from incidents.services import casework
from tests.notifications.conftest import letter, poll, write
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/console/courriels/"
ALARM = "Courriels à voir"


def case_page(user, case, **query):
    return client_of(user).get(f"/console/dossiers/{case.uuid}/", query).content.decode()


def act(user, case, verb, **fields):
    return client_of(user).post(f"/console/dossiers/{case.uuid}/faire/{verb}", fields)


def send(user, case, text):
    return act(user, case, "message", **{"message-text": text, "token": codes.new_token()})


def decide(user, row, what):
    return client_of(user).post(PAGE, {"about": str(row.uuid), "do": what})


def test_a_reply_is_picked_and_filled_with_what_is_known(alice, denise):
    html = case_page(alice, denise.incident, modele="demande-info")

    assert f"pour avancer sur {denise.reference}, il nous manque une chose : {{action}}" in html
    assert "Alice</textarea>" in html


def test_it_is_offered_in_the_language_of_who_filed(alice):
    victim = file_case(language="en")

    assert "to move on with" in case_page(alice, victim.incident, modele="demande-info")


def test_a_reply_with_something_left_to_complete_is_not_sent(alice, denise):
    answer = send(alice, denise.incident, "Il nous manque une chose : {action}.")

    assert answer.status_code == 400
    assert "Complétez ce qui est entre accolades" in answer.content.decode()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["{{7*7}}", "{% load static %}", "{0.__class__}", "%(reference)s", "${", "{autre}"],
)
def test_other_braces_are_words_like_any_others(alice, denise, text):
    send(alice, denise.incident, text)

    assert Message.objects.get().text == text


def test_an_organisation_named_like_a_placeholder_is_not_read_again(alice):
    victim = file_case(organisation_name="{numero} {{7*7}}")
    html = case_page(alice, victim.incident, modele="demande-info")

    assert "49" not in html.split("<textarea")[1].split("</textarea>")[0]


CALM = {
    "impact_service": "aucun", "evolution": "tentative", "donnees": "non",
    "argent": "non", "perimetre": "aucun", "secours": "sans_objet",
}  # fmt: skip


def test_nobody_in_danger_perhaps_is_told_that_there_is_no_hurry():
    case = file_case(
        category="hameconnage-courriel", inputs=CALM, asked=None, suspected=("danger_vie",)
    ).incident
    assert case.priority == "P4"
    drain()

    assert not Message.objects.exists()


def test_a_quiet_case_is_answered_at_once_and_stays_unread_by_nobody(alice, post):
    victim = file_case(category="hameconnage-courriel", inputs=CALM, asked=None)
    assert victim.incident.priority == "P4"
    drain()
    drain()
    message = Message.objects.get()

    assert victim.reference in message.text
    assert "{" not in message.text
    assert not message.from_victim
    assert "Réponse automatique" in case_page(alice, victim.incident)
    sending.send_due(now())
    assert len(post.mails) == 1


def test_a_case_that_hurries_is_not_answered_by_a_machine(denise):
    drain()

    assert not Message.objects.exists()


def test_the_promise_of_the_quiet_answer_is_that_of_triage():
    from csirt.directory import reference

    bundle = reference.current()
    assert str(bundle.triage.service_targets.of("P4").first_human) == "P3D"
    assert "trois jours d'ouverture" in bundle.templates["reponse-p4"].fr


def test_an_analyst_marks_an_address_and_reads_why_nothing_left(alice, denise, post):
    answer = act(
        alice, denise.incident, "adresse",
        **{"report": str(denise.report.uuid), "adresse-trust": "compromised"},
    )  # fmt: skip
    assert answer.status_code == 302
    write(denise.incident, alice)
    drain()
    sending.send_due(now())
    html = case_page(alice, denise.incident)

    assert post.mails == []
    assert "<strong>compromise</strong>" in html
    assert "Aucun avis n&#x27;est parti : l&#x27;adresse n&#x27;est pas à utiliser." in html
    assert "Alice a dit une adresse : compromise." in html


@pytest.mark.parametrize("fields", [{"report": "x"}, {"adresse-trust": "bonne"}])
def test_a_mark_that_means_nothing_changes_nothing(alice, denise, fields):
    given = {"report": str(denise.report.uuid), "adresse-trust": "dead"} | fields

    assert act(alice, denise.incident, "adresse", **given).status_code in {400, 404}
    assert "<strong>utilisable</strong>" in case_page(alice, denise.incident)


def test_eve_and_the_others_see_and_decide_nothing(eve, ada, chloe, emile, parked):
    for user in (eve, ada, chloe, emile):
        assert client_of(user).get(PAGE).status_code == 404
        assert decide(user, parked, "retry").status_code == 404
    assert Notice.objects.get(user=None).state == "parked"


@pytest.fixture
def parked(alice, denise, post):
    """A notice that did not leave."""
    write(denise.incident, alice)
    drain()
    Notice.objects.update(state="parked", tries=5, error="SMTPDataError: 554 No")
    return Notice.objects.get(user=None)


def test_the_alarm_shows_while_something_waits(alice, denise, parked):
    client = client_of(alice)
    assert ALARM in client.get("/console/").content.decode()
    html = client.get(PAGE).content.decode()
    assert "SMTPDataError: 554 No" in html
    decide(alice, parked, "drop")

    assert ALARM not in client.get("/console/").content.decode()


def test_a_parked_notice_leaves_when_somebody_says_so(alice, parked, post):
    decide(alice, parked, "retry")
    sending.send_due(now())

    assert len(post.mails) == 1


def test_a_notice_of_a_hidden_case_is_not_there(alice, bruno, denise, parked):
    case = Incident.objects.get()
    casework.restrict(
        incident=case.uuid, version=case.version, by=Person.of(bruno), people=[], now=now()
    )

    assert ALARM not in client_of(alice).get("/console/").content.decode()
    assert denise.reference not in client_of(alice).get(PAGE).content.decode()
    assert decide(alice, parked, "retry").status_code == 404
    assert ALARM in client_of(bruno).get("/console/").content.decode()


def test_an_event_that_the_mailer_gave_up_is_an_alarm(alice):
    Parked.objects.create(consumer="mailer", seq=12, error="ValueError", at=now())

    assert "mailer · 12 · ValueError" in client_of(alice).get(PAGE).content.decode()


def test_a_mail_set_aside_becomes_a_case_when_somebody_says_so(alice, box, post):
    box.put(letter("<b>On nous attaque.</b>", Subject="Urgent", Auto_Submitted="auto-generated"))
    poll()
    mail = IncomingMail.objects.get()
    assert "&lt;b&gt;On nous attaque." in client_of(alice).get(PAGE).content.decode()
    decide(alice, mail, "case")
    case = Incident.objects.get()

    assert "On nous attaque." in case.reports.get().text
    assert decide(alice, mail, "case").status_code == 404
    drain()
    sending.send_due(now())
    assert post.mails == []


def test_a_mail_set_aside_is_forgotten_when_somebody_says_so(alice, box):
    box.put(letter(Auto_Submitted="auto-generated"))
    poll()
    mail = IncomingMail.objects.get()
    decide(alice, mail, "dismiss")
    mail.refresh_from_db()

    assert (mail.raw, mail.text) == (None, "")
    assert not Incident.objects.exists()
    assert ALARM not in client_of(alice).get("/console/").content.decode()
