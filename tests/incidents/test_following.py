"""The victim's code and the conversation."""

from datetime import timedelta

import pytest

from csirt.accounts.principals import Person, Victim
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents import queries
from incidents.models import AccessCode, CallBack, Message
from incidents.services import following
from tests.incidents.conftest import case_in, follow, last_seq, row, stored
from tests.people import agree, called, file_case


def says(case, text="Ça recommence.", token=None):
    """Have the victim of *case* write."""
    return following.write_as_victim(
        victim=Victim(case.pk), token=token or codes.new_token(), text=text, now=now()
    )


def answers(case, user, text="Nous regardons.", token=None):
    """Have the desk write."""
    return following.write_to_victim(
        incident=case.uuid,
        by=Person.of(user),
        token=token or codes.new_token(),
        text=text,
        now=now(),
    )


def reissue(case, user, version=None):
    return following.reissue_code(
        incident=case.uuid,
        version=version or row(case).version,
        by=Person.of(user),
        called=called(),
        now=now(),
    )


def test_a_code_opens_its_case_however_it_is_typed(denise):
    for typed in (denise.code, codes.grouped(denise.code).lower(), f" {denise.code} "):
        assert following.victim_by_code(typed) == Victim(denise.incident.pk)


def test_a_mistyped_code_is_said_to_be_so(denise):
    wrong = denise.code[:-1] + ("0" if denise.code[-1] != "0" else "1")

    with pytest.raises(Invalid) as refused:
        following.victim_by_code(wrong)

    assert refused.value.code == "mistyped"


def test_a_code_of_nobody_opens_nothing(denise):
    with pytest.raises(NotFound):
        following.victim_by_code(codes.random_code())


def test_an_older_pepper_still_opens(denise, settings):
    settings.PEPPERS = settings.PEPPERS | {max(settings.PEPPERS) + 1: b"nouveau"}

    assert following.victim_by_code(denise.code).incident_id == denise.incident.pk
    assert AccessCode.objects.get().pepper == max(settings.PEPPERS) - 1


def test_a_reissued_code_ends_every_older_one(denise, alice, since):
    visit = AccessCode.objects.get()
    since()

    code = reissue(denise.incident, alice)

    call = CallBack.objects.get()
    assert (call.number, call.name, call.by) == ("05 61 00 00 00", "Denise Vidal", alice)
    assert since() == [("code.reissued", {"call_back": str(call.uuid)})]
    assert following.victim_by_code(code) == Victim(denise.incident.pk)
    with pytest.raises(NotFound):
        following.victim_by_code(denise.code)
    with pytest.raises(NotFound):
        following.victim_of_access(visit.pk)
    assert not AccessCode.objects.filter(digest__contains=code).exists()


def test_a_reissue_on_an_old_version_leaves_the_code_as_it_was(denise, alice):
    reissue(denise.incident, alice)
    mark = last_seq()

    with pytest.raises(Conflict):
        reissue(denise.incident, alice, version=denise.incident.version)

    assert last_seq() == mark
    assert AccessCode.objects.filter(revoked_at=None).count() == 1


def test_eve_and_the_others_get_no_code_and_write_to_nobody(denise, outsiders):
    before = stored(denise.incident)

    for user in outsiders:
        with pytest.raises(NotFound):
            reissue(denise.incident, user)
        with pytest.raises(NotFound):
            answers(denise.incident, user)
        with pytest.raises(NotFound):
            following.read_messages(incident=denise.incident.uuid, by=Person.of(user), now=now())

    assert stored(denise.incident) == before
    assert following.victim_by_code(denise.code)


def test_an_operator_reissues_no_code_and_does_not_speak_for_the_desk(denise, emile):
    agree(emile.operators.get(), denise.incident)

    with pytest.raises(NotAllowed):
        reissue(denise.incident, emile)
    with pytest.raises(NotAllowed):
        answers(denise.incident, emile)


def test_what_the_victim_writes_is_unread_until_somebody_reads_it(denise, alice, since):
    since()
    message = says(denise.incident, " Bonjour\x00\r\nà tous ")

    assert message.text == "Bonjour\nà tous"
    assert message.from_victim
    assert row(denise.incident).unread
    assert since() == [("message.received", {"message": str(message.uuid)})]

    count = following.read_messages(incident=denise.incident.uuid, by=Person.of(alice), now=now())
    assert count == 1
    assert not row(denise.incident).unread
    assert since() == [("message.read", {"count": 1})]


def test_an_answer_of_the_desk_is_told_and_nothing_is_unread_any_more(denise, alice, since):
    says(denise.incident)
    since()

    message = answers(denise.incident, alice)

    assert not message.from_victim
    assert not row(denise.incident).unread
    assert since() == [("message.sent", {"message": str(message.uuid)})]


@pytest.mark.parametrize("write", [says, answers])
def test_the_same_message_sent_twice_is_one_and_other_words_are_another(write, denise, alice):
    by = (alice,) if write is answers else ()
    token = codes.new_token()

    first = write(denise.incident, *by, text="Une fois.", token=token)
    again = write(denise.incident, *by, text="Une fois.\x00 ", token=token)
    other = write(denise.incident, *by, text="Et ceci encore.", token=token)

    assert first == again != other
    assert Message.objects.count() == 2


@pytest.mark.parametrize("text", ["", " \n ", "\x00", "x" * 20_001])
def test_an_empty_message_and_an_endless_one_are_refused(text, denise, alice):
    for write, by in ((says, ()), (answers, (alice,))):
        with pytest.raises(Invalid) as refused:
            write(denise.incident, *by, text=text)
        assert list(refused.value.fields) == ["text"]

    assert not Message.objects.exists()


def test_a_page_without_its_token_has_expired(denise, alice):
    for write, by in ((says, ()), (answers, (alice,))):
        with pytest.raises(Invalid):
            write(denise.incident, *by, token="pas-un-jeton")


@pytest.mark.parametrize(
    "place, back", [("waiting", "active"), ("waiting, from recovery", "recovery")]
)
def test_a_waiting_case_resumes_when_the_victim_writes(place, back, alice, since):
    case = case_in(place, alice)
    since()

    says(case)

    assert (row(case).state, row(case).waiting_until) == (back, None)
    assert [kind for kind, _ in since()] == ["incident.resumed", "message.received"]


@pytest.mark.parametrize("place", ["closed", "redirected", "rejected"])
def test_an_ended_case_is_marked_unread_and_stays_ended(place, alice):
    case = case_in(place, alice)

    says(case)

    assert (row(case).state, row(case).unread) == (place, True)


def test_what_the_victim_of_a_duplicate_writes_is_seen_where_the_reports_hang(alice, since):
    one, two, three = (file_case().incident for _ in range(3))
    follow("merge", one, alice, into=two.uuid)
    follow("merge", two, alice, into=three.uuid)
    before = stored(one)
    since()

    message = says(one)

    assert message.incident == one
    assert row(three).unread
    assert [said.text for said in queries.talk(Person.of(alice), three)] == [message.text]
    assert queries.conversation(three) == []  # its own victim reads nothing of it
    assert stored(one) == before
    assert since(of=three) == [("message.received", {"message": str(message.uuid)})]
    assert queries.timeline(Victim(three.pk), three).filter(kind="message.received").count() == 0


def test_a_victim_of_no_case_is_told_so(db):
    with pytest.raises(NotFound):
        following.write_as_victim(
            victim=Victim(0), token=codes.new_token(), text="Bonjour", now=now()
        )


def test_a_visit_is_told_once_an_hour(denise, since):
    since()
    moment = now()

    for minutes in (0, 59, 61):
        following.came(victim=Victim(denise.incident.pk), now=moment + timedelta(minutes=minutes))

    assert since() == [("followup.opened", {})] * 2
