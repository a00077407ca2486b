"""F17: keys are replaced process by process while people file, follow their case and log in: 0 fail.

An analyst's console stays open on each; to log out closes it.

Three web processes, as behind a proxy: one with the old keys, one that reads the new ones too, one that
writes with them. Two of them run side by side at each time.
"""

import asyncio
import secrets
from contextlib import ExitStack
from itertools import cycle

import httpx
import pytest
from django.conf import settings

from csirt.accounts.roles import Role
from csirt.kernel import codes
from incidents.models import AccessCode
from tests.live.desk import Console
from tests.people import PASSWORD, cookies_of, person, totp
from tests.reporters import SHOWN, last_page
from tests.server import Web

pytestmark = pytest.mark.django_db(transaction=True)

CSRF = "c" * 32
ROUNDS = 4
OLD = {
    "SECRET_KEY": settings.SECRET_KEY,
    "SEEDS_KEY": settings.SEEDS_KEY.decode(),
    "PEPPER": settings.PEPPERS[1].decode(),
}
NEW = {name: secrets.token_urlsafe(48) for name in OLD}
READS = {
    "CSIRT_SECRET_KEY": f"{OLD['SECRET_KEY']},{NEW['SECRET_KEY']}",
    "CSIRT_SEEDS_KEY": f"{OLD['SEEDS_KEY']},{NEW['SEEDS_KEY']}",
    "CSIRT_PEPPER": f"2:{NEW['PEPPER']},1:{OLD['PEPPER']}",
}
WRITES = {
    "CSIRT_SECRET_KEY": f"{NEW['SECRET_KEY']},{OLD['SECRET_KEY']}",
    "CSIRT_SEEDS_KEY": f"{NEW['SEEDS_KEY']},{OLD['SEEDS_KEY']}",
    "CSIRT_PEPPER": f"1:{OLD['PEPPER']},2:{NEW['PEPPER']}",
}


class Crowd:
    """Who uses two processes in turn; ``failed`` has what did not go as it should."""

    def __init__(self, webs):
        self.webs, self.failed, self.codes = cycle(webs), [], []

    def client(self, **cookies):
        headers = {"X-CSRFToken": CSRF}
        return httpx.AsyncClient(cookies=cookies | {"csrftoken": CSRF}, headers=headers, timeout=60)

    async def ask(self, client, path, data=None, *, wanted):
        url = next(self.webs).url
        origin = {"Origin": url}
        if data is None:
            answer = await client.get(url + path)
        else:
            answer = await client.post(url + path, data=data, headers=origin)
        if answer.status_code != wanted:
            self.failed.append((path, answer.status_code, answer.text[:200]))
        return answer

    async def file(self):
        async with self.client() as client:
            head = {"Content-Type": "application/x-www-form-urlencoded"}
            for _ in range(ROUNDS):
                body = last_page(codes.new_token(), "Tout est bloqué.")
                url = next(self.webs).url
                answer = await client.post(f"{url}/signaler/envoi/", content=body, headers=head)
                shown = SHOWN.findall(answer.text)
                if (answer.status_code, len(shown)) != (200, 2):
                    self.failed.append(("file", answer.status_code, answer.text[:200]))
                    continue
                self.codes.append(shown[1])
                await self.ask(client, "/suivi/", {"code": shown[1]}, wanted=302)

    async def work(self, cookies):
        """Somebody who has a session goes on in it."""
        async with self.client(**cookies) as client:
            for _ in range(ROUNDS * 2):
                await self.ask(client, "/comptes/moi/", wanted=200)

    async def enter(self, email, code):
        async with self.client() as client:
            words = {"login": email, "password": PASSWORD}
            await self.ask(client, "/comptes/connexion/", words, wanted=302)
            await self.ask(client, "/comptes/connexion/code/", {"code": code}, wanted=302)
            for _ in range(3):
                await self.ask(client, "/comptes/moi/", wanted=200)

    async def follow(self, old):
        async with self.client() as client:
            for code in old:
                await self.ask(client, "/suivi/", {"code": code}, wanted=302)

    async def everybody(self, newcomers, old, cookies):
        """*newcomers*: the code of the telephone of each address; *old*: tracking codes from before."""
        entering = [self.enter(email, code) for email, code in newcomers.items()]
        await asyncio.gather(
            self.file(), self.file(), self.follow(old), self.work(cookies), *entering
        )


def test_nobody_notices_that_keys_are_replaced(alice):
    people = [person(name, Role.ANALYST) for name in ("Fabien", "Gilles", "Hanae", "Iris")]
    cookies, shown = cookies_of(alice), []
    with ExitStack() as stack:
        old, reads, writes = (Web(**keys) for keys in ({}, READS, WRITES))
        for web in (old, reads, writes):
            stack.callback(web.stop)
            web.start()
        for webs, newcomers in (((old, reads), people[:2]), ((reads, writes), people[2:])):
            crowd = Crowd(webs)
            consoles = [stack.enter_context(Console(web, alice, cookies)) for web in webs]
            for console in consoles:
                console.start()

            given = {user.email: totp(user) for user in newcomers}
            asyncio.run(crowd.everybody(given, shown, cookies))
            assert crowd.failed == []
            assert len(crowd.codes) == ROUNDS * 2
            shown += crowd.codes
            for console in consoles:
                console.check()

        answer = httpx.post(
            f"{reads.url}/comptes/deconnexion/",
            cookies=cookies | {"csrftoken": CSRF},
            headers={"X-CSRFToken": CSRF, "Origin": reads.url},
        )
        assert answer.status_code == 302
        for console in consoles:
            console.drain(2)
            assert console.closed == 4401

    assert set(AccessCode.objects.values_list("pepper", flat=True)) == {1, 2}
