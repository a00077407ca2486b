"""The forms of the case page: one for each edge that leaves the case's state, made from its needs.

A field's name in the page is prefixed by its form's, so that several forms may ask for a reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.kernel.errors import Invalid
from csirt.kernel.text import clean_line
from csirt.kernel.tlp import Tlp
from incidents.domain.lifecycle import TRANSITIONS, State, Transition, leaving
from incidents.models import Incident, Kind, Priority, TextDraft
from incidents.queries import visible_to
from incidents.services import transitions

PARIS = ZoneInfo("Europe/Paris")
MORNING = time(8)  # a waiting case comes back when the desk opens
Shape = Literal["text", "textarea", "radios", "select", "checkbox", "date"]
Option = dict[str, str]
NO_DRAFTS: Mapping[str, TextDraft] = {}

# Taking and qualifying at once, as the inbox does; made of the two edges.
ACCEPT = Transition(
    "accept",
    TRANSITIONS["take"].sources,
    TRANSITIONS["qualify"].target,
    "Prendre et qualifier",
    needs=TRANSITIONS["qualify"].needs,
    optional=TRANSITIONS["qualify"].optional,
)
EDGES: Mapping[str, Transition] = TRANSITIONS | {"accept": ACCEPT}
SERVICES: Mapping[str, Callable[..., Incident]] = transitions.SERVICES | {
    "accept": transitions.accept
}


@dataclass(frozen=True)
class Field:
    """One question of a form, as the components show it."""

    name: str  # in the page
    shape: Shape
    label: str
    hint: str = ""
    options: list[Option] = field(default_factory=list)
    optional: bool = False
    value: str = ""
    error: str = ""
    rows: int = 3
    draft: TextDraft | None = None


@dataclass(frozen=True)
class Form:
    """What one edge asks for. ``open``: it was sent and came back."""

    name: str
    label: str
    fields: list[Field]
    open: bool = False


@dataclass(frozen=True)
class Returned:
    """A form that could not be carried out: what was typed, and what is wrong."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, form: str, name: str, default: str = "") -> str:
        """What was typed in a field, else *default*."""
        return self.values.get(f"{form}-{name}", default) if form == self.form else default

    def error(self, form: str, name: str) -> str:
        """What is wrong with a field, in the language of the screen."""
        return gettext(self.errors[name]) if form == self.form and name in self.errors else ""


def edges(state: str) -> list[Transition]:
    """Return the edges that leave *state*, and taking with qualifying where both may follow."""
    found = leaving(State(state))
    if any(edge.name == "take" for edge in found):
        found.insert(1, ACCEPT)
    return found


def forms(
    case: Incident, language: str, returned: Returned, drafts: Mapping[str, TextDraft] = NO_DRAFTS
) -> list[Form]:
    """Return the forms of the edges that leave the case's state, in the order of the table.

    *drafts*: what the reader has typed and not sent, by the name of the field.
    """
    found = []
    for edge in edges(case.state):
        fields = [
            _field(edge, name, case, language, returned, drafts=drafts) for name in _names(edge)
        ]
        begun = returned.form == edge.name or any(one.draft for one in fields)
        found.append(Form(edge.name, gettext(edge.label), fields, open=begun))
    return found


def priority(
    case: Incident, returned: Returned, drafts: Mapping[str, TextDraft] = NO_DRAFTS
) -> Form | None:
    """Return the form that gives a case another priority; None once it has ended."""
    if State(case.state).terminal:
        return None
    draft = drafts.get("priorite-reason")
    fields = priority_fields(returned, case.priority, draft)
    begun = returned.form == "priorite" or draft is not None
    return Form("priorite", gettext("Changer la priorité"), fields, open=begun)


def priority_fields(
    returned: Returned, chosen: str = "", draft: TextDraft | None = None
) -> list[Field]:
    """Return what another priority asks for, of one case or of several."""
    reason = draft.text if draft else ""
    return [
        Field(
            name="priorite-priority",
            shape="radios",
            label=gettext("Priorité"),
            options=options("priority", ""),
            value=returned.value("priorite", "priority", chosen),
            error=returned.error("priorite", "priority"),
        ),
        Field(
            name="priorite-reason",
            shape="textarea",
            label=gettext("Pourquoi cette priorité ?"),
            value=returned.value("priorite", "reason", reason),
            error=returned.error("priorite", "reason"),
            draft=draft,
        ),
    ]


def read(edge: Transition, posted: Mapping[str, str], person: Person) -> dict[str, Any]:
    """Return the service's arguments that a sent form gives; raises ``Invalid``."""
    found: dict[str, Any] = {}
    for name in _names(edge):
        text = posted.get(f"{edge.name}-{name}", "")
        if name == "consent":
            found[name] = text == "oui"
        elif name == "until":
            found[name] = morning(text)
        elif name == "into":
            found[name] = case_named(person, text)
        else:
            found[name] = text
    return found


def _names(edge: Transition) -> tuple[str, ...]:
    return edge.needs + edge.optional


def morning(text: str) -> datetime:
    """Read a day as that day's opening; raises ``Invalid``."""
    try:
        return datetime.combine(date.fromisoformat(text), MORNING, PARIS)
    except ValueError as error:
        raise Invalid(
            "Cette date n'est pas lisible.", fields={"until": "Choisissez un jour à venir."}
        ) from error


def local(text: str) -> datetime:
    """Read a day and hour of Paris; raises ``ValueError``, also for one that no clock can be asked about."""
    at = datetime.fromisoformat(text).replace(tzinfo=PARIS)
    if not is_known(at):
        raise ValueError(text)
    return at


def instant(text: str) -> datetime | None:
    """Read a moment with its offset, as addresses write it; None when it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo and is_known(at) else None


def is_known(day: date) -> bool:
    """Tell whether a day, or a moment, is one that any clock can be asked about."""
    return 2000 <= day.year < 2100


def case_named(person: Person, text: str) -> UUID:
    """Return the case that a reference names; raises ``Invalid``, hidden and absent alike."""
    wanted = clean_line(text).upper().replace(" ", "")
    found = visible_to(person).filter(reference=wanted).values_list("uuid", flat=True).first()
    if found is None:
        raise Invalid(
            "Ce dossier n'a pas été trouvé.",
            fields={"into": "Écrivez la référence d'un dossier que vous voyez : OCC-7F3K-Q2."},
        )
    return found


_REASONS = {
    "qualify": _("Si vous changez la priorité, dites pourquoi"),
    "accept": _("Si vous changez la priorité, dites pourquoi"),
    "wait": _("Qu'attendons-nous ?"),
    "resolve": _("Comment cela s'est-il fini ?"),
    "reopen": _("Pourquoi le rouvrir ?"),
    "redirect": _("Pourquoi ce service ?"),
    "reject": _("Pourquoi n'est-ce pas un événement de sécurité ?"),
}
_WAITS_ON = {
    "victim": _("La victime"),
    "provider": _("Un prestataire"),
    "partner": _("Un partenaire"),
}
_LABELS = {
    "kind": _("Nature"),
    "category": _("Catégorie"),
    "priority": _("Priorité"),
    "tlp": _("Confidentialité (TLP)"),
    "waiting_on": _("Qui attendons-nous ?"),
    "until": _("Jusqu'au"),
    "closing_words": _("Le mot de la fin"),
    "redirected_to": _("À quel service ?"),
    "consent": _("La personne est d'accord pour que nous transmettions son dossier"),
    "into": _("Référence du dossier à garder"),
}
_HINTS = {
    "closing_words": _("La victime le lira sur sa page de suivi."),
    "consent": _("Sans accord sur sa page de suivi, nous notons un accord donné de vive voix."),
    "until": _("Le dossier revient de lui-même ce jour-là, ou dès que la victime écrit."),
    "into": _("Les signalements de ce dossier-ci y seront rattachés. C'est réversible."),
}
_CHOICES: Mapping[str, Sequence[tuple[str, Any]]] = {
    "kind": Kind.choices,
    "priority": Priority.choices,
    "tlp": [(tlp.value, tlp.label) for tlp in Tlp],
    "waiting_on": [(who, _WAITS_ON[who]) for who in transitions.WAITS_ON],
    "consent": [("oui", _("Oui"))],
}
_SHAPES: Mapping[str, Shape] = {
    "kind": "radios",
    "priority": "radios",
    "waiting_on": "radios",
    "tlp": "select",
    "category": "select",
    "redirected_to": "select",
    "until": "date",
    "consent": "checkbox",
    "into": "text",
}


def _field(
    edge: Transition, name: str, case: Incident, language: str, returned: Returned, *,
    drafts: Mapping[str, TextDraft],
) -> Field:  # fmt: skip
    default = {"priority": case.priority, "tlp": case.tlp, "category": case.category}.get(name, "")
    draft = drafts.get(f"{edge.name}-{name}")
    label = _REASONS[edge.name] if name == "reason" else _LABELS[name]
    return Field(
        name=f"{edge.name}-{name}",
        shape=_SHAPES.get(name, "textarea"),
        label=str(label),
        hint=str(_HINTS.get(name, "")),
        options=options(name, language),
        optional=name in edge.optional,
        value=returned.value(edge.name, name, draft.text if draft else default),
        error=returned.error(edge.name, name),
        draft=draft,
    )


def options(name: str, language: str) -> list[Option]:
    """Return what a field offers, in the language of the screen."""
    bundle = reference.current()
    if name == "category":
        return [
            {"value": c.id, "label": c.label_en if language == "en" else c.label_fr}
            for c in bundle.categories.values()
        ]
    if name == "redirected_to":
        return [
            {"value": c.id, "label": c.name_en if language == "en" else c.name_fr}
            for c in bundle.contacts.values()
        ]
    return [{"value": value, "label": str(label)} for value, label in _CHOICES.get(name, [])]
