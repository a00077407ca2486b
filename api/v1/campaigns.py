"""REST for campaigns: what the pages do, by the same services. The desk's alone: nobody else has any."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.v1 import serializers as forms
from api.v1.filters import Backend, CampaignFilter
from api.v1.pagination import Pages
from api.v1.views import CONFLICT, PROBLEMS, Desk
from csirt.accounts.principals import Person, principal_of
from csirt.kernel.clock import now
from csirt.kernel.errors import NotAllowed, NotFound
from incidents import queries
from incidents.models import Campaign, Incident
from incidents.services import bulk, campaigns


class Campaigns(Desk, ListAPIView[Campaign]):
    """The campaigns, the newest first."""

    resource = "cases"
    queryset = Campaign.objects.all()
    serializer_class = forms.CampaignShown
    pagination_class = Pages
    filter_backends = (Backend,)
    filterset_class = CampaignFilter

    def person(self, request: Request) -> Person:
        """Return who asks, if they work cases; raises ``NotAllowed``."""
        found = super().person(request)
        if not found.works_cases:
            raise NotAllowed
        return found

    @extend_schema(responses={200: forms.CampaignShown(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the campaigns."""
        self.person(request)
        return super().get(request, *args, **kwargs)

    @extend_schema(request=forms.CampaignOpened, responses={201: forms.CampaignShown, **CONFLICT})
    def post(self, request: Request) -> Response:
        """Open a campaign. An open one of that name refuses it."""
        by = self.person(request)
        fields = self.checked(forms.CampaignOpened, request)
        made = campaigns.open_campaign(by=by, now=now(), **fields)
        return Response(forms.CampaignShown(made).data, status=201)


class Campaigned(Desk):
    """What the views of one campaign share."""

    resource = "cases"

    def campaign(self, request: Request, campaign: UUID) -> Campaign:
        """Return the campaign; for who works no case there is none."""
        principal = principal_of(request._request)  # noqa: SLF001 - DRF hides Django's request
        row = Campaign.objects.filter(uuid=campaign).first()
        if row is None or not isinstance(principal, Person) or not principal.works_cases:
            raise NotFound
        return row

    def shown(self, row: Campaign) -> Response:
        return Response(forms.CampaignShown(row).data)


class OneCampaign(Campaigned, APIView):
    """One campaign."""

    @extend_schema(responses={200: forms.CampaignShown, **PROBLEMS})
    def get(self, request: Request, campaign: UUID) -> Response:
        """Read a campaign."""
        return self.shown(self.campaign(request, campaign))

    @extend_schema(request=forms.CampaignEdited, responses={200: forms.CampaignShown, **CONFLICT})
    def patch(self, request: Request, campaign: UUID) -> Response:
        """Change what it is called and what is said of it."""
        row = self.campaign(request, campaign)
        fields: dict[str, Any] = {"name": row.name, "description": row.description}
        fields |= self.checked(forms.CampaignEdited, request)
        by = self.person(request)
        return self.shown(campaigns.edit_campaign(campaign=campaign, by=by, now=now(), **fields))


class Close(Campaigned, APIView):
    """The end of a campaign."""

    @extend_schema(request=forms.Seen, responses={200: forms.CampaignShown, **CONFLICT})
    def post(self, request: Request, campaign: UUID) -> Response:
        """Close a campaign: it keeps its cases and takes no more."""
        self.campaign(request, campaign)
        fields, by = self.checked(forms.Seen, request), self.person(request)
        return self.shown(campaigns.close_campaign(campaign=campaign, by=by, now=now(), **fields))


class Reopen(Campaigned, APIView):
    """A campaign that goes on."""

    @extend_schema(request=forms.Seen, responses={200: forms.CampaignShown, **CONFLICT})
    def post(self, request: Request, campaign: UUID) -> Response:
        """Let a campaign take cases again."""
        self.campaign(request, campaign)
        fields, by = self.checked(forms.Seen, request), self.person(request)
        return self.shown(campaigns.reopen_campaign(campaign=campaign, by=by, now=now(), **fields))


class Grouped(Campaigned, ListAPIView[Incident]):
    """The cases of a campaign."""

    serializer_class = forms.IncidentShown
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Incident]:
        """Return those that the person may see; of others nothing is told."""
        if getattr(self, "swagger_fake_view", False):
            return Incident.objects.none()
        row = self.campaign(self.request, self.kwargs["campaign"])
        visible = queries.visible_to(self.person(self.request)).filter(campaign=row)
        return visible.select_related("assignee", "organisation", "commune", "merged_into")

    @extend_schema(responses={200: forms.IncidentShown(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the cases of the campaign that one may see."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        request=forms.CasesChosen, responses={200: forms.IncidentShown(many=True), **CONFLICT}
    )
    def post(self, request: Request, campaign: UUID) -> Response:
        """Put cases into the campaign, all or none; each with the version that was seen."""
        self.campaign(request, campaign)
        cases = self.checked(forms.CasesChosen, request)["cases"]
        by = self.person(request)
        bulk.group(cases=cases, by=by, campaign=campaign, now=now(), keeps=False)
        done = self.get_queryset().filter(uuid__in=cases).order_by("-opened_at", "-pk")
        return Response(forms.IncidentShown(done, many=True).data)


class TakeOut(Campaigned, APIView):
    """A case that is no part of a campaign."""

    @extend_schema(request=forms.CaseChosen, responses={200: forms.IncidentShown, **CONFLICT})
    def post(self, request: Request, campaign: UUID) -> Response:
        """Take a case out of this campaign; it stays a case."""
        self.campaign(request, campaign)
        fields, by = self.checked(forms.CaseChosen, request), self.person(request)
        queries.get(by, fields["incident"])  # hidden and absent are said before anything else
        campaigns.take_out(campaign=campaign, by=by, now=now(), **fields)
        return Response(forms.IncidentShown(queries.get(by, fields["incident"])).data)
