"""REST for acts on several cases: what the queue does, by the same services, all of them or none."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.v1 import serializers as forms
from api.v1.views import CONFLICT, Desk
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotAllowed
from incidents import queries
from incidents.models import Priority
from incidents.services import bulk, prioritising


class CasesAssigned(forms.CasesChosen):
    """Cases for somebody of the desk, or for nobody."""

    to = serializers.UUIDField(allow_null=True)


class CasesPrioritised(forms.CasesChosen):
    """Another priority for cases, and why."""

    priority = serializers.ChoiceField(choices=Priority.choices)
    reason = serializers.CharField(max_length=forms.LONGEST)


class CasesRejected(forms.CasesChosen):
    """Cases that are no event of security, and why."""

    reason = serializers.CharField(max_length=forms.LONGEST)


class CasesSnoozed(forms.CasesChosen):
    """New cases that come back to the triage inbox at a moment."""

    until = serializers.DateTimeField()


class CasesGrouped(forms.CasesChosen):
    """Cases for a campaign, null for none, or for a new one of that ``name``."""

    to = serializers.UUIDField(source="campaign", allow_null=True, required=False)
    name = serializers.CharField(max_length=120, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the values; raises ``Invalid`` for both or neither."""
        if ("campaign" in attrs) == ("name" in attrs):
            raise Invalid(fields={"to": "Donnez une campagne, ou le nom d'une nouvelle."})
        return attrs


class CasesMerged(forms.CasesChosen):
    """Cases whose reports go under one that is kept, which may be one of them."""

    into = serializers.UUIDField()


def _prioritise(**fields: Any) -> None:
    if not bulk.prioritise(**fields):
        raise prioritising.SamePriority


ACTS: dict[str, tuple[type[forms.CasesChosen], Callable[..., object]]] = {
    "take": (forms.CasesChosen, bulk.take),
    "assign": (CasesAssigned, bulk.assign),
    "prioritise": (CasesPrioritised, _prioritise),
    "reject": (CasesRejected, bulk.reject),
    "snooze": (CasesSnoozed, bulk.snooze),
    "group": (CasesGrouped, bulk.group),
    "merge": (CasesMerged, bulk.merge),
}


class Together(Desk, APIView):
    """One of the acts, by its name."""

    resource = "cases"
    act = ""

    def get_serializer_class(self) -> type[forms.CasesChosen]:
        """Return what the act takes, for the schema too."""
        return ACTS[self.act][0]

    @extend_schema(responses={200: forms.IncidentShown(many=True), **CONFLICT})
    def post(self, request: Request) -> Response:
        """Act on all the cases, or on none: ``cases`` of the problem names each that stops it.

        Each comes with the version that was seen, so that the same request twice is done once. The
        answer has the cases as they are now, the newest first.
        """
        by = self.person(request)
        if not by.works_cases:
            raise NotAllowed
        form, act = ACTS[self.act]
        fields = self.checked(form, request)
        act(by=by, now=now(), keeps=False, **fields)
        done = queries.visible_to(by).filter(uuid__in=fields["cases"])
        rows = done.select_related("assignee", "organisation", "commune", "merged_into")
        return Response(forms.IncidentShown(rows.order_by("-opened_at", "-pk"), many=True).data)
