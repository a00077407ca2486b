"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from csirt.accounts.second_factor import optional
from csirt.directory.desk import reached


def desk(request: HttpRequest) -> dict[str, object]:
    """Return the desk's name, how it is reached, and its mode; a page needs no database for it."""
    numbers = reached.numbers()
    return {
        "desk_name": settings.DESK_NAME,
        "phone": numbers.phone,
        "desk_email": numbers.email,
        "desk_hours": lambda: reached.when(get_language() or "fr"),
        "mode": settings.MODE,
        "demo_mode": settings.DEMO,
        "exercise_banner": settings.EXERCISE_BANNER,
        "second_factor_optional": optional(request.META.get("HTTP_HOST", "")),
    }
