"""Conditions and due times in words, from the reference data, in French or in English."""

from csirt.reference.bundle import Bundle
from csirt.reference.conditions import And, Compare, Condition, Flag, Includes, Member, Not, Or
from csirt.reference.durations import Duration

_WORDS = {
    "fr": {"and": " et ", "or": " ou ", "not": "sauf si ", "is": " : ", "is_not": " : sauf "},
    "en": {"and": " and ", "or": " or ", "not": "unless ", "is": ": ", "is_not": ": except "},
}
_NAMES = {
    "fr": {
        "kind": "Qui signale",
        "category": "Catégorie",
        "priority": "Priorité",
        "system_attack": "Attaque d'un système",
        "traits": "Organisation",
        "nis2_fr": "NIS 2 en France",
        "out_of_hours": "Hors heures d'ouverture",
    },
    "en": {
        "kind": "Who reports",
        "category": "Category",
        "priority": "Priority",
        "system_attack": "Attack on a system",
        "traits": "Organisation",
        "nis2_fr": "NIS 2 in France",
        "out_of_hours": "Out of hours",
    },
}
_QUOTES = {"fr": "«\u00a0{}\u00a0»", "en": "“{}”"}
_UNITS = {
    "fr": (("mois", "mois"), ("jour", "jours"), ("h", "h"), ("min", "min"), ("s", "s")),
    "en": (("month", "months"), ("day", "days"), ("h", "h"), ("min", "min"), ("s", "s")),
}


def in_words(condition: Condition, bundle: Bundle, language: str) -> str:
    """What *condition* asks, as questions and answers of the form; an unknown name stands as it is."""
    words = _WORDS[language]
    if isinstance(condition, Flag):
        flag = bundle.flags.get(condition.name)
        return str(getattr(flag, language)) if flag else condition.name
    if isinstance(condition, Not):
        return words["not"] + in_words(condition.term, bundle, language)
    if isinstance(condition, And | Or):
        joint = words["and"] if isinstance(condition, And) else words["or"]
        return joint.join(
            f"({in_words(term, bundle, language)})"
            if isinstance(term, And | Or)
            else in_words(term, bundle, language)
            for term in condition.terms
        )
    assert isinstance(condition, Compare | Member | Includes)
    negated = (isinstance(condition, Compare) and condition.operator == "!=") or (
        isinstance(condition, Member) and condition.negated
    )
    values = condition.values if isinstance(condition, Member) else (condition.value,)
    said = words["or"].join(
        _QUOTES[language].format(_value(condition.name, value, bundle, language))
        for value in values
    )
    name = _name(condition.name, bundle, language)
    return name + words["is_not" if negated else "is"] + said


def _name(name: str, bundle: Bundle, language: str) -> str:
    if name in _NAMES[language]:
        return _NAMES[language][name]
    if name in bundle.questions:
        asked = getattr(bundle.questions[name], language)
    elif name in bundle.inputs:
        asked = getattr(bundle.inputs[name], f"question_{language}")
    else:
        asked = name
    return str(asked).rstrip(" ?\u00a0")


def _value(name: str, value: str, bundle: Bundle, language: str) -> str:
    if name == "category" and value in bundle.categories:
        return str(getattr(bundle.categories[value], f"label_{language}"))
    if name in bundle.questions:
        found = (o for o in bundle.questions[name].options if o.id == value)
    elif name == "traits":
        found = (o for o in bundle.questions["etablissement"].options if value in o.traits)
    else:  # a level of a triage input: an answer of the form that gives it
        found = (
            o for q in bundle.questions.values() for o in q.options if o.sets.get(name) == value
        )
    option = next(found, None)
    return str(getattr(option, f"label_{language}")) if option else value.replace("_", " ")


def duration(wanted: Duration, language: str) -> str:
    """A due time as somebody would say it: « 30 min », « 10 jours »."""
    hours, rest = divmod(wanted.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    numbers = (wanted.months, wanted.days, hours, minutes, seconds)
    parts = [
        f"{number}\u00a0{one if number == 1 else many}"
        for number, (one, many) in zip(numbers, _UNITS[language], strict=True)
        if number
    ]
    return " ".join(parts) or f"0\u00a0{_UNITS[language][3][0]}"
