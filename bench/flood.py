"""A flood beside honest people: hostile reports from one and from 500 addresses, then slow bodies.

``PER_MINUTE`` hostile reports for ``SECONDS`` each time, every second one with the effort that is asked
for; then ``SLOW`` connections at a byte a second. One honest report a second, text only, from an
address of its own. Pass: all accepted, 95 of 100 within 3 s (2 s beside the slow ones), the slow ones
answered within 60 s, and what the queue itself holds of the flood within the desk's limit.
"""

import asyncio
import json
import os
import sys
from itertools import count

from bench._desk import desk

PER_MINUTE = int(os.environ.get("PER_MINUTE", "200"))
SECONDS = int(os.environ.get("SECONDS", "60"))
SLOW = int(os.environ.get("SLOW", "300"))
ADDRESSES = (1, 500)
FLOODED, DRIBBLED, DROPPED = 3.0, 2.0, 60.0  # seconds
_honest = count()


async def each(every, seconds, act):
    """Begin *act* every so often for so many seconds; return what they all gave."""
    tasks = []
    for _ in range(int(seconds / every)):
        tasks.append(asyncio.ensure_future(act()))
        await asyncio.sleep(every)
    return await asyncio.gather(*tasks)


def ninety_five(lot):
    ordered = sorted(took for _effort, took in lot)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


async def flooded(crowd, addresses):
    """Let a flood pass beside honest people; return what became of these."""
    from csirt.kernel import codes
    from tests.reporters import last_page

    number = count()

    async def hostile():
        mine = next(number)
        address = f"198.51.{mine % addresses // 250}.{mine % addresses % 250}"
        if mine % 2:
            await crowd.with_effort(address, "Flot")
        else:
            await crowd.post(last_page(codes.new_token(), "Flot"), address=address)

    flood = each(60 / PER_MINUTE, SECONDS, hostile)
    return (await asyncio.gather(honest(crowd, SECONDS), flood))[0]


async def honest(crowd, seconds):
    return await each(
        1.0,
        seconds,
        lambda: crowd.with_effort(f"203.0.113.{next(_honest)}", "Une vraie personne"),
    )


async def dribbled(crowd):
    from tests.reporters import dribble

    slow = asyncio.gather(*(dribble(crowd.port, every=1.0) for _ in range(SLOW)))
    lot = await honest(crowd, 30)
    return lot, await slow


def main():
    with desk() as profile:
        from incidents.models import Incident, Report
        from tests.reporters import Crowd
        from tests.server import Web

        real = {"CSIRT_REPORTS_ADDRESS": "15", "CSIRT_REPORTS_DESK": "120"}
        said = {"bench": "flood", "profile": profile, "per_minute": PER_MINUTE}
        with Web(CSIRT_TRUSTED_PROXIES="127.0.0.1", **real) as web:
            crowd, passed = Crowd(web.port), True
            for addresses in ADDRESSES:
                lot = asyncio.run(flooded(crowd, addresses))
                said[f"from_{addresses}"] = {
                    "honest": len(lot),
                    "with_effort": sum(effort for effort, _ in lot),
                    "p95_seconds": round(ninety_five(lot), 2),
                }
                passed &= ninety_five(lot) < FLOODED
            lot, slow = asyncio.run(dribbled(crowd))
            last = max(took for _, took in slow)
            said["slow_bodies"] = {
                "connections": len(slow),
                "answers": sorted({answer.decode() for answer, _ in slow}),
                "slowest_seconds": round(last, 1),
                "honest": len(lot),
                "p95_seconds": round(ninety_five(lot), 2),
            }
            passed &= ninety_five(lot) < DRIBBLED and last < DROPPED
        kept = Report.objects.filter(text="Une vraie personne").count()
        flood = Incident.objects.filter(reports__text="Flot")
        said["flood"] = {
            "filed": flood.count(),
            "set_apart": flood.filter(apart=True).count(),
            "honest_kept": kept,
        }
    print(json.dumps(said))
    sys.exit(not passed or kept != next(_honest))


if __name__ == "__main__":
    main()
