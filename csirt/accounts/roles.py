"""The roles of DESIGN.md section 4, declared once."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person may be. An admin sees no case by that right alone."""

    READER = "reader", _("Lecture des statistiques")
    ANALYST = "analyst", _("Analyste")
    LEAD = "lead", _("Responsable")
    ADMIN = "admin", _("Administration")
    OPERATOR = "operator", _("Service informatique mutualisé")
    PARTNER = "partner", _("Partenaire")


DESK = frozenset({Role.ANALYST, Role.LEAD})  # they work cases
SEES_CASES = DESK | {Role.OPERATOR}
NEEDS_SECOND_FACTOR = frozenset(Role) - {Role.READER, Role.PARTNER}
