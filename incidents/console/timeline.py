"""The journal of one case, said in sentences. What other apps write, they say with ``tell``."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from csirt.accounts.principals import Person
from csirt.directory import reference
from csirt.directory.models import ReferenceVersion
from csirt.journal.models import Event
from csirt.kernel.tlp import Tlp
from incidents import kinds, queries
from incidents.console.forms import EDGES
from incidents.console.people import actor_name, names_of
from incidents.domain.lifecycle import State
from incidents.intake.words import said_all
from incidents.models import About, Campaign, Channel, DatedEvent, Kind, ObservableRole
from incidents.services.transitions import BY_PHONE

PARIS = ZoneInfo("Europe/Paris")
Values = Mapping[str, Any]
Words = Callable[[Values, Mapping[str, str]], Mapping[str, Any]]


@dataclass(frozen=True)
class Line:
    """One sentence of the timeline."""

    at: datetime
    text: str
    quiet: bool = False
    key: str = ""  # names it in the page: « e » and its number, « m » for a dated moment
    dated: DatedEvent | None = None


def _plain(data: Values, _names: Mapping[str, str]) -> Values:
    return data


# What each kind says; %(who)s is the actor. One sentence for one fact.
SENTENCES: dict[str, Any] = {
    kinds.FILED.name: _("Signalement reçu (%(channel)s), priorité %(priority)s."),
    kinds.CAME_IN_FLOOD.name: _("Ce signalement est arrivé pendant un afflux."),
    kinds.TAKEN.name: _("%(who)s a pris le dossier."),
    kinds.QUALIFIED.name: _("%(who)s a qualifié le dossier : %(kind)s, %(priority)s, %(tlp)s."),
    kinds.WAITED.name: _("%(who)s a mis le dossier en attente jusqu'au %(until)s."),
    kinds.RESUMED.name: _("Le dossier a repris (%(why)s) : %(state)s."),
    kinds.CONTAINED.name: _("%(who)s a dit l'attaque contenue."),
    kinds.RESOLVED.name: _("%(who)s a résolu le dossier."),
    kinds.CLOSED.name: _("%(who)s a clos le dossier."),
    kinds.REOPENED.name: _("%(who)s a rouvert le dossier : %(state)s."),
    kinds.REDIRECTED.name: _("%(who)s a confié le dossier à %(to)s, avec accord (%(agreed)s)."),
    kinds.REJECTED.name: _("%(who)s a classé le dossier sans suite."),
    kinds.MERGED.name: _("%(who)s a marqué le dossier comme doublon de %(into)s."),
    kinds.SPLIT.name: _("%(who)s a séparé le dossier du dossier principal."),
    kinds.REPORT_MOVED.name: _(
        "%(who)s a déplacé le signalement %(reference)s : de %(holder)s vers %(to)s."
    ),
    kinds.GROUPED.name: _("%(who)s a mis le dossier dans la campagne « %(campaign)s »."),
    kinds.UNGROUPED.name: _("%(who)s a retiré le dossier de la campagne « %(campaign)s »."),
    kinds.OPENED.name: _("%(who)s a ouvert le dossier."),
    kinds.EDITED.name: _("%(who)s a modifié : %(fields)s."),
    kinds.TLP_RAISED.name: _("%(who)s a relevé la confidentialité : %(old)s → %(new)s."),
    kinds.TLP_LOWERED.name: _("%(who)s a abaissé la confidentialité : %(old)s → %(new)s."),
    kinds.RESTRICTED.name: _("%(who)s a restreint le dossier à %(people)s."),
    kinds.SET_APART.name: _("%(who)s a mis le dossier à part."),
    kinds.PUT_BACK.name: _("%(who)s a remis le dossier dans la file."),
    kinds.UNRESTRICTED.name: _("%(who)s a rouvert le dossier à toute l'équipe."),
    kinds.ACCESS_CHANGED.name: _(
        "%(who)s a changé qui voit le dossier : + %(added)s ; − %(removed)s."
    ),
    kinds.PRIORITISED.name: _("%(who)s a changé la priorité : %(previous)s → %(priority)s."),
    kinds.ASSESSED.name: _("Priorité revue par les règles : %(previous)s → %(priority)s."),
    kinds.NOTED.name: _("%(who)s a écrit une note interne."),
    kinds.OBSERVED.name: _("%(who)s a relevé des observables : %(count)s."),
    kinds.JUDGED.name: _("%(who)s a jugé un observable : %(role)s."),
    kinds.VICTIM_WROTE.name: _("La victime a écrit."),
    kinds.DESK_WROTE.name: _("%(who)s a écrit à la victime."),
    kinds.MESSAGES_READ.name: _("%(who)s a lu les messages de la victime."),
    kinds.UNDONE.name: _("%(who)s a annulé sa dernière action (%(act)s) : %(state)s."),
    kinds.SNOOZED.name: _("%(who)s a reporté le tri au %(until)s."),
    kinds.TRIAGED.name: _("%(who)s, suggestion %(accepted)s : %(field)s."),
    kinds.CODE_REISSUED.name: _("%(who)s a donné un nouveau code de suivi. L'ancien ne sert plus."),
    kinds.VICTIM_CAME.name: _("La victime a ouvert sa page de suivi."),
    kinds.CODE_NOTED.name: _("La victime a dit avoir noté son code."),
    kinds.CODE_REPLACED.name: _("Le code dicté au téléphone a été remplacé, à la première visite."),
    kinds.GESTURES_SHOWN.name: _(
        "Premiers gestes montrés à %(shown)s : %(playbook)s, version %(version)s."
    ),
    kinds.GESTURES_TICKED.name: _(
        "Premiers gestes cochés (%(playbook)s, version %(version)s) : %(gestures)s"
    ),
    kinds.CODE_MADE.name: _("%(who)s a fait un code pour une autre personne."),
    kinds.CODE_ENDED.name: _("%(who)s a retiré un code."),
    kinds.CODES_ENDED.name: _("%(who)s a retiré tous les codes donnés à d'autres."),
    kinds.CONSENT_GIVEN.name: _("La victime a donné un accord."),
    kinds.CONSENT_WITHDRAWN.name: _("La victime a retiré un accord."),
    kinds.ERASURE_ASKED.name: _("La victime a demandé l'effacement de ses données."),
    kinds.ERASURE_ANSWERED.name: _("%(who)s a répondu à la demande d'effacement."),
    kinds.ERASED.name: _("%(who)s a effacé ce que la victime avait confié."),
    kinds.ANSWERED.name: _("La victime a répondu à d'autres questions."),
    kinds.MOMENT_TOLD.name: _("La victime a dit quand elle a su : %(at)s."),
    kinds.SITUATION_CHANGED.name: _("La victime a dit que sa situation a changé."),
    kinds.SUGGESTED.name: _(
        "Les règles proposent la priorité %(priority)s (aujourd'hui %(current)s)."
    ),
    kinds.SUGGESTION_SETTLED.name: _("%(who)s a tranché la priorité proposée : %(priority)s."),
    kinds.WORDS_SETTLED.name: _("%(who)s a vérifié des mots entendus, %(confirmed)s : %(flag)s."),
    kinds.DATED.name: _("%(who)s a daté un moment."),
    kinds.REDATED.name: _("%(who)s a corrigé un moment daté."),
    kinds.UNDATED.name: _("%(who)s a retiré un moment daté."),
    kinds.DATED_AGAIN.name: _("%(who)s a remis un moment daté."),
    kinds.TAGGED.name: _("%(who)s a mis l'étiquette %(tag)s."),
    kinds.UNTAGGED.name: _("%(who)s a retiré l'étiquette %(tag)s."),
    kinds.TAG_RENAMED.name: _("%(who)s a renommé une étiquette : elle s'appelle %(tag)s."),
    kinds.WATCHED.name: _("%(who)s suit le dossier."),
    kinds.UNWATCHED.name: _("%(who)s ne suit plus le dossier."),
    kinds.UNJUDGED.name: _("%(who)s a repris son avis sur un observable : %(role)s."),
    kinds.JOURNAL_EXPORTED.name: _("%(who)s a exporté une partie du journal."),
}
ASSIGNED = _("%(who)s a confié le dossier à %(to)s.")
QUIET = {
    kinds.OPENED.name, kinds.TRIAGED.name, kinds.VICTIM_CAME.name, kinds.MESSAGES_READ.name,
    kinds.WATCHED.name, kinds.UNWATCHED.name,
}  # fmt: skip
_FIELD_NAMES = {
    "title": _("le titre"),
    "organisation": _("l'organisation"),
    "category": _("la catégorie"),
    "priority": _("la priorité"),
    "commune": _("la commune"),
    "knowledge_at": _("le moment où la victime a su"),
    "reports": _("les signalements rattachés"),
}
_ACTS = {
    "attribuer": _("attribution"),
    "modifier": _("modification"),
    "reporter": _("report du tri"),
    "priorite": _("priorité"),
    "prendre": _("attribution"),
    "campagne": _("campagne"),
    "lu": _("lecture des messages"),
    "message": _("message à la victime"),
}
_WHYS = {
    "person": _("quelqu'un l'a repris"),
    "date": _("sa date est venue"),
    "victim": _("la victime a écrit"),
}
_PEOPLE = {"people", "added", "removed"}  # data that names people, by uuid
_CASES = {  # data that names cases, by their reference
    kinds.MERGED.name: ("into",),
    kinds.REPORT_MOVED.name: ("reference", "holder", "to"),
}
_others: dict[str, tuple[Any, Words]] = {}


def tell(kind: str, sentence: Any, words: Words = _plain) -> None:
    """Say how a *kind* of another app reads here: a lazy msgid with ``%(who)s`` and data's keys.

    *words* turns the event's data, and the names of people, into what fills the sentence. Called
    in ``AppConfig.ready``.
    """
    _others[kind] = (sentence, words)


def lines(events: Iterable[Event], names: dict[str, str] | None = None) -> list[Line]:
    """Return the timeline's lines, in the order of *events*; without *names*, one query for people's."""
    found = list(events)
    names = names_of(people(found)) if names is None else names
    return [line(event, names) for event in found]


def line(event: Event, names: dict[str, str]) -> Line:
    """Return the line of one event."""
    quiet = event.kind in QUIET
    return Line(event.at, sentence(event, names), quiet=quiet, key=f"e{event.seq}")


def sentence(event: Event, names: dict[str, str]) -> str:
    """Return what one event says, in the language of the screen."""
    who = actor_name(event.actor, names)
    if event.kind == kinds.ASSIGNED.name:
        return _assigned(event.data, who, names)
    if event.kind == kinds.FILED.name and event.data.get("services"):
        return _filed(event.data, names)
    text, words = _others.get(event.kind, (SENTENCES.get(event.kind), _words))
    if text is None:
        return gettext("%(who)s : %(kind)s.") % {"who": who, "kind": event.kind}
    try:
        cases = {field: names.get(event.data[field], "…") for field in _CASES.get(event.kind, ())}
        return str(text) % {"who": who, **words(event.data, names), **cases}
    except (KeyError, TypeError, ValueError):  # data of an older schema
        return gettext("%(who)s : %(kind)s.") % {"who": who, "kind": event.kind}


def bare_sentence(event: Event, names: dict[str, str]) -> str:
    """Return what kind of event it is, for who may not read of cases: an ellipsis for each fact."""
    text, _words_of = _others.get(event.kind, (SENTENCES.get(event.kind), _words))
    text = ASSIGNED if event.kind == kinds.ASSIGNED.name else text or gettext("%(who)s : %(kind)s.")
    known = {"who": actor_name(event.actor, names), "kind": event.kind}
    return str(text) % defaultdict(lambda: "…", known)


def _assigned(data: Values, who: str, names: Mapping[str, str]) -> str:
    if not data.get("assignee"):
        return gettext("%(who)s a libéré le dossier.") % {"who": who}
    to = names.get(data["assignee"], gettext("Quelqu'un de l'équipe"))
    return str(ASSIGNED) % {"who": who, "to": to}


def flag_in_words(name: str) -> str:
    """Return what a triage flag says, in the language of the screen."""
    flag = reference.current().flags.get(name)
    if flag is None:
        return name
    return flag.en if (get_language() or "fr").startswith("en") else flag.fr


def _filed(data: Values, names: Mapping[str, str]) -> str:
    text = str(SENTENCES[kinds.FILED.name]) % _words(data, names)
    shown = ", ".join(map(_service, data["services"]))
    return f"{text} {gettext('Services indiqués : %s.') % shown}"


def _service(contact: str) -> str:
    known = reference.current().contacts.get(contact)
    if known is None:
        return contact
    return known.name_en if (get_language() or "fr").startswith("en") else known.name_fr


def _hour(value: str) -> str:
    return f"{datetime.fromisoformat(value).astimezone(PARIS):%d/%m/%Y %H:%M}"


def _act(value: str) -> str:
    return gettext(EDGES[value].label) if value in EDGES else str(_ACTS.get(value, value))


_SAID: Mapping[str, Callable[[Any], str]] = {
    "state": lambda value: gettext(State(value).label),
    "kind": lambda value: str(Kind(value).label),
    "tlp": lambda value: Tlp(value).label,
    "old": lambda value: Tlp(value).label,
    "new": lambda value: Tlp(value).label,
    "channel": lambda value: str(Channel(value).label),
    "role": lambda value: str(ObservableRole(value).label),
    "to": _service,
    "agreed": lambda value: (
        gettext("de vive voix") if value == BY_PHONE else gettext("texte %s") % value
    ),
    "until": lambda value: "/".join(reversed(value.split("-"))),
    "why": lambda value: str(_WHYS.get(value, value)),
    "about": lambda value: str(About(value).label),
    "worse": lambda value: gettext("pire") if value else gettext("mieux"),
    "followed": lambda value: gettext("suivie") if value else gettext("mise de côté"),
    "confirmed": lambda value: gettext("confirmés") if value else gettext("écartés"),
    "flag": flag_in_words,
    "accepted": lambda value: gettext("acceptée") if value else gettext("refusée"),
    "shown": _hour,
    "at": _hour,
    "field": lambda value: str(_FIELD_NAMES.get(value, value)),
    "act": _act,
    "fields": lambda value: ", ".join(str(_FIELD_NAMES.get(name, name)) for name in value),
}


def _words(data: Values, names: Mapping[str, str]) -> Mapping[str, Any]:
    """Turn the data of our own kinds into words."""
    said = {name: _SAID[name](value) if name in _SAID else value for name, value in data.items()}
    if "gestures" in said:
        said["gestures"] = _gestures(data)
    for field in _PEOPLE.intersection(said):
        named = sorted(names.get(person, "?") for person in data[field])
        said[field] = ", ".join(named) or gettext("personne")
    if "campaign" in said:
        said["campaign"] = names.get(data["campaign"], "?")
    if "tag" in said:
        said["tag"] = names.get(data["tag"], gettext("disparue depuis"))
    return said


def _gestures(data: Values) -> str:
    """Return the gestures with their numbers, in the words of the version that was shown."""
    numbers = data["gestures"]
    try:
        book = reference.version(data["reference"]).playbooks[data["playbook"]]
        done = [f"{n}. {said_all(book, 'first_minutes')[int(n) - 1]}" for n in numbers]
    except (ReferenceVersion.DoesNotExist, LookupError, ValueError):  # those files are gone
        done = numbers
    return " ".join(done) or gettext("aucun.")


def people(events: Iterable[Event]) -> set[str]:
    """Return whom the sentences of *events* name, as ``lines`` wants their names."""
    found: set[str] = set()
    for event in events:
        who, _sep, rest = event.actor.partition(":")
        if who == "user":
            found.add(rest)
        named = [event.data.get(field) for field in _PEOPLE]  # another app counts under such a name
        found.update(*(value for value in named if isinstance(value, list)))
        found.update(filter(None, [event.data.get("assignee")]))
    return found


def names(events: Iterable[Event], person: Person) -> dict[str, str]:
    """Return what the sentences of *events* name, of what *person* may know of: four queries at most."""
    found = list(events)
    named = names_of(people(found)) | tag_names(found, person)
    return named | case_names(found, person) | campaign_names(found)


def tag_names(events: Iterable[Event], person: Person) -> dict[str, str]:
    """Return the names of the tags that *events* are about; of one that is gone, or hidden, none."""
    wanted = {event.data["tag"] for event in events if "tag" in event.data}
    if not wanted:
        return {}
    return {str(tag.uuid): tag.name for tag in queries.tags(person).filter(uuid__in=wanted)}


def case_names(events: Iterable[Event], person: Person) -> dict[str, str]:
    """Return the cases that *events* name, of those that *person* sees: each by its reference."""
    wanted = {
        event.data[field]
        for event in events
        for field in _CASES.get(event.kind, ())
        if field in event.data
    }
    if not wanted:
        return {}
    seen = queries.visible_to(person).filter(reference__in=wanted)
    return {name: name for name in seen.values_list("reference", flat=True)}


def campaign_names(events: Iterable[Event]) -> dict[str, str]:
    """Return the names of the campaigns that *events* are about, by uuid."""
    wanted = {event.data["campaign"] for event in events if "campaign" in event.data}
    if not wanted:
        return {}
    found = Campaign.objects.filter(uuid__in=wanted).values_list("uuid", "name")
    return {str(uuid): name for uuid, name in found}
