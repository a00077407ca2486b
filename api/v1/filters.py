"""Declared filters; a parameter that is not declared is refused."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from incidents.domain.lifecycle import State
from incidents.live import rows
from incidents.models import Campaign, Channel, Incident, Priority, Report

PAGING = {"cursor", "limit", "format"}


class Backend(django_filters.rest_framework.DjangoFilterBackend):
    """django-filter's, strict about names."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Raise ``ValidationError`` for a parameter that the list does not know."""
        known = set(view.filterset_class.base_filters) | PAGING
        if unknown := set(request.query_params) - known:
            raise ValidationError({name: ["Ce filtre n'existe pas."] for name in sorted(unknown)})
        return super().filter_queryset(request, queryset, view)


class IncidentFilter(django_filters.FilterSet):
    """Filters of the list of incidents."""

    state = django_filters.MultipleChoiceFilter(choices=[(s.value, s.label) for s in State])
    priority = django_filters.MultipleChoiceFilter(choices=Priority.choices)
    category = django_filters.CharFilter()
    department = django_filters.CharFilter(method="of_department")
    assignee = django_filters.UUIDFilter(field_name="assignee__uuid")
    unread = django_filters.BooleanFilter()
    reference = django_filters.CharFilter(lookup_expr="iexact")
    opened_after = django_filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gt")

    class Meta:
        model = Incident
        fields: list[str] = []

    def of_department(self, cases: QuerySet[Incident], _name: str, code: str) -> QuerySet[Incident]:
        """Return those of *cases* that the queue shows under the department *code*."""
        return rows.in_department(cases, code)


class ReportFilter(django_filters.FilterSet):
    """Filters of the list of reports."""

    incident = django_filters.UUIDFilter(field_name="incident__uuid")
    channel = django_filters.ChoiceFilter(choices=Channel.choices)
    filed_after = django_filters.IsoDateTimeFilter(field_name="filed_at", lookup_expr="gt")

    class Meta:
        model = Report
        fields: list[str] = []


class CampaignFilter(django_filters.FilterSet):
    """Filters of the list of campaigns."""

    closed = django_filters.BooleanFilter(
        field_name="closed_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Campaign
        fields = ("closed",)
