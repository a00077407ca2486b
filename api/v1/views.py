"""REST for incidents, reports and transitions. Thin: parse, call one service or query, answer."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.v1 import serializers as forms
from api.v1.authentication import person
from api.v1.filters import Backend, IncidentFilter, ReportFilter
from api.v1.pagination import Pages, ReportPages
from api.v1.problems import MEDIA_TYPE
from csirt.accounts.principals import Person, principal_of
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid, NotAllowed, NotFound
from incidents import queries
from incidents.console.verbs import before_lowering
from incidents.domain.lifecycle import TRANSITIONS, State, leaving, reopened
from incidents.models import Incident, Report
from incidents.services import casework, prioritising
from incidents.services.filing import Submission, file_report
from incidents.services.transitions import SERVICES

PROBLEMS: dict[Any, Any] = {
    (code, MEDIA_TYPE): forms.Problem for code in (400, 401, 403, 404, 429, 503)
}
CONFLICT = {**PROBLEMS, (409, MEDIA_TYPE): forms.Problem}


class Desk:
    """What every view of the desk shares: who asks, and what was sent."""

    def person(self, request: Request) -> Person:
        return person(request)

    def checked(self, form: type[forms.Strict], request: Request) -> dict[str, Any]:
        """Return the checked body; raises DRF's ``ValidationError``."""
        given = form(data=request.data)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)


class Root(APIView):
    """Where everything is."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(responses={200: dict[str, str]}, auth=[])
    def get(self, request: Request) -> Response:
        """List the entry points."""
        names = {
            "docs": "api-docs",
            "schema": "api-schema",
            "incidents": "api-incidents",
            "reports": "api-reports",
            "campaigns": "api-campaigns",
        }
        return Response(
            {name: request.build_absolute_uri(reverse(route)) for name, route in names.items()}
        )


class Nothing(APIView):
    """Every other address: the one 404, as a problem."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, *_: Any, **__: Any) -> None:
        """Refuse before anything is looked at."""
        raise NotFound


class Incidents(Desk, ListAPIView[Incident]):
    """The cases that the person may see, newest first."""

    resource = "cases"
    serializer_class = forms.IncidentShown
    pagination_class = Pages
    filter_backends = (Backend,)
    filterset_class = IncidentFilter

    def get_queryset(self) -> QuerySet[Incident]:
        """Return the visible cases with what is shown of them."""
        if getattr(self, "swagger_fake_view", False):
            return Incident.objects.none()
        visible = queries.visible_to(self.person(self.request))
        return visible.select_related("assignee", "organisation", "commune", "merged_into")

    @extend_schema(responses={200: forms.IncidentShown(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the cases."""
        return super().get(request, *args, **kwargs)


class Case(Desk):
    """What the views of one case share."""

    resource = "cases"

    def case(self, request: Request, incident: UUID) -> Incident:
        """Return the visible case; hidden, absent and not for this role are the same 404."""
        return queries.get(principal_of(request._request), incident)  # noqa: SLF001


class OneIncident(Case, APIView):
    """One case."""

    @extend_schema(responses={200: forms.IncidentShown, **PROBLEMS})
    def get(self, request: Request, incident: UUID) -> Response:
        """Read a case; that it was read is journalled."""
        case = self.case(request, incident)
        casework.opened(case=case, by=self.person(request), now=now())
        return Response(forms.IncidentShown(case).data)

    @extend_schema(request=forms.IncidentEdited, responses={200: forms.IncidentShown, **CONFLICT})
    def patch(self, request: Request, incident: UUID) -> Response:
        """Correct the title, the organisation, the commune or the moment of knowledge."""
        self.case(request, incident)
        fields = self.checked(forms.IncidentEdited, request)
        if set(fields) == {"version"}:
            raise Invalid("Il n'y a rien à changer dans cette demande.")
        casework.edit(incident=incident, by=self.person(request), now=now(), **fields)
        return Response(forms.IncidentShown(self.case(request, incident)).data)


class Clocks(Case, APIView):
    """The clocks of a case."""

    @extend_schema(responses={200: forms.ClockShown(many=True), **PROBLEMS})
    def get(self, request: Request, incident: UUID) -> Response:
        """List the duties that apply or are to be established, and the desk's own targets."""
        case = self.case(request, incident)
        return Response(forms.ClockShown(case.clocks.order_by("pk"), many=True).data)


class Transitions(Case, APIView):
    """What can be done with a case now."""

    @extend_schema(responses={200: forms.TransitionShown(many=True), **PROBLEMS})
    def get(self, request: Request, incident: UUID) -> Response:
        """List the edges that leave the case's state, with the fields that each needs."""
        case = self.case(request, incident)
        state = State(case.state)
        shown = [
            {
                "name": edge.name,
                "label": gettext(edge.label),
                "targets": [reopened(state)] if edge.name == "reopen" else list(edge.targets),
                "needs": list(edge.needs),
                "optional": list(edge.optional),
            }
            for edge in leaving(state)
        ]
        return Response(forms.TransitionShown(shown, many=True).data)


class OneTransition(Case, APIView):
    """One edge of the life of a case."""

    @extend_schema(
        request=forms.TransitionAsked,
        responses={200: forms.IncidentShown, **CONFLICT},
        operation_id="incidents_transition",
    )
    def post(self, request: Request, incident: UUID, transition: str) -> Response:
        """Follow an edge: exactly one of two people who try at once wins, the other gets 409."""
        self.case(request, incident)
        edge = TRANSITIONS.get(transition)
        if edge is None:
            raise NotFound
        fields = self.checked(forms.TransitionAsked, request)
        missing = [name for name in edge.needs if name not in fields]
        extra = [n for n in fields if n not in {"version", *edge.needs, *edge.optional}]
        if missing or extra:
            problems = dict.fromkeys(missing, "Ce champ est obligatoire.")
            problems |= dict.fromkeys(extra, "Cette action ne prend pas ce champ.")
            raise Invalid(fields=problems)
        before_lowering(
            request._request,  # noqa: SLF001 - DRF hides Django's request there
            self.person(request),
            incident,
            fields.get("tlp", ""),
            first=True,
        )
        SERVICES[edge.name](incident=incident, by=self.person(request), now=now(), **fields)
        return Response(forms.IncidentShown(self.case(request, incident)).data)


class GivenPriority(Case, APIView):
    """The priority that an analyst gives a case."""

    @extend_schema(request=forms.PriorityGiven, responses={200: forms.IncidentShown, **CONFLICT})
    def post(self, request: Request, incident: UUID) -> Response:
        """Give another priority, with the reason; the rules only suggest from then on.

        The one that it has already is refused.
        """
        self.case(request, incident)
        by, fields = self.person(request), self.checked(forms.PriorityGiven, request)
        row = prioritising.prioritise(incident=incident, by=by, now=now(), **fields)
        if row.version == fields["version"]:
            raise prioritising.SamePriority
        return Response(forms.IncidentShown(self.case(request, incident)).data)


class Reports(Desk, ListAPIView[Report]):
    """What people told the desk."""

    resource = "reports"
    serializer_class = forms.ReportShown
    pagination_class = ReportPages
    filter_backends = (Backend,)
    filterset_class = ReportFilter

    def get_queryset(self) -> QuerySet[Report]:
        """Return the reports of visible cases."""
        if getattr(self, "swagger_fake_view", False):
            return Report.objects.none()
        return queries.reports(self.person(self.request)).select_related("incident")

    @extend_schema(responses={200: forms.ReportShown(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the reports."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        request=forms.ReportFiled,
        responses={
            201: forms.ReportReceipt,
            200: OpenApiResponse(forms.ReportReceipt, "the same token again"),
            **CONFLICT,
        },
    )
    def post(self, request: Request) -> Response:
        """File a report for somebody on the phone; it opens a case in *new*."""
        by = self.person(request)
        if not by.works_cases:
            raise NotAllowed
        fields = self.checked(forms.ReportFiled, request)
        token = fields.pop("token")
        for name in ("flags", "traits", "own_domains"):
            fields[name] = tuple(fields[name])
        filed = file_report(token=token, submission=Submission(**fields), now=now(), by=by)
        receipt = {
            "report": filed.report.uuid,
            "incident": filed.incident.uuid,
            "reference": filed.incident.reference,
            "code": codes.grouped(filed.code) if filed.code else None,
            "again": filed.again,
        }
        return Response(forms.ReportReceipt(receipt).data, status=200 if filed.again else 201)


class OneReport(Desk, APIView):
    """One report."""

    resource = "reports"

    @extend_schema(responses={200: forms.ReportShown, **PROBLEMS})
    def get(self, request: Request, report: UUID) -> Response:
        """Read a report."""
        visible = queries.reports(principal_of(request._request))  # noqa: SLF001
        found = visible.select_related("incident").filter(uuid=report).first()
        if found is None:
            raise NotFound
        return Response(forms.ReportShown(found).data)
