"""Every path of the form, for every kind of victim and for somebody who files for another."""

import itertools

from csirt.reference.bundle import shipped
from incidents.domain import questions as engine

BUNDLE = shipped()
SHOWN = [q for q in BUNDLE.intake.questions if q.stage == "before"]
# The questions on which another question depends: only their answers make another path.
LOOKED_AT = set().union(
    *(q.show_if.names() for q in SHOWN if q.show_if),
    *(q.optional_if.names() for q in SHOWN if q.optional_if),
)


def answers_to(question, kind):
    options = [option.id for option in question.options_for(kind)]
    if question.type == "multi":
        return [[option] for option in options]
    if question.type == "contact":
        return [{"phone": "+33536491234"}]
    if question.type == "commune":
        return ["32256", ["32256", "81004"], *options]
    if question.type == "choice_or_datetime":
        return ["2026-11-22", *options]
    return options or ["Des mots."]


def paths():
    """Yield the answers of each path: all answers that decide another question, one of the others."""
    for kind in (k.id for k in BUNDLE.intake.victim_kinds):
        deciding = [q for q in SHOWN if q.id in LOOKED_AT and q.id != "kind"]
        choices = [answers_to(q, kind) for q in deciding]
        for chosen in itertools.product(*choices):
            yield {"kind": kind} | dict(zip((q.id for q in deciding), chosen, strict=True))


def walked(answers):
    """Answer page after page what *answers* say, else the first choice; return the pages seen."""
    given, seen = {}, []
    while (name := engine.missing(BUNDLE, given)) is not None:
        assert name not in seen, f"{name} twice for {answers}"
        seen.append(name)
        for asked in engine.page(BUNDLE, given, name).asked:
            question = asked.question
            own = answers.get(question.id)
            kind = answers["kind"] if question.id != "kind" else None
            given[question.id] = own or answers_to(question, given.get("kind", kind))[0]
    return [page.id for page in engine.pages(BUNDLE, given)]


def test_twelve_pages_at_most_on_any_path_the_check_included():
    lengths = {}
    for answers in paths():
        seen = walked(answers)
        lengths.setdefault(len(seen) + 1, answers)

    assert max(lengths) <= BUNDLE.intake.max_pages_before_sending == 12, lengths[max(lengths)]
    assert min(lengths) >= 7


def test_the_paths_are_all_there():
    """Every kind, whoever files for whom, whatever happens: so that the bound means something."""
    found = list(paths())

    assert {path["kind"] for path in found} == {k.id for k in BUNDLE.intake.victim_kinds}
    assert {"quoi", "autrui"} <= LOOKED_AT
    whom = {option.id for option in BUNDLE.questions["autrui"].options}
    assert {path["autrui"] for path in found} == whom
    for kind in ("commune", "particulier"):
        what = {path["quoi"] for path in found if path["kind"] == kind}
        assert what == {o.id for o in BUNDLE.questions["quoi"].options_for(kind)}


def test_danger_is_asked_before_anything_else():
    assert engine.next_page(BUNDLE, {}) == "danger"


def test_identity_is_asked_after_what_happens():
    for answers in paths():
        seen = walked(answers)
        assert seen.index("quoi") < min(seen.index(name) for name in ("lieu", "contact"))
