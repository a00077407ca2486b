"""Who may open a page: the way to log in for strangers, the common 404 for everybody else."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext

from csirt.accounts.models import User
from csirt.accounts.roles import Role
from csirt.kernel.errors import NotAllowed, NotFound

View = Callable[..., HttpResponse]


def only(*roles: Role) -> Callable[[View], View]:
    """Open a page to people of *roles*, or to everybody with an account when none is named.

    Strangers are sent to log in and come back; for others the page does not exist.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not isinstance(request.user, User):
                return send_to(
                    request, reverse("account_login"), 401, "log-in", gettext("Connectez-vous.")
                )
            if roles and request.user.role not in roles:
                raise NotFound
            return view(request, *args, **kwargs)

        return guarded

    return guard


def require_recent_proof(request: HttpRequest) -> None:
    """See that the person proved who they are in the last minutes, before something that matters.

    Raises allauth's ``ReauthenticationRequired``: its middleware keeps what was posted, asks for a
    passkey, a password or a code, and carries the request out then. A program gets ``NotAllowed``.
    """
    if not is_reauthentication_required(request, app="csirt.accounts"):
        return
    if wants_json(request):
        raise NotAllowed(
            "Confirmez d'abord que c'est vous, sur la page de votre compte.", code="recent-proof"
        )
    raise ReauthenticationRequired


def proved_recently(view: View) -> View:
    """Ask for a recent proof (``require_recent_proof``) before *view* changes anything."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            require_recent_proof(request)
        return view(request, *args, **kwargs)

    return guarded


def send_to(request: HttpRequest, page: str, status: int, code: str, detail: str) -> HttpResponse:
    """Send a person to *page* and back here; a program gets *status* and a problem instead."""
    if wants_json(request):
        problem = {"type": "about:blank", "title": detail, "status": status, "code": code}
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    if request.headers.get("HX-Request") == "true":
        back = request.headers.get("HX-Current-URL", "").partition("://")[2].partition("/")[2]
        address = _with_next(page, f"/{back}" if back else "")
        return HttpResponse(
            status=status if status != 401 else 403, headers={"HX-Redirect": address}
        )
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
    return HttpResponseRedirect(_with_next(page, back))


def _with_next(page: str, back: str) -> str:
    return f"{page}?{urlencode({'next': back})}" if back else page


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a program asks: the API, or a script that fetches data."""
    if request.path.startswith("/api/"):
        return True
    if request.headers.get("HX-Request") == "true":
        return False
    accepted = request.headers.get("Accept", "")
    return "json" in accepted and "text/html" not in accepted
