"""What a body did before an attack, and the lists of who needs somebody's help."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from csirt.accounts.principals import Person
from csirt.directory.models import Contact, Organisation
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotFound
from incidents.domain.moments import PARIS
from incidents.models import Incident
from playbooks.models import Prevention
from playbooks.prevention.views import hit, without_phone
from playbooks.services import prevention
from playbooks.services.prevention import Told
from tests.intake.test_form_pages import text_of
from tests.people import agree, client_of

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 2)


@pytest.fixture
def town(db):
    return Organisation.objects.create(name="Mairie de Castagnac", kind="commune")


def send(user, body, **data):
    sent = {"kind": "training", "on": "2026-03-02", **data}
    return client_of(user).post(f"/console/prevention/{body.uuid}/", sent)


def note(user, body, **told):
    by = Person.of(user)
    return prevention.note(
        organisation=body.uuid, by=by, told=Told(**{"kind": "audit", "on": DAY, **told}), now=now()
    )


def test_a_line_stands_beside_the_body(alice, town):
    answer = send(alice, town, kind="phishing", people="12", clicked="4", reported="2")
    page = text_of(client_of(alice).get(answer["Location"]))

    assert "12 personnes" in page
    assert "4 ont cliqué" in page
    assert "2 ont prévenu" in page
    [event] = Event.objects.filter(kind="prevention.noted")
    assert event.data == {"organisation": str(town.uuid), "work": "phishing"}


def test_the_same_form_sent_twice_is_one_line(alice, town):
    for people in ("12", "12", "13"):
        send(alice, town, people=people, envoi="0" * 32)

    assert Prevention.objects.count() == 2
    assert Event.objects.filter(kind="prevention.noted").count() == 2


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"kind": "autre"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"on": ""}, "on"),
        ({"on": "hier"}, "on"),
        ({"on": "1999-12-31"}, "on"),
        ({"on": "2999-01-01"}, "on"),
        ({"people": "-1"}, "people"),
        ({"people": "douze"}, "people"),
        ({"people": "١٢"}, "people"),
        ({"people": "999999999"}, "people"),
        ({"clicked": "1"}, "clicked"),
        ({"kind": "phishing", "people": "3", "clicked": "4"}, "clicked"),
        ({"kind": "phishing", "reported": "4"}, "reported"),
    ],
)
def test_what_cannot_be_comes_back_filled_in_and_leaves_nothing(alice, town, sent, field):
    answer = send(alice, town, **sent)

    assert answer.status_code == 400
    html = answer.content.decode()
    assert f'id="f-{field}-error"' in html
    assert all(
        f'value="{value}"' in html for name, value in sent.items() if name != "kind" and value
    )
    assert not Prevention.objects.exists()
    assert not Event.objects.filter(kind__startswith="prevention.").exists()


def test_today_in_paris_is_not_a_day_to_come(alice, town):
    with time_machine.travel(datetime(2026, 6, 1, 22, 30, tzinfo=UTC), tick=False):
        assert note(alice, town, on=date(2026, 6, 2)).on == date(2026, 6, 2)
        with pytest.raises(Invalid):
            note(alice, town, on=date(2026, 6, 3))


def test_a_line_is_taken_away_by_who_sees_the_body(alice, town, emile):
    row = note(alice, town)
    assert send(emile, town, retirer=str(row.uuid)).status_code == 404
    assert send(alice, town, retirer="rien").status_code == 404
    assert Prevention.objects.exists()

    send(alice, town, retirer=str(row.uuid))
    assert not Prevention.objects.exists()
    assert Event.objects.filter(kind="prevention.removed").count() == 1


def test_a_counsellor_writes_for_the_bodies_it_serves_and_no_other(emile, denise, town):
    agree(emile.operators.get(), denise.incident)
    served = Organisation.objects.exclude(pk=town.pk).get()

    assert note(emile, served).organisation == served
    with pytest.raises(NotFound):
        note(emile, town)
    assert send(emile, town).status_code == 404


def test_a_line_of_one_body_is_not_taken_away_through_another(alice, town):
    other = Organisation.objects.create(name="Autre", kind="commune")
    row = note(alice, other)

    assert send(alice, town, retirer=str(row.uuid)).status_code == 404
    assert Prevention.objects.exists()


def test_who_has_no_telephone_that_is_of_use_is_listed(alice, town):
    by = Person.of(alice)
    assert list(without_phone(by)) == [town]

    contact = Contact.objects.create(organisation=town, name="Denise", phone="05 61 00 00 00")
    assert list(without_phone(by)) == []
    Contact.objects.filter(pk=contact.pk).update(phone_trust=Contact.Trust.DEAD)
    assert list(without_phone(by)) == [town]
    page = text_of(client_of(alice).get("/console/prevention/?vue=sans-telephone"))
    assert "Mairie de Castagnac" in page


def test_who_was_hit_this_year_and_did_nothing_since_is_listed(alice, town, denise):
    by, at = Person.of(alice), now()
    assert list(hit(by, at)) == []
    Incident.objects.filter(pk=denise.incident.pk).update(organisation=town)
    assert list(hit(by, at)) == [town]
    assert "Mairie de Castagnac" in text_of(client_of(alice).get("/console/prevention/"))

    day = at.astimezone(PARIS).date()
    note(alice, town, on=day - timedelta(days=2))
    assert list(hit(by, at)) == [town]
    note(alice, town, on=day)
    assert list(hit(by, at)) == []
    Prevention.objects.all().delete()
    assert list(hit(by, at + timedelta(days=370))) == []


def test_a_hidden_case_lists_nobody(alice, town, denise):
    Incident.objects.filter(pk=denise.incident.pk).update(organisation=town, restricted=True)

    assert list(hit(Person.of(alice), now())) == []
    assert town.name not in text_of(client_of(alice).get("/console/prevention/"))


def test_a_reader_and_an_admin_have_no_such_page(ada, chloe):
    for user in (ada, chloe):
        assert client_of(user).get("/console/prevention/").status_code == 404
