"""What somebody typed, given back on the page that says it was not taken."""

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.middleware.csrf import get_token

SECRET = {"csrfmiddlewaretoken", "password", "password1", "password2", "code"}
ACTS_FOR_AN_ACCOUNT = ("/console/", "/comptes/", "/api/")


def kept(request: HttpRequest) -> dict[str, object]:
    """Return what ``web/kept.html`` needs: the fields posted, and where to send them again.

    Nothing is offered to be sent where one click would act for a signed-in person who did not write
    it. Needs no database.
    """
    if request.method != "POST":
        return {}
    try:
        posted = list(request.POST.lists())
    except (UnreadablePostError, SuspiciousOperation):
        return {}
    fields = [(name, value) for name, values in posted if name not in SECRET for value in values]
    again = bool(fields) and not request.path.startswith(ACTS_FOR_AN_ACCOUNT)
    return {
        "fields": fields,
        "action": request.get_full_path() if again else "",
        "csrf_token": get_token(request),
    }
