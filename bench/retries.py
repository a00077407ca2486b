"""Forms clicked twenty times at once, and answers lost on the way while the web process is killed.

500 forms, 1,000 cut connections and 20 SIGKILLs unless ``FORMS``, ``CUTS`` and ``KILLS`` say otherwise.
Pass: one case for each form, the same code in every answer. The tests of cases A6 and A7 run the same
thing, shorter.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter

from bench import kill
from bench._desk import desk

FORMS = int(os.environ.get("FORMS", "500"))
CUTS = int(os.environ.get("CUTS", "1000"))
KILLS = int(os.environ.get("KILLS", "20"))


async def _clicks(crowd):
    """Click each form twenty times; return how many were shown more than one answer."""
    from csirt.kernel import codes
    from tests.reporters import last_page
    from tests.security.test_a06_double_click import clicked

    differing = 0
    for number in range(FORMS):
        body = last_page(codes.new_token(), f"Clic {number}")
        answers = await clicked(crowd, body)
        differing += len(answers) != 1 or {status for status, *_ in answers} != {200}
    return differing


async def _cuts(crowd, web):
    """Lose each answer while the web process is killed; return what kills there were."""
    from tests.security.test_a07_reply_lost import insist

    numbers = iter(range(CUTS))

    async def some():
        for number in numbers:
            await insist(crowd, number)

    killing = asyncio.create_task(kill.kill(crowd, [web], submits=CUTS, kills=KILLS))
    await asyncio.gather(*(some() for _ in range(kill.AT_ONCE)))
    return await killing


def main():
    with desk() as profile:
        from csirt.journal.verify import verify
        from incidents.models import Incident, Report
        from tests.reporters import Crowd, kept
        from tests.server import Web

        began = time.monotonic()
        with Web() as web:
            differing = asyncio.run(_clicks(Crowd(web.port)))
            clicked, cut = Incident.objects.count(), Crowd(web.port)
            killed = asyncio.run(_cuts(cut, web))
        lost, more, wrong = kept(cut.shown)
        texts = Counter(Report.objects.values_list("text", flat=True))
        figures = {
            "forms": FORMS,
            "cases_of_clicks": clicked,
            "forms_with_several_answers": differing,
            "cuts": len(cut.shown),
            "lost": len(lost),
            "double": more - clicked,
            "wrong_codes": len(wrong),
            "texts_twice": sum(count > 1 for count in texts.values()),
            "kills": len(killed),
            "least_in_flight": min((count for _, count in killed), default=0),
            "tries_again": cut.again,
            "unexpected": len(cut.unexpected),
            "chain": "intact" if verify().bad is None else "broken",
            "seconds": round(time.monotonic() - began, 1),
        }
    wanted = {
        "cases_of_clicks": FORMS,
        "forms_with_several_answers": 0,
        "cuts": CUTS,
        "lost": 0,
        "double": 0,
        "wrong_codes": 0,
        "texts_twice": 0,
        "kills": KILLS,
        "unexpected": 0,
        "chain": "intact",
    }
    print(json.dumps({"bench": "retries", "profile": profile, **figures}))
    sys.exit(figures != figures | wanted)


if __name__ == "__main__":
    main()
