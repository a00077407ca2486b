"""The kit's score: the rules of ``readiness.yaml``, by their own words."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from csirt.reference.bundle import shipped
from playbooks.domain.kit import changes, outcome

KIT = shipped().readiness
IDS = [question.id for question in KIT.questions]
VITAL = KIT.scoring.vital.ids
ANSWERS = [answer.id for answer in KIT.answers]
answered = st.dictionaries(st.sampled_from(IDS), st.sampled_from(ANSWERS))


def everything(answer, **others):
    """Return *answer* to every question but those named."""
    return dict.fromkeys(IDS, answer) | {name.replace("_", "-"): it for name, it in others.items()}


def test_everything_there_is_solid_and_asks_for_nothing():
    found = outcome(KIT, everything("oui"))

    assert (found.score, found.band.id) == (100, "solide")
    assert found.vital == found.gestures == found.rest == ()


def test_nothing_answered_counts_as_not_known():
    assert outcome(KIT, {}) == outcome(KIT, everything("nsp"))
    assert (outcome(KIT, {}).score, outcome(KIT, {}).band.id) == (0, "exposee")


def test_nothing_concerns_them_gives_no_score():
    found = outcome(KIT, everything("na"))

    assert (found.score, found.band, found.gestures) == (None, None, ())


def test_one_vital_question_holds_the_band_down():
    found = outcome(KIT, everything("oui", sav_test="en_partie"))

    assert found.score > 80
    assert found.band.id == "en-chemin"
    assert [one.id for one in found.vital] == ["sav-test"]


def test_a_vital_question_that_does_not_concern_them_holds_nothing_down():
    assert outcome(KIT, everything("oui", sav_test="na")).band.id == "solide"


def test_vital_gestures_come_first_then_the_heaviest_then_what_the_office_does_alone():
    found = outcome(KIT, everything("oui", sav_test="en_partie", admin="non", mdp_coffre="non"))

    assert [one.id for one in found.gestures] == ["sav-test", "mdp-coffre", "admin"]


def test_half_a_point_goes_to_the_even_number():
    light = next(question.id for question in KIT.questions if question.weight == 1)
    heavy = next(question.id for question in KIT.questions if question.weight == 3)
    only = dict.fromkeys(IDS, "na") | {light: "en_partie"}

    assert outcome(KIT, only | {heavy: "non"}).score == 12  # 12.5
    assert outcome(KIT, only | {heavy: "oui"}).score == 88  # 87.5


@given(answered)
def test_the_score_is_the_formula_of_the_file(answers):
    values = {answer.id: answer.value for answer in KIT.answers}
    told = [(q.weight, values[answers.get(q.id, "nsp")]) for q in KIT.questions]
    counted = [(weight, Fraction(value)) for weight, value in told if value is not None]
    found = outcome(KIT, answers)

    if not counted:
        assert found.score is None
        return
    exact = 100 * sum(w * v for w, v in counted) / sum(w for w, _v in counted)
    assert abs(found.score - exact) <= Fraction(1, 2)
    assert found.score == round(exact)
    assert len(found.gestures) <= 3
    assert not {one.id for one in found.gestures} & {one.id for one in found.rest}
    assert all(one.id in VITAL for one in found.vital)


@given(answered, st.sampled_from(IDS))
def test_a_better_answer_never_costs_a_point(answers, name):
    if answers.get(name) == "na":
        return
    before, after = outcome(KIT, answers), outcome(KIT, {**answers, name: "oui"})

    assert after.score >= before.score
    assert after.band.min >= before.band.min


@given(answered, answered)
def test_what_changed_is_told_both_ways(one, other):
    assert changes(KIT, one, other) == changes(KIT, other, one)[::-1]
