"""Words of distress in a mail: a helpline at once, and no evidence lost to a word heard amiss."""

import pytest

from csirt.accounts.principals import Person
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents import queries
from incidents.models import Evidence, Incident, IncomingMail, Notice, Report
from incidents.notifications.incoming import keeping
from incidents.services import answering
from tests.incidents.conftest import follow
from tests.notifications.conftest import deliver, letter, poll, write

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "denise@mairie-exemple.fr"
SCHOOL = "Le serveur est chiffré au lycée, tout est arrêté."


def receive(box, text, **headers):
    """Have the desk read one more mail, and keep what it may; return its row."""
    mail = letter(text, **headers)
    box.put(mail)
    poll()
    keeping.keep_mails(now())
    return IncomingMail.objects.get(name=mail["Message-ID"])


def settle(alice, flag, *, confirmed):
    case = Incident.objects.get()
    answering.settle_words(
        incident=case.uuid, version=case.version, by=Person.of(alice), flag=flag,
        confirmed=confirmed, now=now(),
    )  # fmt: skip
    keeping.keep_mails(now())


def kept_words():
    return list(Event.objects.filter(kind="mail.words_only").values_list("incident", "data"))


def test_a_school_is_not_a_child(box):
    row = receive(box, SCHOOL)
    case = Incident.objects.get()

    assert (case.assessment["flags"], case.assessment["suspected"]) == ([], ["mineur"])
    assert not case.danger
    assert "F2" not in case.assessment["rules"]
    assert queries.keeping(case) == "held"
    assert row.raw is not None
    assert not Evidence.objects.exists()
    assert kept_words() == []


def test_cleared_the_mail_is_evidence(box, alice):
    row = receive(box, SCHOOL)
    settle(alice, "mineur", confirmed=False)
    row.refresh_from_db()

    assert row.raw is None
    assert Evidence.objects.get().size == row.size
    assert kept_words() == []


def test_confirmed_only_its_words_are_kept_and_the_history_says_so(box, alice):
    row = receive(box, SCHOOL)
    settle(alice, "mineur", confirmed=True)
    row.refresh_from_db()
    case = Incident.objects.get()

    assert row.raw is None
    assert not Evidence.objects.exists()
    assert kept_words() == [(case.pk, {"mail": str(row.uuid), "size": row.size})]
    assert (case.priority, case.danger) == ("P1", True)


def test_of_blackmail_only_words_are_kept_and_the_history_says_so(box):
    row = receive(box, "Sextorsion : on menace de publier des images.")

    assert row.raw is None
    assert kept_words() == [(row.incident_id, {"mail": str(row.uuid), "size": row.size})]


def test_a_mail_that_waits_holds_up_no_other(box, monkeypatch):
    monkeypatch.setattr(keeping, "AT_ONCE", 1)
    waits, other = receive(box, SCHOOL), receive(box, "Un virus.")

    assert waits.raw is not None
    assert other.raw is None
    assert Evidence.objects.get().incident == other.incident


def test_the_subject_is_heard_too(box):
    receive(box, "Aidez-nous.", Subject="Je veux mourir")
    case = Incident.objects.get()

    assert (case.priority, case.assessment["flags"]) == ("P1", ["idees_noires"])


PAGES = {
    "open head": "<html><head><title>Aide</title><p>Je veux mourir</p>",
    "open style": "<style>p{color:red}<p>Je veux mourir</p>",
    "open script": "<script>var a=1;<p>Je veux mourir</p>",
    "not shown": "<p>Bonjour</p><div style='display:none'>Je veux mourir</div>",
    "Outlook": "<p>Bonjour</p><!--[if mso]>Je veux mourir<![endif]-->",
    "too far down": f"<p>{'Bonjour. ' * 5000}</p><p>Je veux mourir</p>",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_is_heard_whatever_its_text_says(box, post, page):
    mail = letter("Votre messagerie n'affiche pas le HTML.")
    mail.add_alternative(page, subtype="html")
    box.put(mail)
    poll()
    deliver()
    case = Incident.objects.get()

    assert (case.priority, case.assessment["flags"]) == ("P1", ["idees_noires"])
    assert "veux mourir" in Report.objects.get().text
    assert "\n3114 :" in post.texts[0].replace("\r\n", "\n")


def test_a_page_that_joins_a_case_is_heard(box, denise):
    mail = letter("version HTML", Subject=f"[{denise.reference}]")
    mail.add_alternative("<head><p>Je veux mourir", subtype="html")
    box.put(mail)
    poll()

    assert Incident.objects.get().assessment["flags"] == ["idees_noires"]


def test_a_mail_that_joins_a_case_is_heard(box, denise):
    row = receive(
        box, "Il a moins de 18 ans, au lycée. Je veux en finir.", Subject=f"[{denise.reference}]"
    )
    case = Incident.objects.get()

    assert row.message.incident == case
    assert case.assessment["flags"] == ["idees_noires"]
    assert case.assessment["suspected"] == ["mineur"]
    assert (case.priority, case.danger) == ("P1", True)
    assert row.raw is not None


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Je veux en finir.", "3114"),
        ("Mon fils de 13 ans.", "3018"),
        ("Je suis en danger.", "17"),
        ("J'ai honte.", "3114"),
    ],
)
def test_the_answer_brings_the_helpline_and_says_nothing_of_why(box, post, text, first):
    receive(box, text)
    deliver()
    said = post.texts[0].replace("\r\n", "\n")
    lines = said.partition(" tout le monde :\n")[2].partition("\n\n")[0].splitlines()

    assert lines[0].startswith(f"{first} :")
    numbers = {line.partition(" ")[0] for line in lines}
    assert numbers == {"17", "112", "114", "119", "3114", "3018"}
    assert "3919" not in said
    assert post.mails[0][2]["Subject"].endswith("Votre message est bien arrivé")
    assert text not in said


def test_it_is_in_the_language_of_the_mail(box, post):
    mail = letter("Je veux en finir.")
    mail["Content-Language"] = "en"
    box.put(mail)
    poll()
    deliver()

    assert "3114: talk to somebody, day and night" in post.texts[0]


def test_other_mails_bring_none(box, post):
    receive(box, "Un virus.")
    deliver()

    assert "3114" not in post.texts[0]
    assert Notice.objects.get().about == "recu"


def test_a_mail_that_joins_a_case_is_answered_when_it_must_be(box, post, denise):
    receive(box, "Voici la suite.", Subject=f"[{denise.reference}]")
    deliver()
    assert post.mails == []

    mail = receive(box, "Je n'en peux plus.", Subject=f"[{denise.reference}]")
    deliver()
    [(_, to, answer)] = post.mails
    assert (to, answer["In-Reply-To"]) == ([EMAIL], mail.name)
    assert "3114 :" in answer.get_content()


def test_helplines_are_not_lost_to_other_news_of_the_hour(box, post, alice, denise):
    write(denise.incident, alice)
    receive(box, "Je veux en finir.")
    deliver()
    [said] = post.texts

    assert "3114 :" in said
    for case in Incident.objects.all():
        assert case.reference in said


def test_an_answer_that_quotes_our_mail_raises_nothing(box, post, denise):
    receive(box, "Je veux en finir.")
    deliver()
    quoted = "\n".join(f"> {line}" for line in post.texts[0].splitlines())
    receive(box, f"Merci.\n{quoted}", Subject=f"[{denise.reference}]")
    case = Incident.objects.get(pk=denise.incident.pk)

    assert (case.assessment["flags"], case.assessment["suspected"]) == ([], [])


def test_whoever_may_not_look_at_a_case_settles_no_words(box, eve, ada, chloe):
    receive(box, SCHOOL)
    case = Incident.objects.get()
    for user in (eve, ada, chloe):
        with pytest.raises(NotFound):
            settle(user, "mineur", confirmed=False)

    assert Incident.objects.get().version == case.version


@pytest.mark.parametrize(
    ("text", "asked", "argent"),
    [
        ("Un déni de service.", ["donnees", "evolution", "impact_service", "perimetre"], "non"),
        ("Un déni de service, et une rançon demandée.", None, "nsp"),
        ("Rien de connu.", None, "nsp"),
    ],
    ids=["one thing", "two things", "nothing"],
)
def test_only_what_the_form_would_ask_is_in_doubt(box, text, asked, argent):
    receive(box, text)
    kept = Incident.objects.get().assessment

    assert kept["asked"] == asked
    assert kept["inputs"]["argent"] == argent


def test_an_ended_case_comes_back_with_its_danger(box, alice, denise):
    follow("reject", denise.incident, alice)
    receive(box, "Je veux en finir.", Subject=f"[{denise.reference}]")
    case = Incident.objects.get()

    assert (case.unread, case.danger) == (True, True)
