"""The second factor: asked of everyone who sees cases, each code once, and guessing is slow."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from csirt.accounts import recovery, seeds
from csirt.accounts.forms import EnrolForm
from csirt.accounts.models import FailedAttempt
from csirt.accounts.roles import NEEDS_SECOND_FACTOR, Role
from csirt.accounts.sessions import SessionStore
from csirt.accounts.views.enrolment import PENDING
from csirt.journal.models import Event
from csirt.kernel.clock import now
from tests.accounts.test_logging_in import CODE, LOGIN, give_password
from tests.people import client_of, person, totp

ENROL = "/comptes/second-facteur/"
CONFIRM = "/comptes/confirmer/code/"


@pytest.mark.parametrize("role", sorted(NEEDS_SECOND_FACTOR))
def test_without_one_somebody_who_sees_cases_is_sent_to_enrol(db, role):
    client = client_of(person("Nouveau", role, enrolled=False), second_factor=False)

    answer = client.get("/comptes/moi/")

    assert (answer.status_code, answer["Location"]) == (302, f"{ENROL}?next=%2Fcomptes%2Fmoi%2F")


def test_with_one_a_session_without_a_code_is_asked_for_it(alice):
    client = client_of(alice, second_factor=False)

    answer = client.get("/comptes/moi/")
    assert answer["Location"] == f"{CONFIRM}?next=%2Fcomptes%2Fmoi%2F"
    answer = client.post(answer["Location"], {"code": totp(alice)})

    assert answer["Location"] == "/comptes/moi/"
    assert client.get("/comptes/moi/").status_code == 200


@pytest.mark.parametrize("role", [Role.READER, Role.PARTNER])
def test_who_sees_no_case_may_do_without(db, role):
    client = client_of(person("Eve", role, enrolled=False), second_factor=False)

    assert client.get("/comptes/moi/").status_code == 200


def test_htmx_is_told_where_to_go(alice):
    client = client_of(alice, second_factor=False)

    answer = client.get("/comptes/moi/", headers={
        "HX-Request": "true", "HX-Current-URL": "http://testserver/console/?vue=tri"})  # fmt: skip

    assert answer.status_code == 403
    assert answer["HX-Redirect"] == f"{CONFIRM}?next=%2Fconsole%2F%3Fvue%3Dtri"


def test_a_program_gets_a_problem(alice):
    client = client_of(alice, second_factor=False)

    answer = client.get("/comptes/moi/", headers={"Accept": "application/json"})

    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "second-factor"


def test_enrolling_lets_in_without_asking_again(db):
    """The session knows that the second factor was given: no loop."""
    user = person("Nouveau", Role.ANALYST, enrolled=False)
    client = Client()
    give_password(client, user)
    page = client.get(f"{ENROL}?next=/comptes/moi/")
    seed = seeds.decrypt(client.session[PENDING])
    assert page.context["form"].seed == seed

    answer = client.post(ENROL, {"code": _code(seed), "next": "/comptes/moi/"})

    assert answer.status_code == 200
    assert len(answer.context["codes"]) == 10
    assert client.get("/comptes/moi/").status_code == 200
    assert PENDING not in client.session
    assert Event.objects.filter(kind="user.second_factor_added").count() == 1


def _code(seed, steps=0):
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(seed, int(time.time()) // 30 + steps))


def test_the_square_is_inline_and_needs_no_style(db):
    user = person("Nouveau", Role.ANALYST, enrolled=False)
    page = client_of(user, second_factor=False).get(ENROL).content.decode()

    assert "<svg" in page
    assert "data:" not in page
    assert "style=" not in page


def test_a_wrong_first_code_enrols_nobody_and_keeps_the_seed(db):
    user = person("Nouveau", Role.ANALYST, enrolled=False)
    client = client_of(user, second_factor=False)
    client.get(ENROL)
    before = client.session[PENDING]

    answer = client.post(ENROL, {"code": "000000"})

    assert answer.status_code == 200
    assert isinstance(answer.context["form"], EnrolForm)
    assert answer.context["form"].errors
    assert client.session[PENDING] == before
    assert not Authenticator.objects.exists()


def test_the_code_that_enrolled_does_not_log_in(db):
    user = person("Nouveau", Role.ANALYST, enrolled=False)
    client = client_of(user, second_factor=False)
    client.get(ENROL)
    code = _code(seeds.decrypt(client.session[PENDING]))
    client.post(ENROL, {"code": code})

    other = Client()
    give_password(other, user)
    assert other.post(CODE, {"code": code}).status_code == 200


def test_a_code_is_taken_once(alice):
    """C16: reuse is refused, in another browser too."""
    code = totp(alice)
    first, second = Client(), Client()
    give_password(first, alice)
    give_password(second, alice)

    assert first.post(CODE, {"code": code}).status_code == 302
    answer = second.post(CODE, {"code": code})
    assert answer.status_code == 200
    assert "déjà servi" in answer.content.decode()


def test_a_code_is_taken_once_even_right_after_a_wrong_try(alice):
    code = totp(alice)
    client = Client()
    give_password(client, alice)
    client.post(CODE, {"code": "123"})
    assert client.post(CODE, {"code": code}).status_code == 302
    client.post("/comptes/deconnexion/")
    give_password(client, alice)
    assert client.post(CODE, {"code": code}).status_code == 200


def test_an_older_code_is_not_taken_after_a_newer(alice):
    first, second = Client(), Client()
    give_password(first, alice)
    give_password(second, alice)

    assert first.post(CODE, {"code": totp(alice, steps=1)}).status_code == 302
    assert second.post(CODE, {"code": totp(alice)}).status_code == 200


@pytest.mark.parametrize(("steps", "status"), [(-3, 200), (-2, 200), (-1, 302), (1, 302), (2, 200)])
def test_a_code_is_good_for_its_period_and_the_ones_beside_it(alice, steps, status):
    with time_machine.travel(1_800_000_010, tick=False):
        client = Client()
        give_password(client, alice)
        assert client.post(CODE, {"code": totp(alice, steps=steps)}).status_code == status


def test_five_wrong_codes_and_the_password_is_asked_again(alice):
    client = Client()
    give_password(client, alice)
    answers = [client.post(CODE, {"code": f"{n:06}"}) for n in range(5)]

    assert [a.status_code for a in answers] == [200, 200, 200, 200, 302]
    assert answers[-1]["Location"] == LOGIN
    assert client.post(CODE, {"code": totp(alice)})["Location"] == LOGIN


def test_a_thousand_codes_are_not_tried(alice):
    client, tried = Client(), 0
    with time_machine.travel(now().replace(second=0, microsecond=0), tick=False):  # one minute
        for n in range(60):
            if n % 5 == 0:
                give_password(client, alice)
            if client.post(CODE, {"code": f"{n:06}"}).status_code == 200:
                tried += 1

    assert FailedAttempt.objects.get(secret="code").count == 5
    assert tried <= 5


def test_guessing_codes_is_slow_over_an_hour_too(alice):
    start = now().replace(minute=0, second=1)
    for minute in range(30):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            client = Client()
            give_password(client, alice)
            for n in range(4):
                client.post(CODE, {"code": f"{n:06}"})

    assert sum(FailedAttempt.objects.filter(secret="code").values_list("count", flat=True)) == 20


@pytest.mark.parametrize("written", [str, str.lower, lambda code: code.replace("-", " ")])
def test_a_recovery_code_lets_in_once_however_it_is_written(alice, written):
    code = written(recovery.make(alice)[0])
    first, second = Client(), Client()
    give_password(first, alice)
    give_password(second, alice)

    assert first.post(CODE, {"code": code}).status_code == 302
    assert second.post(CODE, {"code": code}).status_code == 200


def test_recovery_codes_are_kept_as_digests_of_more_than_112_bits(alice):
    """ASVS 5.0, 6.5.2: no key gives them back."""
    made = recovery.make(alice)
    stored = str(Authenticator.objects.get(user=alice, type="recovery_codes").data)

    assert len(set(made)) == recovery.COUNT
    for code in made:
        assert len(code.replace("-", "")) == 24  # 23 symbols of five bits and a check symbol
        assert code not in stored
        assert code.replace("-", "") not in stored


def test_nothing_of_a_seed_is_stored_in_clear(db):
    """F19: neither the seed while it is shown, nor afterwards, nor what recovery codes come from."""
    user = person("Nouveau", Role.ANALYST, enrolled=False)
    client = client_of(user, second_factor=False)
    client.get(ENROL)
    seed = seeds.decrypt(client.session[PENDING])
    codes = client.post(ENROL, {"code": _code(seed)}).context["codes"]

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert seed not in stored
    assert not any(code.replace(" ", "") in stored for code in codes)
    with connection.cursor() as cursor:
        cursor.execute("select session_data from accounts_session")
        assert seed not in str(cursor.fetchall())


def test_an_older_seeds_key_still_opens_seeds(settings, alice):
    old = settings.SEEDS_KEY
    stored = seeds.encrypt("graine")
    settings.SEEDS_KEY = b"nouvelle-cle-" + b"y" * 40 + b"," + old

    assert seeds.decrypt(stored) == "graine"
    assert seeds.encrypt("graine") != stored


def test_changing_telephones_needs_the_old_one_or_a_code(alice):
    fresh = client_of(alice)
    page = fresh.get(ENROL)
    assert page.status_code == 200
    assert page.context["replaces"]
    seed = seeds.decrypt(fresh.session[PENDING])
    assert fresh.post(ENROL, {"code": _code(seed)}).status_code == 200
    assert Authenticator.objects.filter(user=alice).count() == 2

    half = client_of(alice, second_factor=False)
    assert half.get(ENROL)["Location"].startswith(CONFIRM)


def test_a_while_after_logging_in_the_password_is_asked_first(alice):
    client = client_of(alice)
    with time_machine.travel(now() + timedelta(minutes=20), tick=True):
        answer = client.get(ENROL)
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
        from tests.people import PASSWORD

        answer = client.post(answer["Location"], {"password": PASSWORD})
        assert answer["Location"] == ENROL
        assert client.get(ENROL).status_code == 200


def test_new_recovery_codes_end_the_old(alice):
    old = recovery.make(alice)
    codes = client_of(alice).post("/comptes/second-facteur/secours/").context["codes"]

    assert len(codes) == 10
    assert not set(old) & set(codes)
    client = Client()
    give_password(client, alice)
    assert client.post(CODE, {"code": old[0]}).status_code == 200
    assert client.post(CODE, {"code": codes[0]}).status_code == 302
    assert Event.objects.filter(kind="user.recovery_codes_made").count() == 1


def test_recovery_codes_of_an_older_form_are_none(alice):
    """They open nothing: whoever adds a second factor is given others."""
    row = Authenticator.objects.get(user=alice, type="recovery_codes")
    assert recovery.kept(alice)
    row.data = {"seed": "x", "used_mask": 0}
    row.save()
    assert not recovery.kept(alice)
    assert not recovery.take(row, "0000-0000")

    assert len(recovery.make(alice)) == 10
    assert recovery.kept(alice)


class TestInTheDemonstration:
    """Optional there, and only on a loopback host."""

    @pytest.fixture(autouse=True)
    def _demo(self, settings):
        settings.DEMO = settings.SECOND_FACTOR_OPTIONAL = True
        settings.ALLOWED_HOSTS = ["*"]

    @pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "127.9.9.9"])
    def test_it_may_be_left_out_on_this_machine(self, alice, host):
        client = client_of(alice, second_factor=False)
        page = client.get("/comptes/moi/", headers={"Host": host})

        assert page.status_code == 200
        assert "facultatif" in page.content.decode()

    @pytest.mark.parametrize(
        "host",
        [
            "desk.example",
            "10.0.0.1",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "128.0.0.1",
        ],
    )
    def test_anywhere_else_it_is_asked(self, alice, host):
        client = client_of(alice, second_factor=False)
        assert client.get("/comptes/moi/", headers={"Host": host}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_take_a_code_once(alice):
    """C16, in parallel: as many sessions as threads, one code."""
    clients, code = [Client() for _ in range(20)], totp(alice)
    give_password(clients[0], alice)
    for client in clients[1:]:  # as if each had given it: hashing twenty times shows nothing
        session = SessionStore()
        session.update(clients[0].session)
        session.create()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key

    def give(client):
        try:
            return client.post(CODE, {"code": code}).get("Location", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = Counter(pool.map(give, clients))

    assert set(answers) <= {"", LOGIN, "/console/"}  # after five tries the password again
    assert answers["/console/"] == 1
