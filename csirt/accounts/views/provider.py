"""The way to the identity provider and back; neither exists when none is configured."""

from collections.abc import Callable

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from requests import RequestException

from csirt.accounts import identity
from csirt.kernel.errors import NotFound

log = structlog.get_logger()

# What a provider that is away, or talks nonsense (a name too long to keep), makes the library raise.
_AWAY = (
    *(RequestException, OAuth2Error, LookupError, ValueError, TypeError, AttributeError),
    *(ImproperlyConfigured, DatabaseError),
)


def _guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @require_safe
    def guarded(request: HttpRequest, provider_id: str) -> HttpResponse:
        if not identity.is_on() or provider_id != settings.OIDC_ID:
            raise NotFound
        try:
            return view(request, provider_id)
        except ImmediateHttpResponse as answer:
            return answer.response
        except _AWAY as error:
            log.warning("provider.failed", error=type(error).__name__)
            return identity.failed(request).response

    return guarded


login = _guarded(views.login)
back = _guarded(views.callback)
