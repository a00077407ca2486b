"""Addresses of the REST API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from api.v1 import campaigns, document, together, views

urlpatterns = [
    path("", views.Root.as_view(), name="api-root"),
    path("docs/", document.page, name="api-docs"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("incidents/", views.Incidents.as_view(), name="api-incidents"),
    *(
        path(
            f"incidents/bulk/{name}/",
            together.Together.as_view(act=name),
            name=f"api-together-{name}",
        )
        for name in together.ACTS
    ),
    path("incidents/<uuid:incident>/", views.OneIncident.as_view(), name="api-incident"),
    path("incidents/<uuid:incident>/clocks/", views.Clocks.as_view(), name="api-clocks"),
    path(
        "incidents/<uuid:incident>/priority/",
        views.GivenPriority.as_view(),
        name="api-priority",
    ),
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
    path("campaigns/", campaigns.Campaigns.as_view(), name="api-campaigns"),
    path("campaigns/<uuid:campaign>/", campaigns.OneCampaign.as_view(), name="api-campaign"),
    path("campaigns/<uuid:campaign>/close/", campaigns.Close.as_view(), name="api-close"),
    path("campaigns/<uuid:campaign>/reopen/", campaigns.Reopen.as_view(), name="api-reopen"),
    path("campaigns/<uuid:campaign>/incidents/", campaigns.Grouped.as_view(), name="api-grouped"),
    path("campaigns/<uuid:campaign>/take-out/", campaigns.TakeOut.as_view(), name="api-take-out"),
    path("reports/", views.Reports.as_view(), name="api-reports"),
    path("reports/<uuid:report>/", views.OneReport.as_view(), name="api-report"),
    path("<path:anything>", views.Nothing.as_view(), name="api-nothing"),
]
