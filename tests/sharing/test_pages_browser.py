"""Sharing's pages in a browser: axe finds nothing, and 320 pixels are enough."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from api.models import PartnerPerson
from api.sharing import choosing, partners
from csirt.kernel.clock import now
from tests.console.test_search_browser import LOOKS, RULES, console
from tests.sharing.desk import collection, of, partner, qualified
from tests.sharing.test_received import send
from tests.taxii import shelf


@pytest.mark.once
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_320_pixels_are_enough(live_desk, new_context, request, bruno, look):
    alice, chloe = request.getfixturevalue("alice"), request.getfixturevalue("chloe")
    found = collection(bruno)
    row = partner(bruno, reads=[found])
    partners.issue_token(
        partner=row.uuid, by=of(bruno), now=now(), scopes=["taxii:read", "taxii:write"]
    )
    PartnerPerson.objects.create(partner=row, user=chloe)
    long = {"name": "x" * 180, "description": "y" * 400}
    [push] = send(row, shelf.indicator(7) | long)
    case = qualified(alice)
    choosing.choose(
        incident=case.uuid, version=0, by=of(alice), now=now(), techniques=["T1566.002"],
        note="Le lien change chaque heure.", values={},
    )  # fmt: skip
    pages = [
        (alice, reverse("sharing-choose", args=[case.uuid])),
        (bruno, reverse("sharing-collection", args=[found.uuid])),
        (bruno, reverse("sharing-partners")),
        (bruno, reverse("sharing-partner", args=[row.uuid])),
        (bruno, reverse("sharing-received")),
        (bruno, reverse("sharing-received-one", args=[push.uuid])),
        (chloe, reverse("sharing-own")),
    ]
    viewport, faults = {"width": LOOKS[look], "height": 720}, {}
    for user, address in pages:
        page = console(live_desk, new_context, user, viewport=viewport, color_scheme=look)
        page.goto(live_desk.url + address)
        for details in page.locator("main details").all():
            details.evaluate("e => e.open = true")
        told = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults[address] = [one["id"] for one in told["violations"]] + ["too wide"] * wide
        if (folder := os.environ.get("LOOKED_AT")) and "choix" in address:
            page.screenshot(path=f"{folder}/{look}.png", full_page=True)
        page.close()

    assert faults == {address: [] for _user, address in pages}
