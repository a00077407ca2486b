"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest

from csirt.accounts.second_factor import optional


def desk(request: HttpRequest) -> dict[str, object]:
    """Return the desk's name, phone and mode; nothing here asks the database."""
    return {
        "desk_name": settings.DESK_NAME,
        "phone": settings.DESK_PHONE,
        "desk_email": settings.DESK_EMAIL,
        "mode": settings.MODE,
        "demo_mode": settings.DEMO,
        "second_factor_optional": optional(request.META.get("HTTP_HOST", "")),
    }
