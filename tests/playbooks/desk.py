"""What tests of playbooks share: a qualified case, its runs and steps."""

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from incidents.models import Incident
from incidents.services import transitions
from playbooks.models import Run, StepState
from playbooks.services import running, stepping


def of(user):
    return Person.of(user)


def fresh(case):
    return Incident.objects.get(pk=case.pk)


def qualify(case, user, **fields):
    """Take and qualify a new case."""
    case = transitions.take(incident=case.uuid, version=fresh(case).version, by=of(user), now=now())
    fields = {
        "kind": "incident",
        "category": case.category,
        "priority": case.priority,
        "tlp": "amber",
        **fields,
    }
    return transitions.qualify(
        incident=case.uuid, version=case.version, by=of(user), now=now(), **fields
    )


def resolve(case, user):
    return transitions.resolve(
        incident=case.uuid, version=fresh(case).version, by=of(user), reason="Restauré.", now=now()
    )


def close(case, user):
    return transitions.close(
        incident=case.uuid,
        version=fresh(case).version,
        by=of(user),
        closing_words="Tout est rentré dans l'ordre.",
        now=now(),
    )


def attach(case, user, playbook="rancongiciel"):
    return running.attach(incident=case.uuid, playbook=playbook, by=of(user), now=now())


def detach(case, user, playbook="rancongiciel"):
    return running.detach(incident=case.uuid, playbook=playbook, by=of(user), now=now())


def runs(case):
    return {run.playbook: run for run in Run.objects.filter(incident=case.pk)}


def step(case, name="ran-p1"):
    return StepState.objects.get(run__incident=case.pk, step=name)


def put(row, user, state, reason="", version=None):
    """Bring a step to *state* as somebody who sees it as it is."""
    version = StepState.objects.get(pk=row.pk).version if version is None else version
    return stepping.set_state(
        step=row.uuid, version=version, by=of(user), state=state, reason=reason, now=now()
    )
