"""The queue's page, the snapshot from which it becomes live, and one case where no socket passes."""

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from csirt.accounts.principals import Anonymous, Person, principal_of
from csirt.accounts.roles import Role
from csirt.directory.models import VictimKind
from csirt.journal import consumers
from csirt.kernel.clock import now
from csirt.kernel.tlp import Tlp
from incidents.console import queue
from incidents.console.access import for_people, for_readers
from incidents.console.filters import DUE, SIGNS, Filters
from incidents.console.own import tabs
from incidents.console.saved import FIRST
from incidents.console.together import ACTS
from incidents.domain.lifecycle import State
from incidents.live import snapshot as live
from incidents.live.rows import LIMIT
from incidents.models import Kind, Priority
from incidents.services.bulk import MOST
from incidents.services.views import LONGEST_NAME


@require_safe
@for_people
def console(request: HttpRequest, person: Person) -> HttpResponse:
    """Show the queue; who has no case to see gets a page that says what their role can do."""
    if not person.sees_cases:
        context = {"role": Role(person.role), "principal": person}
        return render(request, "console/elsewhere.html", context, status=403)
    filters = Filters.of(request.GET, person)
    page = queue.page(person, filters)
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    mine = tabs(person, filters)
    here = filters.view.name == FIRST and not filters.narrowed
    context = {
        "principal": person,
        "filters": filters,
        "page": page,
        "rows": [queue.shown(row, language) for row in page.rows],
        "returned": [
            queue.shown(row, language) for row in (queue.returned(person) if here else [])
        ],
        "tabs": mine,
        "kept": next((tab for tab in mine if tab.get("kept") and tab["current"]), None),
        "longest_name": LONGEST_NAME,
        "choices": queue.choices(person, language),
        "states": [{"value": s, "label": gettext(State(s).label)} for s in filters.view.states],
        "priorities": [{"value": one, "label": one} for one in Priority.values],
        "tlps": [{"value": one.value, "label": one.label} for one in Tlp],
        "signs": [{"value": name, "label": label} for name, label in SIGNS.items()],
        "dues": [{"value": name, "label": label} for name, label in DUE.items()],
        "kinds": [{"value": value, "label": label} for value, label in Kind.choices],
        "spec": json.dumps(filters.spec()),
        "labels": json.dumps(labels(language), ensure_ascii=False),
        "blank": queue.BLANK,
        "limit": LIMIT,
        "acts": ACTS.values(),
        "most": MOST,
        "late": consumers.is_late(now()),
    }
    return render(request, "console/queue.html", context)


@require_safe
def snapshot(request: HttpRequest) -> HttpResponse:
    """Answer the live set as JSON: 401 who is not logged in, 403 who sees no cases."""
    person = principal_of(request)
    if isinstance(person, Anonymous):
        return JsonResponse({"code": "login"}, status=401)
    if not person.sees_cases:
        return JsonResponse({"code": "not-allowed"}, status=403)
    return JsonResponse(live.snapshot(person), json_dumps_params={"ensure_ascii": False})


@require_safe
@for_readers
def since(request: HttpRequest, person: Person, case: UUID) -> HttpResponse:
    """Answer as JSON what happened to a case since it was shown; no reading of it is noted."""
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    epoch = request.GET.get("epoch", "")
    return JsonResponse(live.since(person, case, epoch=epoch, after=after))


def labels(language: str) -> dict[str, dict[str, str]]:
    """Return the words that the live queue needs, in the language of the screen."""
    return {
        "state": {state.value: gettext(state.label) for state in State},
        "victim_kind": {value: str(label) for value, label in VictimKind.choices},
        "duty": queue.duties(language),
        "said": {
            "live": gettext("En direct"),
            "lost": gettext("Connexion perdue. Nouvel essai dans %s s."),
            "offline": gettext("Connexion perdue. La liste date de %s."),
            "trying": gettext("Connexion…"),
            "ended": gettext("Votre session est terminée. Reconnectez-vous."),
            "polled": gettext("Mise à jour chaque minute"),
            "unchecked": gettext("En direct, sans contrôle : plus de 2 000 dossiers en cours."),
            "one_new": gettext("1 nouveau – afficher"),
            "many_new": gettext("%s nouveaux – afficher"),
            "resort": gettext("Reclasser la liste"),
            "left": gettext("a quitté cette liste"),
            "during": gettext("Pendant %s"),
            "after": gettext("Après %s"),
            "due": gettext("dans %s"),
            "over": gettext("dépassée de %s"),
            "write": gettext("%s écrit"),
            "read": gettext("%s lit"),
            "idle": gettext("%s est là, inactif"),
            "wrote": gettext("La victime a écrit"),
            "danger": gettext("Danger"),
            "to_check": gettext("Mots à vérifier"),
            "apart": gettext("À part"),
            "restricted": gettext("Accès restreint"),
            "until": gettext("jusqu'au %s"),
            "nobody": gettext("Personne"),
            "me": gettext("Moi"),
            "minute": gettext("%s min"),
            "hour": gettext("%s h"),
            "day": gettext("%s j"),
        },
    }
