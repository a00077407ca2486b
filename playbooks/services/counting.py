"""How far the steps of a case are, kept beside it for the queue."""

from django.db.models import Count, Q

from incidents.models import Incident
from incidents.services.casework import note_progress
from playbooks.domain.steps import Progress, Status
from playbooks.models import Run, StepState


def count(case: Incident) -> None:
    """Count again what is settled, during and after; inside a change that holds the case."""
    rows = StepState.objects.filter(
        run__incident=case, run__state=Run.State.ATTACHED, concerned=True
    )
    settled = Count("pk", filter=Q(state__in=[Status.DONE, Status.WAIVED]))
    found = {
        phase: Progress(done, total)
        for phase, done, total in rows.order_by()
        .values("phase")
        .annotate(done=settled, total=Count("pk"))
        .values_list("phase", "done", "total")
    }
    none = Progress(0, 0)
    said = f"{found.get('during', none)} {found.get('after', none)}" if found else ""
    note_progress(case, said)
