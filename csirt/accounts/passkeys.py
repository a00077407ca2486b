"""Passkeys: what the browser's answers must be, on top of allauth and fido2.

A passkey is two factors at once: what somebody has, and what unlocks it (user verification is always
required). Nothing can be guessed, so nothing here is slowed.
"""

import json
import struct
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from csirt.accounts.identity import local_allowed
from csirt.accounts.models import User
from csirt.kernel.text import clean_line

LONGEST = 20_000  # characters of an answer: an attestation is about one thousand
LONGEST_NAME = 60
# What a hostile answer makes the libraries raise; the second row is of broken CBOR.
_UNREADABLE = (
    *(TypeError, ValueError, LookupError, AttributeError, InvalidSignature, OverflowError),
    *(struct.error, RecursionError, NotImplementedError),
)


class AnswerField(forms.JSONField):
    """The JSON of ``PublicKeyCredential.toJSON()``."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput)

    def to_python(self, value: Any) -> Any:
        """Return an object; raises ``ValidationError`` for anything else, however deep or long."""
        try:
            read = super().to_python(value) if len(value or "") <= LONGEST else None
        except RecursionError:
            read = None
        if not isinstance(read, dict):
            raise get_adapter().validation_error("incorrect_key")
        return read


def _same_origin(response: Any) -> None:
    """See that the browser stood on this very origin: the library lets sub-domains pass."""
    request = context.request
    if response.client_data.origin != f"{request.scheme}://{request.get_host()}":
        raise get_adapter().validation_error("incorrect_key")


class _Given(webauthn.AuthenticateWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = AnswerField()

    def clean_credential(self) -> Authenticator:
        given = self.cleaned_data["credential"]
        try:
            _same_origin(auth.parse_authentication_response(given).response)
            return super().clean_credential()
        except (*_UNREADABLE, ValidationError) as error:
            raise get_adapter().validation_error("incorrect_key") from error


class CodeStageForm(_Given):
    """A passkey after the right password."""


class LoginForm(_Given):
    """A passkey alone."""

    passwordless = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=None, **kwargs)

    def clean_credential(self) -> Authenticator:
        given = super().clean_credential()
        if not local_allowed(given.user.email):
            raise get_adapter().validation_error("through_provider")
        return given


class ReauthenticateForm(_Given):
    """A passkey once more, in a session that is already open."""

    reauthenticated = True


class AddForm(forms.Form):
    """A new passkey, and what its owner calls it."""

    name = forms.CharField(
        label=_("Nom de la clé"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("Pour la reconnaître : « Téléphone », « Clé bleue »."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    credential = AnswerField()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_name(self) -> str:
        typed = clean_line(self.cleaned_data["name"])[:LONGEST_NAME]
        return typed or get_adapter().generate_authenticator_name(
            self.user, Authenticator.Type.WEBAUTHN
        )

    def clean_credential(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data["credential"]
        try:
            _same_origin(auth.parse_registration_response(given).response)
            binding = auth.complete_registration(given)
        except (*_UNREADABLE, ValidationError) as error:
            raise get_adapter().validation_error("incorrect_key") from error
        if not binding.is_user_verified():
            raise get_adapter().validation_error("incorrect_key")
        return given


def creation_options(user: User) -> str:
    """Return the JSON that asks a browser for a new passkey; the session keeps its challenge."""
    return json.dumps(auth.begin_registration(user, passwordless=True))


def request_options(user: User | None = None) -> str:
    """Return the JSON that asks a browser for a passkey of *user*, or for anybody's."""
    return json.dumps(auth.begin_authentication(user))
