"""What mail adds to the console: the alarm in the navigation, addresses of a case, its timeline."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.web import panels
from incidents import kinds_mail as kinds
from incidents.console.timeline import tell
from incidents.models import Incident, Report, Trust
from incidents.notifications import header
from incidents.services import notices


@dataclass(frozen=True)
class Reachable:
    """An address that a report gave, and whether it may be used."""

    report: Report
    address: str
    trust: Trust

    @property
    def label(self) -> str:
        return str(self.trust.label)


def register() -> None:
    """Fill the slots and say how the events read; called when the app is ready."""
    panels.register("console.navigation", "courriels", "Courriels", navigation, order=90)
    tell(kinds.NOTICE_SENT.name, _("La victime a été prévenue qu'il y a du nouveau."))
    tell(kinds.NOTICE_PARKED.name, _("Un avis n'est pas parti après cinq essais."))
    tell(kinds.NOTICE_WITHHELD.name, _("Aucun avis n'est parti : l'adresse n'est pas à utiliser."))
    tell(kinds.NOTICE_RETRIED.name, _("%(who)s a renvoyé un avis."))
    tell(kinds.NOTICE_DROPPED.name, _("%(who)s a abandonné un avis."))
    tell(
        kinds.ADDRESS_JUDGED.name,
        _("%(who)s a dit une adresse : %(trust)s."),
        lambda data, _names: {"trust": Trust(data["trust"]).label},
    )
    tell(
        kinds.MAIL_WORDS_ONLY.name,
        _("Seuls les mots d'un courriel sont gardés : ici, aucun fichier n'est pris."),
    )
    tell(kinds.MAIL_SETTLED.name, _("%(who)s a fait un dossier d'un courriel mis de côté."))


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to what waits for a decision, while something does."""
    if not isinstance(principal, Person) or not principal.works_cases:
        return ""
    address = reverse("notifications")
    if request.path != address and not header.of(request, principal).waits:
        return ""
    return entry(request, address, gettext("Courriels à voir"), exact=True)


def reachable(case: Incident, reports: Sequence[Report]) -> list[Reachable]:
    """Return the addresses that the *reports* of a case gave, with their trust; one query."""
    given: dict[str, Report] = {}
    for report in reports:
        if report.contact_email:
            given.setdefault(report.contact_email.lower(), report)
    found = notices.trusts("mail", list(given), case, list(given.values())) if given else {}
    return [Reachable(row, address, found[address]) for address, row in given.items()]
