"""What the loader refuses, said to who wrote the file: where, and what to do; its own words stay beside."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.directory import reference
from playbooks.console.showing import phase_label
from playbooks.domain.differences import FIELD_LABELS

_PROBLEM = re.compile(
    r"(?P<file>[^:\s]+)(?::(?P<line>\d+))?(?: (?P<path>[^:]+))?: (?P<why>.*)", re.DOTALL
)
_STEP = re.compile(r"phases\.(?P<phase>before|during|after)\[(?P<place>\d+)\](?:\.(?P<field>\w+))?")
TWICE = "is a step of both"
_AGAIN = _("Corrigez cette valeur.")
_CONDITION = _(
    "Cette condition n'est pas comprise. Corrigez-la, ou retirez la ligne : l'étape vaut alors toujours."
)
# The first that is found in the loader's words counts.
_ADVICE = {
    "not valid YAML": _(
        "La ligne est mal écrite : souvent un guillemet, un deux-points ou des espaces au début. "
        "Comparez-la avec un playbook exporté d'ici."
    ),
    "the file is empty": _("Le fichier est vide. Choisissez-en un autre."),
    "duplicate key": _("Ce champ est écrit deux fois. Retirez l'une des deux lignes."),
    "unknown field": _("Ce champ n'existe pas. Corrigez son nom, ou retirez la ligne."),
    "missing field": _(
        "Il manque un champ, nommé à la fin. Ajoutez-le comme dans un playbook exporté d'ici."
    ),
    "put it in quotes": _("Mettez cette valeur entre guillemets."),
    "a text that is not empty": _("Ce champ est vide. Écrivez un texte."),
    "not a duration": _("Écrivez le délai ainsi : PT30M (minutes), PT4H (heures), P2D (jours)."),
    "stands twice": _("Cette valeur est deux fois dans la liste. Retirez-en une."),
    "unknown source": _("Cette source n'est pas connue ici. Reprenez-en une d'un playbook d'ici."),
    "unknown duty": _(
        "Cette échéance légale n'est pas connue ici. Corrigez-la, ou retirez la ligne."
    ),
    "as many entries": _("Il faut autant de lignes en anglais qu'en français."),
    "go together": _(
        "Le délai (due), son départ (due_from) et son temps (clock) vont ensemble : tous les trois, ou aucun."
    ),
    "goes with a bound duty": _(
        "Un délai compté depuis une échéance légale (due_from: duty) va avec une étape liée à elle (duty), "
        "et avec elle seule."
    ),
    "is not for the phase": _(
        "Écrivez « shown » (depuis qu'elle est montrée) pendant, « resolution » (depuis la résolution) après."
    ),
    "a step before has": _(
        "Une étape d'avant n'a pas de délai et n'est jamais obligatoire. Retirez-les."
    ),
    "needs a due time": _("Donnez un délai à cette étape."),
    "a technical role": _(
        "Une étape du prestataire ou de l'analyste n'est pas montrée à la victime. Changez l'un ou l'autre."
    ),
    "a source is needed": _("Choisissez une source au moins."),
    "but its sources say": _("Écrivez ce que disent ses sources : le dernier mot du message."),
    TWICE: _("Une étape d'un autre playbook porte cet identifiant. Donnez-en un autre à la vôtre."),
    ", expected ": _("Numérotez les étapes à la suite : 1, 2, 3, sans trou, d'avant à après."),
    "does not serve": _(
        "Une catégorie y mène pour ce public. Ajoutez-le à « Pour qui » (victim_kinds)."
    ),
    "opening hours count no months": _("En heures d'ouverture, comptez en jours ou en heures."),
    "more than five years": _("Donnez un délai de cinq ans au plus."),
    "characters that nobody sees": _("Retapez ce texte : il contient des caractères invisibles."),
    "is not of the form": _(
        "Écrivez 60 lettres sans accent, chiffres, traits d'union ou traits bas au plus, sans espace."
    ),
    " steps": _("Ce playbook a trop d'étapes. Partagez-le en plusieurs."),
    " levels": _("Ce fichier n'est pas un playbook. Choisissez-en un autre."),
    "true or false": _("Écrivez true (oui) ou false (non)."),
    "expected ": _("Ce n'est pas la bonne sorte de valeur. Suivez un playbook exporté d'ici."),
}
_LISTS = {"role": "roles", "due from": "due_from", "clock": "clock", "basis": "basis"}


@dataclass(frozen=True)
class Explained:
    """One problem. ``where`` is empty when it is of the whole file; ``detail`` is the loader's."""

    where: str
    advice: str
    detail: str

    def __str__(self) -> str:
        return f"{self.advice} ({self.detail})"


def explained(problems: Iterable[str]) -> list[Explained]:
    """Return what to do about each of the loader's *problems*."""
    return [_explained(problem) for problem in problems]


def _explained(problem: str) -> Explained:
    match = _PROBLEM.fullmatch(problem)
    if match is None:
        return Explained("", str(_AGAIN), problem)
    ours = match["file"].startswith("playbook") and TWICE not in match["why"]
    where = _where(match) if ours else ""  # the line may be of another file
    return Explained(where, advice(match["why"], match["path"] or ""), problem)


def advice(why: str, path: str) -> str:
    """Return what to do about one problem, in the language of the screen."""
    if path.endswith(".when"):
        return str(_CONDITION)
    for kind, field in _LISTS.items():
        if why.startswith(f"unknown {kind} "):
            allowed = ", ".join(one.id for one in getattr(reference.current().vocabulary, field))
            return gettext("Choisissez l'une de ces valeurs : %s.") % allowed
    return str(next((text for words, text in _ADVICE.items() if words in why), _AGAIN))


def _where(match: re.Match[str]) -> str:
    parts = [gettext("Ligne %s") % match["line"]] if match["line"] else []
    step = _STEP.match(match["path"] or "")
    if step:
        parts.append(phase_label(step["phase"]).lower())
        parts.append(gettext("étape %s") % (int(step["place"]) + 1))
    field = step["field"] if step else (match["path"] or "").partition("[")[0]
    if field:
        label = FIELD_LABELS.get(field)
        parts.append(gettext("champ « %s »") % (gettext(label) if label else field))
    return ", ".join(parts)
