"""The forms of the partners' and collections' pages."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from api.models import Collection, Partner
from csirt.kernel.tlp import Tlp

SCOPE_LABELS = [
    ("taxii:read", _("lire par TAXII")),
    ("taxii:write", _("déposer par TAXII")),
]
_NAME_HELP = _("Des lettres minuscules sans accent, des chiffres et des traits d'union.")


class PartnerForm(forms.Form):
    """A new partner."""

    name = forms.CharField(label=_("Nom"), max_length=160)
    identifier = forms.CharField(label=_("Identifiant"), max_length=40, help_text=_NAME_HELP)
    kind = forms.ChoiceField(label=_("Sorte"), choices=Partner.Kind.choices)


class TokenForm(forms.Form):
    """A new token."""

    label = forms.CharField(
        label=_("Usage"), max_length=80, required=False, help_text=_("Par exemple : OpenCTI.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Droits"),
        choices=SCOPE_LABELS,
        widget=forms.CheckboxSelectMultiple,
        initial=["taxii:read"],
    )
    expires = forms.DateField(
        label=_("Valable jusqu'au"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    addresses = forms.CharField(
        label=_("Adresses d'où il peut servir"),
        required=False,
        max_length=2000,
        help_text=_("Une adresse ou un réseau par ligne. Vide : de partout."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def expires_at(self) -> datetime | None:
        """Return the end of the day that was chosen, in the desk's time."""
        day = self.cleaned_data["expires"]
        return make_aware(datetime.combine(day, time(23, 59, 59))) if day else None


class ContactsForm(forms.Form):
    """Whom to call or write to at a partner's."""

    contacts = forms.CharField(
        label=_("Qui joindre"),
        required=False,
        max_length=2000,
        help_text=_("Nom, mél, téléphone, heures : une personne par ligne."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PersonForm(forms.Form):
    """Somebody who sees the partner's own page."""

    email = forms.EmailField(
        label=_("Mél du compte"),
        max_length=254,
        help_text=_("Un compte de rôle « Partenaire », invité depuis la page de l'équipe."),
    )


class CollectionForm(forms.Form):
    """A new collection."""

    title = forms.CharField(label=_("Titre"), max_length=160)
    alias = forms.CharField(label=_("Alias"), max_length=60, help_text=_NAME_HELP)
    audience = forms.ChoiceField(
        label=_("Qui peut la lire"),
        choices=Collection.Audience.choices,
        widget=forms.RadioSelect,
        initial=Collection.Audience.NAMED,
    )
    tlp = forms.ChoiceField(
        label=_("TLP le plus haut qui peut y entrer"),
        choices=[(tlp.value, tlp.label) for tlp in Tlp if tlp != Tlp.RED],
        initial=Tlp.AMBER.value,
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ContentForm(forms.Form):
    """What a collection holds besides what all of them do, or what of it a partner reads."""

    playbooks = forms.BooleanField(
        label=_("Playbooks suivis"),
        required=False,
        help_text=_("Des « course-of-action » avec le playbook CACAO, tel que publié."),
    )
    details = forms.BooleanField(
        label=_("Événement, effets et gestes"),
        required=False,
        help_text=_("Les objets « event », « impact » et « task », encore des brouillons d'OASIS."),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class ReaderForm(forms.Form):
    """A partner who may read a collection."""

    partner = forms.ChoiceField(label=_("Partenaire"))

    def __init__(self, *args: Any, partners: list[Partner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["partner"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(partner.uuid), partner.name) for partner in partners]
