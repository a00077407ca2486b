"""Every address of the site; the only place, with ``csirt.asgi``, that knows every app."""

from django.urls import include, path
from django.views.i18n import set_language

from csirt.management.metrics import metrics
from csirt.web import legal, views

handler400 = "csirt.web.views.bad_request"
handler403 = "csirt.web.views.forbidden"
handler404 = "csirt.web.views.not_found"
handler500 = "csirt.web.views.server_error"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("langue/", set_language, name="set_language"),
    path("console/aide/composants", views.styleguide, name="styleguide"),
    path("accessibilite/", legal.accessibility, name="accessibility"),
    path("mentions-legales/", legal.legal, name="legal"),
    path("donnees-personnelles/", legal.privacy, name="privacy"),
    path("comptes/", include("csirt.accounts.urls")),
    path("console/annuaire/", include("csirt.directory.urls")),
    path("console/reglages/", include("csirt.directory.desk.urls")),
    path("console/partage/", include("api.sharing.urls")),
    path("console/playbooks/", include("playbooks.console.urls")),
    path("console/courriels/", include("incidents.notifications.urls")),
    path("console/", include("incidents.console.urls")),
    path("api/v1/", include("api.v1.urls")),
    path("", include("playbooks.urls")),
    path("", include("incidents.intake.urls")),
]
