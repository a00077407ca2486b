"""Who may know of a case: every kind of principal, every kind of case."""

from uuid import uuid4

import pytest

from csirt.accounts.principals import Anonymous, Machine, Person, Victim
from csirt.accounts.roles import Role
from csirt.directory.models import Operator
from csirt.kernel.clock import now
from csirt.kernel.codes import new_token
from csirt.kernel.errors import NotFound
from incidents import queries
from incidents.models import Evidence, LaterAnswer
from incidents.services.casework import restrict
from incidents.services.consenting import decide
from incidents.services.following import write_as_victim
from tests.incidents.conftest import case_in, follow
from tests.people import agree, client_of, file_case, person


@pytest.fixture
def cases(alice, bruno, emile):
    """Denise's town has agreed to Émile's service; another case is restricted to Bruno."""
    denise, served, foreign, ended = (file_case().incident for _ in range(4))
    operator = emile.operators.get()
    agree(operator, served)
    gone = agree(operator, ended)
    gone.ended_at = now()
    gone.save()
    agree(Operator.objects.create(name="Un autre service"), foreign)
    hidden = file_case().incident
    agree(operator, hidden)
    restrict(
        incident=hidden.uuid, version=hidden.version, by=Person.of(bruno), people=[], now=now()
    )
    return {
        "denise": denise,
        "served": served,
        "foreign": foreign,
        "ended": ended,
        "hidden": hidden,
    }


ALL = {"denise", "served", "foreign", "ended", "hidden"}
OPEN = ALL - {"hidden"}


@pytest.mark.parametrize(
    "who, sees",
    [
        ("anonymous", set()),
        ("machine", set()),
        ("victim", {"denise"}),
        ("reader", set()),
        ("admin", set()),
        ("partner", set()),
        ("operator", {"served"}),
        ("analyst", OPEN),
        ("lead", ALL),
        ("another lead", OPEN),
    ],
)
def test_each_sees_what_is_theirs(who, sees, cases, request):
    people = {
        "reader": "eve",
        "admin": "ada",
        "partner": "chloe",
        "operator": "emile",
        "analyst": "alice",
        "lead": "bruno",
    }
    if who in people:
        principal = Person.of(request.getfixturevalue(people[who]))
    else:
        principal = {
            "anonymous": Anonymous(),
            "machine": Machine(1, "region", 1, frozenset({"read"})),
            "victim": Victim(cases["denise"].pk),
        }.get(who) or Person.of(person("Léa", Role.LEAD))

    seen = set(queries.visible_to(principal))
    assert {name for name, case in cases.items() if case in seen} == sees
    for name, case in cases.items():
        if name in sees:
            assert queries.get(principal, case.uuid) == case
        else:
            with pytest.raises(NotFound):
                queries.get(principal, case.uuid)


def test_hidden_and_absent_are_the_same_answer(cases, alice):
    refusals = []
    for uuid in (cases["hidden"].uuid, uuid4()):
        with pytest.raises(NotFound) as refused:
            queries.get(Person.of(alice), uuid)
        refusals.append((refused.value.sentence, refused.value.params, refused.value.code))

    assert refusals[0] == refusals[1]


def test_reports_are_those_of_visible_cases(cases, alice, eve):
    assert queries.reports(Person.of(alice)).count() == len(OPEN)
    assert not queries.reports(Person.of(eve)).exists()


def test_the_live_set_is_what_is_visible_and_not_ended(alice, cases):
    case_in("closed", alice)
    follow("reject", cases["foreign"], alice)

    live = set(queries.live(Person.of(alice)))
    assert live == {cases[name] for name in ("denise", "served", "ended")}


def test_the_victim_s_timeline_holds_only_what_is_meant_for_them(cases, alice):
    case = cases["denise"]
    follow("take", case, alice)
    follow("qualify", case, alice)

    seen = [event.kind for event in queries.timeline(Victim(case.pk), case)]
    assert seen == ["report.filed", "incident.qualified"]
    assert queries.timeline(Person.of(alice), case).count() == 3


def test_who_leaves_the_operator_s_service_loses_its_cases(cases, emile):
    emile.operators.clear()

    assert not queries.visible_to(Person.of(emile)).exists()


@pytest.mark.parametrize("answer", [None, False, True])
def test_an_operator_reads_nothing_of_somebody_joined_to_a_case_it_serves(alice, emile, answer):
    """Who said no, or was never asked, is not read because the desk found the two alike."""
    served, other = file_case(), file_case(text="secret du voisin")
    agree(emile.operators.get(), served.incident)
    if answer is not None:
        agree(emile.operators.get(), other.incident)
        decide(victim=Victim(other.incident.pk), about="operator", given=answer, now=now())
    write_as_victim(
        victim=Victim(other.incident.pk), token=new_token(), text="secret écrit", now=now()
    )
    Evidence.objects.create(
        incident=other.incident, idempotency="e" * 64, name="secret.png", stored="pieces/x",
        source="victim", size=1, sha256="0" * 64, received_at=now(),
    )  # fmt: skip
    LaterAnswer.objects.create(
        incident=other.incident, question="detail", answer="secret répondu", given_at=now()
    )
    follow("merge", other.incident, alice, into=served.incident.uuid)

    address = f"/console/dossiers/{served.incident.uuid}/"
    for user, reads in ((emile, answer is True), (alice, True)):
        html = client_of(user).get(address).content.decode()
        for secret in ("secret du voisin", "secret écrit", "secret.png", "secret répondu"):
            assert (secret in html) == reads, (user, secret)
    theirs = queries.reports(Person.of(emile)).filter(uuid=other.report.uuid)
    assert theirs.exists() == (answer is True)
