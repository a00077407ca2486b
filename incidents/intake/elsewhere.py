"""A draft goes to another device: shown as a square, a short code and a link; taken over there.

The link's secret stands after the ``#``, which no browser sends: a small script posts it. Without a
script the short code is typed, or the link pasted.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from csirt.accounts.totp import picture
from csirt.kernel.clock import now as read_clock
from csirt.web import limits
from incidents.intake import device, effort
from incidents.intake.calendar import clock, spoken
from incidents.intake.fields import Problem
from incidents.services import drafts

WRONG_KEYS = 5 / 60  # a second and subscriber: ten a minute without effort, as for tracking codes
WRONG_AT_ONCE = 5


@require_http_methods(["GET", "HEAD", "POST"])
def elsewhere(request: HttpRequest) -> HttpResponse:
    """Say what it means; then show the ways, on the device that holds the draft and once."""
    now, secret = read_clock(), device.secret_of(request)
    draft = drafts.find(secret, now) if secret else None
    if draft is None:
        return render(request, "intake/nothing.html")
    context: dict[str, object] = {"until": spoken(draft.expires_at, now)}
    ways = drafts.hand_over(secret=secret, now=now) if request.method == "POST" else None
    if ways is not None:
        address = request.build_absolute_uri(reverse("intake:take-over"))
        link = f"{address}#{ways.secret}"
        context |= {
            "ways": ways,
            "short_until": clock(ways.short_until),
            "address": address.partition("://")[2],
            "link": link,
            "picture": picture(link),
        }
    return render(request, "intake/elsewhere.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: HttpRequest) -> HttpResponse:
    """Ask for the code or the link, and go on with the draft that it opens."""
    if request.method != "POST":
        return render(request, "intake/take_over.html")
    now, typed = read_clock(), request.POST.get("cle", "")
    limit = limits.Limit(f"draft|{limits.client(request)}", WRONG_KEYS, WRONG_AT_ONCE)
    above = limits.take_token(*limit, now) > 0
    line = effort.of_device(request, None)
    if above and (wait := effort.asked(request, effort.hidden(typed), now, **line)):
        return wait
    secret = device.new_secret()
    if drafts.take_over(text=typed, secret=secret, now=now) is None:
        problem = gettext("Ce code ou ce lien ne sert plus. Demandez-en un autre là où il était.")
        return _again(request, problem, typed)
    if not above:
        limits.give_back(limit.key, limit.rate)
    response = redirect("intake:check")
    device.remember(response, secret)
    return response


def _again(request: HttpRequest, problem: str, typed: str) -> HttpResponse:
    context = {"problem": problem, "errors": [Problem("cle", problem)], "typed": typed[:100]}
    return render(request, "intake/take_over.html", context)
