"""The language of somebody's account, told to their browser: its pages read a cookie."""

from django.conf import settings
from django.http import HttpResponseBase

from csirt.accounts.models import User


def speak(response: HttpResponseBase, user: User) -> None:
    """Let the browser ask for pages in the account's language, as the switch of each page does.

    Nothing where the account has none.
    """
    if not user.language:
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        user.language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]
    )
