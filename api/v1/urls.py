"""Addresses of the REST API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from api.v1 import document, views

urlpatterns = [
    path("", views.Root.as_view(), name="api-root"),
    path("docs/", document.page, name="api-docs"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("incidents/", views.Incidents.as_view(), name="api-incidents"),
    path("incidents/<uuid:incident>/", views.OneIncident.as_view(), name="api-incident"),
    path("incidents/<uuid:incident>/clocks/", views.Clocks.as_view(), name="api-clocks"),
    path(
        "incidents/<uuid:incident>/transitions/",
        views.Transitions.as_view(),
        name="api-transitions",
    ),
    path(
        "incidents/<uuid:incident>/transitions/<slug:transition>/",
        views.OneTransition.as_view(),
        name="api-transition",
    ),
    path("reports/", views.Reports.as_view(), name="api-reports"),
    path("reports/<uuid:report>/", views.OneReport.as_view(), name="api-report"),
    path("<path:anything>", views.Nothing.as_view(), name="api-nothing"),
]
