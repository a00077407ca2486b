"""The hand-over: what the next shift needs, a word of who leaves, and who takes over."""

from datetime import timedelta

from csirt.accounts.principals import Person, Victim
from csirt.journal import drain
from csirt.kernel.clock import now
from incidents.models import Clock, HandOver
from incidents.services import casework, duties, following, transitions
from tests.console.case import fresh, qualified, text, told
from tests.incidents.conftest import last_seq
from tests.people import client_of, file_case, person

PAGE = "/console/releve/"


def page(user, **query):
    return client_of(user).get(PAGE, query)


def lists(answer):
    return {
        part.id: [entry.case.reference for entry in part.entries]
        for part in answer.context["parts"]
    }


def test_it_lists_what_the_next_shift_needs(alice, denise):
    by = Person.of(alice)
    waits = qualified(file_case().incident, by)
    transitions.wait(
        incident=waits.uuid, version=waits.version, by=by, waiting_on="provider",
        reason="Le prestataire restaure.", until=now() + timedelta(days=2), now=now(),
    )  # fmt: skip
    following.write_as_victim(
        victim=Victim(incident_id=denise.incident.pk), token="0" * 32, text="Alors ?", now=now()
    )
    drain()

    answer = page(alice)

    found = lists(answer)
    assert denise.incident.reference in found["urgent"]
    assert found["unread"] == [denise.incident.reference]
    assert found["waiting"] == [waits.reference]
    assert set(found["changed"]) >= {denise.incident.reference, waits.reference}
    shown = text(answer)
    assert "Un prestataire" in shown
    assert "Le prestataire restaure." in shown
    assert "La victime a écrit." in shown


def test_it_lists_the_clocks_that_end_within_a_day(alice, denise):
    for duty, hours in (("cnil-art33-72h", 20), ("plainte-assurance-72h", 30)):
        Clock.objects.update_or_create(
            incident=denise.incident, duty=duty, step="", law=True,
            defaults={"running": True, "ends_at": now() + timedelta(hours=hours)},
        )  # fmt: skip
    Clock.objects.filter(law=False).update(running=False)

    answer = page(alice)

    [part] = [part for part in answer.context["parts"] if part.id == "clocks"]
    [entry] = part.entries
    assert entry.case == denise.incident
    assert "CNIL" in entry.state


def test_the_shift_begins_with_ones_duty_or_where_one_says(alice, bruno, denise):
    begins = now() - timedelta(hours=3)
    duties.add(
        by=Person.of(bruno), user=alice.uuid, begins=begins, ends=begins + timedelta(hours=8),
        phone="", weeks=1, now=now(),
    )  # fmt: skip
    assert page(alice).context["since"] == begins

    late = page(alice, depuis="2020-01-01T08:00")
    assert late.status_code == 400
    assert "Donnez un moment des 31 derniers jours." in text(late)
    assert page(alice, depuis="hier").status_code == 400


def test_who_leaves_writes_and_who_comes_takes_over_once(alice, bruno):
    mark = last_seq()
    client_of(alice).post(PAGE, {"text": "Rappeler http://mal.exemple avant 9 h."})
    row = HandOver.objects.get()

    shown = text(page(bruno))
    assert "personne ne l'a encore prise" in shown
    assert "http://mal" not in shown

    client_of(bruno).post(f"{PAGE}{row.uuid}/prendre")
    client_of(bruno).post(f"{PAGE}{row.uuid}/prendre")
    refused = client_of(alice).post(f"{PAGE}{row.uuid}/prendre", follow=True)

    assert "Quelqu'un a déjà pris cette relève." in text(refused)
    assert "prise par Bruno" in text(page(alice))
    assert [kind for kind, _data in told(mark)] == ["desk.handed_over", "desk.taken_over"]


def test_an_unknown_hand_over_is_none(alice):
    unknown = "00000000-0000-4000-8000-000000000000"

    assert client_of(alice).post(f"{PAGE}{unknown}/prendre").status_code == 404


def test_what_one_may_not_see_is_in_no_list(alice, denise):
    zoe = person("Zoé", "analyst")
    case = fresh(denise.incident)
    casework.restrict(
        incident=case.uuid, version=case.version, by=Person.of(alice), people=[], now=now()
    )

    assert case.reference in page(alice).content.decode()
    assert case.reference not in page(zoe).content.decode()


def test_an_empty_desk_says_so(alice):
    shown = text(page(alice))

    for words in (
        "Rien d'urgent n'est ouvert.",
        "Rien n'est en attente.",
        "Rien n'a changé depuis.",
    ):
        assert words in shown


def test_it_is_for_the_desk_alone(eve, emile, ada, chloe):
    for user in (eve, emile, ada, chloe):
        assert page(user).status_code == 404
        assert client_of(user).post(PAGE, {"text": "Bonjour"}).status_code == 404
    assert not HandOver.objects.exists()


def test_a_button_pressed_twice_leaves_one_word(alice, bruno):
    client, since = client_of(alice), f"{now() - timedelta(hours=8):%Y-%m-%dT%H:%M}"
    for _press in range(2):
        client.post(PAGE, {"depuis": since, "text": "Rappeler Foix à 9 h."})
    assert HandOver.objects.count() == 1

    client.post(PAGE, {"depuis": since, "text": "Et Lodève."})
    client_of(bruno).post(PAGE, {"depuis": since, "text": "Rappeler Foix à 9 h."})
    assert HandOver.objects.count() == 3
