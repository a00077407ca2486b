"""The readiness kit: filled without an account, read by its own body and by who counsels it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from csirt.accounts.roles import Role
from csirt.directory.models import Operator, OperatorAgreement, OperatorMember, Organisation
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotFound
from csirt.reference.bundle import shipped
from incidents.models import Incident
from incidents.services.joining import join_organisations
from playbooks.domain.kit import outcome
from playbooks.kit.words import themes
from playbooks.models import Kit, KitRound
from playbooks.services import kits
from tests.intake.test_followup import visit
from tests.intake.test_form_pages import text_of
from tests.people import agree, client_of, person
from tests.playbooks.desk import qualify, resolve

pytestmark = pytest.mark.django_db(transaction=True)
KIT = shipped().readiness
THEMES = themes(KIT)
IDS = [question.id for question in KIT.questions]
CODE = re.compile(r'<strong translate="no">([0-9A-Z-]{29})</strong>')
SHUT = "/kit/?ferme="  # no kit is open: the first page says so
FRENCH = {"HTTP_ACCEPT_LANGUAGE": "fr"}


def begin(client=None, path="/kit/", **data):
    """Begin a kit; return the client that has it open, and its code."""
    client = client or Client(**FRENCH)
    answer = client.post(path, {"envoi": codes.new_token(), **data})
    assert answer.status_code == 200
    return client, CODE.search(answer.content.decode())[1]


def fill(client, answer="oui", **others):
    """Answer every page, in order; return the last answer."""
    for theme in THEMES:
        asked = [question.id for question in KIT.questions if question.theme == theme]
        said = {name: others.get(name.replace("-", "_"), answer) for name in asked}
        last = client.post(f"/kit/questions/{theme}/", said)
        assert last.status_code == 302
    return last


def result(client):
    return text_of(client.get("/kit/resultat/"))


def test_its_code_is_kept_under_the_pepper_that_writes(settings):
    """While processes read a new pepper that none writes with yet, the old one is named last."""
    settings.PEPPERS = {2: b"nouveau", 1: settings.PEPPERS[1]}
    client, code = begin()
    assert Kit.objects.get().pepper == 1
    settings.PEPPERS = {1: settings.PEPPERS[1]}  # of a process that was not restarted yet
    assert client.post("/kit/code/", {"code": code}).status_code == 302


def test_it_is_filled_without_an_account_and_ends_with_three_gestures():
    client, _code = begin()
    last = fill(client, "non")

    assert last["Location"] == "/kit/resultat/"
    page = result(client)
    assert "Exposée" in page
    assert "0 points sur 100" in page
    first = next(question for question in KIT.questions if question.id == "sav-offline")
    assert first.advice_fr in page
    assert page.count("Qui :") == len(KIT.questions)
    assert "cyberscore" not in page.lower()


def test_its_code_opens_it_again_elsewhere_and_nothing_else_does():
    client, code = begin()
    fill(client)
    other = Client(**FRENCH)

    assert other.get("/kit/resultat/")["Location"] == SHUT
    wrong = other.post("/kit/code/", {"code": codes.grouped(codes.random_code())})
    assert (wrong.status_code, "Aucun kit" in text_of(wrong)) == (404, True)
    mistyped = other.post("/kit/code/", {"code": "1234"})
    assert (mistyped.status_code, 'value="1234"' in mistyped.content.decode()) == (400, True)
    assert other.post("/kit/code/", {"code": code.lower()})["Location"] == "/kit/resultat/"
    assert "Solide" in result(other)


def test_the_code_is_stored_nowhere():
    client, code = begin()
    fill(client)

    kept = str([*Kit.objects.values(), *KitRound.objects.values(), *Event.objects.values()])
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_a_code_of_a_kit_opens_no_case_and_one_of_a_case_no_kit(denise):
    _client, code = begin()

    assert Client().post("/suivi/", {"code": code}).status_code == 200
    assert "kit" not in Client().post("/suivi/", {"code": code}).headers.get("Location", "")
    assert Client().post("/kit/code/", {"code": denise.code}).status_code == 404


def test_the_same_form_sent_twice_is_one_kit():
    token = codes.new_token()
    seen = {
        CODE.search(Client().post("/kit/", {"envoi": token}).content.decode())[1] for _ in range(2)
    }

    assert len(seen) == 1
    assert Kit.objects.count() == KitRound.objects.count() == 1


@pytest.mark.parametrize("token", ["", "x", "é" * 32, "0" * 31])
def test_a_broken_form_begins_nothing(token):
    assert Client().post("/kit/", {"envoi": token}).status_code == 400
    assert not Kit.objects.exists()


def test_what_is_not_answered_may_be_answered_later_or_counts_as_not_known():
    client, _code = begin()
    client.post(f"/kit/questions/{THEMES[0]}/", {"sav-offline": "oui"})
    page = client.get(f"/kit/questions/{THEMES[0]}/").content.decode()
    assert re.search(r'name="sav-offline" value="oui" checked', page)

    client.post(f"/kit/questions/{THEMES[-1]}/")
    assert "5 points sur 100" in result(client)  # 3 of 58


def test_an_answer_that_the_kit_does_not_know_is_refused():
    client, _code = begin()
    answer = client.post(f"/kit/questions/{THEMES[0]}/", {"sav-offline": "peut-etre"})

    assert answer.status_code == 400
    assert KitRound.objects.get().answers == {}
    with pytest.raises(Invalid):
        kits.answer(kit=Kit.objects.get(), answers={"autre": "oui"})


def test_a_theme_that_does_not_exist_is_the_one_404():
    client, _code = begin()

    assert client.get("/kit/questions/rien/").status_code == 404


def test_a_round_that_is_done_never_changes():
    client, _code = begin()
    fill(client)
    kept = KitRound.objects.get().answers

    assert client.post(f"/kit/questions/{THEMES[0]}/", {"sav-offline": "non"}).status_code == 302
    assert KitRound.objects.get().answers == kept
    with pytest.raises(Conflict):
        kits.finish(kit=Kit.objects.get(), now=now())


def test_the_next_round_says_what_has_changed():
    client, _code = begin()
    fill(client, "non", dpo="oui")
    client.post("/kit/encore/")
    assert "Vous avez commencé une nouvelle fois" in result(client)
    fill(client, "non", sav_offline="oui")

    page = result(client)
    better, worse = page.index("Ce qui va mieux"), page.index("Ce qui va moins bien")
    questions = {question.id: question.question_fr for question in KIT.questions}
    assert page.index("Vos prochains gestes") < better < worse
    assert questions["sav-offline"][:30] in page[better:worse]
    assert questions["dpo"][:30] in page[worse:]
    assert "3 points" in page  # 2 of 58 then


def test_two_presses_of_again_are_one_round():
    client, _code = begin()
    fill(client)
    client.post("/kit/encore/")
    client.post("/kit/encore/")

    assert KitRound.objects.count() == 2


def test_after_six_months_it_asks_to_be_done_again():
    client, code = begin()
    fill(client)
    assert "Six mois ont passé" not in result(client)

    with time_machine.travel(now() + timedelta(days=190), tick=False):
        client.post("/kit/code/", {"code": code})
        assert "Six mois ont passé" in result(client)


def test_the_device_forgets_it_after_two_hours_or_when_told():
    client, code = begin()
    client.post("/kit/quitter/")
    assert client.get("/kit/resultat/")["Location"] == SHUT

    client.post("/kit/code/", {"code": code})
    with time_machine.travel(now() + timedelta(hours=3), tick=False):
        assert client.get(f"/kit/questions/{THEMES[0]}/")["Location"] == SHUT


def test_whoever_holds_it_deletes_it_with_all_its_answers():
    client, code = begin()
    fill(client)
    client.post("/kit/encore/")

    assert client.post("/kit/effacer/")["Location"] == "/kit/"
    assert not Kit.objects.exists()
    assert not KitRound.objects.exists()
    assert client.post("/kit/code/", {"code": code}).status_code == 404
    assert Event.objects.filter(kind="kit.deleted").count() == 1


def test_nothing_concerns_them():
    client, _code = begin()
    fill(client, "na")

    assert KIT.scoring.all_na.text_fr.split(":")[0].strip() in result(client)


@pytest.mark.parametrize("path", ["/kit/numeros/", "/kit/premiere-heure/"])
def test_a_sheet_for_the_wall_is_for_everybody(path):
    page = text_of(Client(**FRENCH).get(path))

    assert "0 800 71 13 13" in page.replace("\xa0", " ")
    assert "17Cyber" in page


def test_a_resolved_case_leads_to_the_kit_of_its_body(denise, alice):
    body = Organisation.objects.create(name="Mairie de Castagnac", kind="commune")
    Incident.objects.filter(pk=denise.incident.pk).update(organisation=body)
    client = visit(denise)
    assert "/suivi/kit/" not in client.get("/suivi/").content.decode()

    case = qualify(denise.incident, alice)
    resolve(case, alice)
    assert "/suivi/kit/" in client.get("/suivi/").content.decode()
    begin(client, "/suivi/kit/", dossier=case.reference)
    assert Kit.objects.get().organisation == body


def test_without_a_visit_no_case_leads_anywhere():
    answer = Client().post("/suivi/kit/", {"envoi": codes.new_token()})

    assert not Kit.objects.exists()
    assert "code" in answer.content.decode()


def test_a_counsellor_sees_what_each_body_should_do_next(emile, denise):
    agree(emile.operators.get(), denise.incident)
    body = Organisation.objects.get()
    other = Organisation.objects.create(name="Autre mairie", kind="commune")
    client = client_of(emile)
    assert "Jamais fait" in text_of(client.get("/console/kits/"))

    client, _code = begin(client, f"/console/kits/{body.uuid}/")
    fill(client, "non")
    page = text_of(client.get("/console/kits/"))
    assert "Exposée · 0" in page
    assert outcome(KIT, dict.fromkeys(IDS, "non")).gestures[0].advice_fr in page
    assert other.name not in page
    assert (
        client.post(f"/console/kits/{other.uuid}/", {"envoi": codes.new_token()}).status_code == 404
    )
    with pytest.raises(NotFound):
        kits.served(_person(emile), other.uuid)


def test_it_goes_on_after_the_last_page_that_was_answered():
    client, code = begin()
    for theme in THEMES[:3]:
        asked = [question.id for question in KIT.questions if question.theme == theme]
        client.post(f"/kit/questions/{theme}/", dict.fromkeys(asked, "oui"))

    assert client.get("/kit/resultat/")["Location"] == f"/kit/questions/{THEMES[3]}/"
    assert client.post("/kit/code/", {"code": code})["Location"] == f"/kit/questions/{THEMES[3]}/"
    client.post(f"/kit/questions/{THEMES[3]}/")  # nothing said
    assert client.get("/kit/resultat/")["Location"] == f"/kit/questions/{THEMES[3]}/"


def test_what_is_sent_once_no_kit_is_open_is_told_to_be_lost():
    client, _code = begin()
    client.post("/kit/quitter/")
    page = client.post(f"/kit/questions/{THEMES[0]}/", {"sav-offline": "oui"}, follow=True)

    assert "Aucun kit n'est ouvert sur cet appareil." in text_of(page)
    assert "Aucun kit n'est ouvert" not in text_of(client.get("/kit/"))


def test_numbers_that_each_body_has_of_its_own_are_left_to_write():
    page = Client(**FRENCH).get("/kit/numeros/").content.decode()

    assert re.search(r'Votre comptable public[^<]*</dt><dd><span class="blank">', page)
    assert re.search(r'Votre préfecture</dt><dd><span class="blank">', page)


def test_a_counsellor_sees_what_has_changed_from_one_kit_to_the_next(emile, denise):
    agree(emile.operators.get(), denise.incident)
    body, client = Organisation.objects.get(), client_of(emile)
    for answer in ("non", "oui"):
        begin(client, f"/console/kits/{body.uuid}/")
        fill(client, answer)
    page = text_of(client.get("/console/kits/"))

    assert "avant : 0" in page
    assert "Ce qui va mieux" in page
    assert "Ce qui va moins bien" not in page


def test_the_plan_is_compared_with_the_kit_of_the_same_service_before_and_with_no_other(
    emile, denise
):
    agree(emile.operators.get(), denise.incident)
    body = Organisation.objects.get()
    path = f"/console/kits/{body.uuid}/"

    def plan(user, answer):
        client, _code = begin(client_of(user), path)
        fill(client, answer)
        return result(client)

    def member(name, operator):
        user = person(name, Role.OPERATOR)
        OperatorMember.objects.create(operator=operator, user=user)
        return user

    own, _code = begin()
    Kit.objects.update(organisation=body)  # as the body began it from its case
    fill(own, "oui")
    other = Operator.objects.create(name="Autre service")
    OperatorAgreement.objects.create(operator=other, organisation=body, agreed_at=now())
    assert "La fois d'avant" not in plan(member("Gilles", other), "oui")
    assert "La fois d'avant" not in plan(emile, "non")

    page = plan(emile, "oui")
    assert re.search(r"La fois d'avant : \S+, 0 points", page)
    assert "Ce qui va mieux" in page
    page = plan(member("Fanny", emile.operators.get()), "non")
    assert "Ce qui va moins bien" in page
    assert "La fois d'avant" not in result(own)


def test_when_the_agreement_ends_the_plan_is_compared_with_its_own_kit_only(emile, denise):
    agree(emile.operators.get(), denise.incident)
    body = Organisation.objects.get()
    for answer in ("non", "oui"):
        client, _code = begin(client_of(emile), f"/console/kits/{body.uuid}/")
        fill(client, answer)
    assert "La fois d'avant" in result(client)
    body.agreements.update(ended_at=now())

    assert "La fois d'avant" not in result(client)


def test_a_kit_goes_with_its_body_when_two_entries_are_made_one(bruno):
    kept, gone = (
        Organisation.objects.create(name=name, kind="commune") for name in ("Mairie", "La mairie")
    )
    begin()
    Kit.objects.update(organisation=gone)
    join_organisations(
        kept=kept.uuid, kept_version=1, gone=gone.uuid, gone_version=1, by=_person(bruno), now=now()
    )

    assert Kit.objects.get().organisation == kept


def test_when_the_agreement_ends_the_counsellor_sees_nothing_more(emile, denise):
    agree(emile.operators.get(), denise.incident)
    body = Organisation.objects.get()
    client, _code = begin(client_of(emile), f"/console/kits/{body.uuid}/")
    fill(client, "non")
    body.agreements.update(ended_at=now())

    assert body.name not in text_of(client.get("/console/kits/"))


def test_nobody_of_the_desk_sees_a_kit(alice, bruno, ada, eve):
    client, _code = begin()
    fill(client, "non")
    for user in (alice, bruno, ada, eve):
        assert client_of(user).get("/console/kits/").status_code == 404
    written = list(Event.objects.filter(kind__startswith="kit."))
    assert {event.kind for event in written} == {"kit.opened", "kit.done"}
    assert not [event for event in written if set(event.data) - {"counselled"}]


def test_what_nobody_finished_or_opened_is_forgotten():
    begin()
    client, _code = begin()
    fill(client)

    assert kits.forget_old(now=now() + timedelta(days=29)) == 0
    kits.forget_old(now=now() + timedelta(days=31))
    assert Kit.objects.count() == 1
    kits.forget_old(now=now() + timedelta(days=3 * 365 + 1))
    assert not Kit.objects.exists()


def _person(user):
    from csirt.accounts.principals import Person

    return Person.of(user)
