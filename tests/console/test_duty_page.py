"""The roster: leads and admins keep it, the desk reads it, each page says who answers now."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotAllowed
from incidents.console.forms import PARIS
from incidents.models import Duty
from incidents.services import duties
from tests.console.case import text, told
from tests.incidents.conftest import last_seq
from tests.people import client_of

PAGE = "/console/astreinte/"


def add(by, user, *, begins=None, hours=8, weeks=1, phone=""):
    begins = begins or now() - timedelta(hours=1)
    return duties.add(
        by=Person.of(by), user=user.uuid, begins=begins, ends=begins + timedelta(hours=hours),
        phone=phone, weeks=weeks, now=now(),
    )  # fmt: skip


def local(moment):
    return f"{moment.astimezone(PARIS):%Y-%m-%dT%H:%M}"


def test_each_page_says_who_is_on_duty(alice, bruno):
    client = client_of(alice)
    assert "Personne d'astreinte" in text(client.get("/console/"))

    add(bruno, alice)
    assert "Astreinte : Alice" in " ".join(text(client.get("/console/")).split())
    add(bruno, bruno)
    assert "Alice +1" in text(client.get(PAGE))


def test_a_lead_fills_several_weeks_with_one_form_and_takes_one_off(bruno, alice):
    mark = last_seq()
    begins = now() + timedelta(days=1)
    form = {
        "user": str(alice.uuid), "begins": local(begins), "ends": local(begins + timedelta(hours=8)),
        "phone": "05 61 00 00 00", "weeks": "3",
    }  # fmt: skip

    answer = client_of(bruno).post(PAGE, form, follow=True)

    assert "C'est au tableau." in text(answer)
    assert Duty.objects.count() == 3
    first = Duty.objects.order_by("begins_at").first()
    client_of(bruno).post(f"{PAGE}{first.uuid}/retirer")
    assert Duty.objects.count() == 2
    assert [kind for kind, _data in told(mark)] == ["duty.added"] * 3 + ["duty.removed"]


def test_the_hours_of_the_clock_stay_over_a_change_of_clocks(bruno, alice):
    from datetime import datetime

    begins = datetime(2027, 3, 22, 9, tzinfo=PARIS)  # clocks change on the 28th

    rows = add(bruno, alice, begins=begins, weeks=2)

    assert [row.begins_at.astimezone(PARIS).hour for row in rows] == [9, 9]


def test_what_is_wrong_is_said_beside_the_field(bruno, alice):
    begins = now() + timedelta(days=1)
    form = {"user": str(alice.uuid), "begins": local(begins), "ends": local(begins), "weeks": "1"}

    answer = client_of(bruno).post(PAGE, form)

    assert answer.status_code == 400
    assert "La fin vient après le début" in text(answer)
    for wrong in ({"user": "x"}, {"begins": "demain"}, {"weeks": "99"}, {"weeks": "-1"}):
        assert client_of(bruno).post(PAGE, form | wrong).status_code == 400
    assert not Duty.objects.exists()


def test_who_left_is_on_duty_no_more(bruno, alice):
    add(bruno, alice)
    alice.is_active = False
    alice.save()

    assert list(duties.on_duty(now())) == []
    with pytest.raises(Invalid):
        add(bruno, alice)


def test_an_analyst_reads_and_does_not_write_it(alice, bruno):
    add(bruno, bruno, phone="05 61 00 00 00")
    client = client_of(alice)

    page = client.get(PAGE).content.decode()
    assert 'href="tel:0561000000"' in page
    assert "Retirer" not in page
    assert client.post(f"{PAGE}{Duty.objects.get().uuid}/retirer").status_code == 403
    with pytest.raises(NotAllowed):
        add(alice, alice)


def test_an_admin_keeps_it_and_others_do_not_know_it(ada, eve, emile, chloe, bruno):
    add(ada, bruno)

    assert client_of(ada).get(PAGE).status_code == 200
    for user in (eve, emile, chloe):
        assert client_of(user).get(PAGE).status_code == 404
        assert "Astreinte :" not in text(client_of(user).get("/console/"))
