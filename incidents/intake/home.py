"""The first page: three ways in, and who answers at this hour."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from csirt.accounts.principals import Anonymous
from csirt.directory import reference
from csirt.directory.desk import reached
from csirt.kernel.clock import now
from incidents.intake.calendar import desk_now
from incidents.intake.words import language, reach

URGENT = ("n17", "n112", "n114")
MEANWHILE = ("17cyber",)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say it in one screen: I am attacked, I have a doubt, I come back with my code."""
    bundle = reference.current()
    context = {
        "desk": desk_now(bundle, now()),
        "word": reached.page_text("accueil", language()),
        "meanwhile": reach(bundle, MEANWHILE),
        "urgent": reach(bundle, URGENT),
        "principal": Anonymous(),
    }
    return render(request, "intake/home.html", context)
