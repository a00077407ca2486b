"""The forms of the accounts' pages, in the words of the desk."""

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.internal.flows import post_authentication
from django import forms
from django.utils.translation import gettext_lazy as _

from csirt.accounts import limits, tokens, totp
from csirt.accounts.adapter import TOO_MANY
from csirt.accounts.models import Density, Language, User
from csirt.accounts.roles import Role
from csirt.kernel.clock import real as now

LONGEST = 1000  # characters of a password: hashing more would cost us
_HELP = _("Au moins 12 caractères. Plusieurs mots à la suite conviennent très bien.")


def _password(label: Any, autocomplete: str, **options: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=LONGEST, widget=widget, **options)


class LoginForm(account.LoginForm):
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"})
        self.fields["login"] = forms.EmailField(
            label=_("Adresse e-mail"), max_length=254, widget=widget
        )
        self.fields["password"] = _password(_("Mot de passe"), "current-password")
        self.order_fields(["login", "password"])


class ReauthenticateForm(account.ReauthenticateForm):
    """The password once more, before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = _password(_("Mot de passe"), "current-password")


class ChangePasswordForm(account.ChangePasswordForm):
    """The old password, then the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"] = _password(_("Mot de passe actuel"), "current-password")
        self.fields["password1"] = _password(
            _("Nouveau mot de passe"), "new-password", help_text=_HELP
        )
        self.fields["password2"] = _password(_("Le nouveau, encore une fois"), "new-password")

    def clean_oldpassword(self) -> str:
        adapter = get_adapter()
        password: str = self.cleaned_data["oldpassword"]
        if not adapter.reauthenticate(self.user, password):
            raise adapter.validation_error("enter_current_password")
        return password

    def clean_password1(self) -> str:
        return get_adapter().clean_password(self.cleaned_data["password1"], user=self.user)

    def clean(self) -> dict[str, Any]:
        return _same_twice(self)


def _same_twice(form: forms.Form) -> dict[str, Any]:
    data = form.cleaned_data
    one, two = data.get("password1"), data.get("password2")
    if one and two and one != two:
        form.add_error("password2", _("Ce n'est pas le même mot de passe. Tapez-le encore."))
    return data


class AcceptForm(forms.Form):
    """What an invited person chooses; ``name`` is left out when the account exists."""

    name = forms.CharField(
        label=_("Votre nom"),
        max_length=120,
        help_text=_("Prénom et nom, comme vos collègues les verront."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password1 = _password(_("Choisissez un mot de passe"), "new-password", help_text=_HELP)
    password2 = _password(_("Le même, encore une fois"), "new-password")

    def clean(self) -> dict[str, Any]:
        return _same_twice(self)


class _Code(forms.Form):
    code = forms.CharField(
        label=_("Code à 6 chiffres"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user: User = kwargs.pop("user")
        super().__init__(*args, **kwargs)

    def _spend(self) -> limits.Try:
        tried = limits.spend(
            email=self.user.email,
            source=limits.source_of(context.request, self.user.email),
            secret=limits.Secret.CODE,
            now=now(),
        )
        if tried is None:
            raise forms.ValidationError(TOO_MANY, code="too_many")
        return tried


class CodeForm(_Code):
    """A code of the telephone, or a recovery code, at the end of logging in."""

    reauthenticated = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _(
            "Celui que montre votre application, ou un code de secours."
        )

    def clean_code(self) -> str:
        tried = self._spend()
        code: str = self.cleaned_data["code"]
        authenticator = totp.take(self.user, code, now())
        if authenticator is None:
            raise get_mfa_adapter().validation_error("incorrect_code")
        tried.give_back()
        authenticator.user = self.user
        self.authenticator = authenticator
        return code

    def save(self) -> None:
        """Note in the session that the second factor was given."""
        post_authentication(
            context.request, self.authenticator, reauthenticated=self.reauthenticated
        )


class ReauthenticateCodeForm(CodeForm):
    """The same, in a session that is already open."""

    reauthenticated = True


class EnrolForm(_Code):
    """The first code that a telephone shows, which proves that it holds the seed."""

    def __init__(self, *args: Any, seed: str, **kwargs: Any) -> None:
        self.seed = seed
        self.counter = -1
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        tried = self._spend()
        code: str = totp.normal(self.cleaned_data["code"])
        counter = totp.counter_of(self.seed, code, now())
        if counter is None:
            raise forms.ValidationError(
                _("Ce code n'est pas le bon. Attendez le suivant, puis tapez-le.")
            )
        tried.give_back()
        self.counter = counter
        return code


class InviteForm(forms.Form):
    """Who is invited, and as what."""

    email = forms.EmailField(
        label=_("Adresse e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label=_("Nom"), max_length=120, required=False)
    role = forms.ChoiceField(label=_("Rôle"), choices=Role.choices, initial=Role.ANALYST)


class PreferencesForm(forms.Form):
    """How somebody likes the console."""

    keys_enabled = forms.BooleanField(
        label=_("Raccourcis d'une seule touche"),
        required=False,
        help_text=_("Coupez-les si vous dictez au clavier ou si vous tapez à côté."),
    )
    density = forms.ChoiceField(
        label=_("Densité des listes"),
        choices=Density.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    language = forms.ChoiceField(
        label=_("Langue"),
        choices=Language.choices,
        widget=forms.RadioSelect,
        required=False,
        help_text=_("Celle des écrans, et des courriels que le centre vous envoie."),
    )


class TokenForm(forms.Form):
    """What a program may do in one's name, and for how long."""

    label = forms.CharField(
        label=_("À quoi sert-il ?"),
        max_length=80,
        help_text=_("Le nom du programme, et la machine où il tourne."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Ce qu'il peut faire"),
        choices=list(tokens.SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Jamais plus que vous."),
    )
    days = forms.TypedChoiceField(
        label=_("Il sert pendant"), choices=list(tokens.DAYS.items()), coerce=int, initial=90
    )
