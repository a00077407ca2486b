"""How the service stands, for the team: what is late, waits, fills up, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from csirt.accounts.navigation import entry
from csirt.accounts.principals import Person, Principal
from csirt.accounts.roles import DESK, Role
from csirt.kernel.clock import now
from csirt.kernel.errors import NotFound
from incidents.console.access import for_people
from incidents.models import Notice
from incidents.upkeep import SILENT_AFTER, Facts, facts

READS = DESK | {Role.ADMIN}
_NIGHTLY = timedelta(hours=26)  # what runs each night, and may be a little late
_SIGNED = timedelta(hours=1)  # checkpoints come every ten minutes while there is something to sign
_LEAST_FREE = 0.1  # of a disk


@dataclass(frozen=True)
class Line:
    """One thing: how it is, since when, and what to do when it is not well."""

    name: str
    words: str
    well: bool = True
    at: datetime | None = None
    advice: str = ""


def may_read(person: Person) -> bool:
    """Tell whether somebody is told how the service stands."""
    return person.role in READS


def navigation(request: HttpRequest, _case: object, principal: Principal | str) -> str:
    """Give the way to the page to who may read it."""
    if not isinstance(principal, Person) or not may_read(principal):
        return ""
    return entry(request, reverse("console-upkeep"), gettext("État du service"))


@require_safe
@for_people
def page(request: HttpRequest, person: Person) -> HttpResponse:
    """Show it to the team; 404 for everybody else."""
    if not may_read(person):
        raise NotFound
    told = facts(now())
    lines = [*_work(told), *_mail(told), *_safety(told), *_disks(told)]
    context = {
        "principal": person,
        "at": told.at,
        "lines": lines,
        "wrong": sum(not line.well for line in lines),
    }
    return render(request, "console/upkeep.html", context)


def _work(told: Facts) -> Iterator[Line]:
    silent = told.worker_is_silent
    yield Line(
        gettext("Agent"),
        gettext("Ne tourne plus") if silent else gettext("Tourne"),
        well=not silent,
        at=told.worker_at,
        advice=gettext("Demandez à l'exploitant de démarrer « manage.py tend ».") if silent else "",
    )
    late = {name: lag for name, lag in told.lag.items() if lag[1] > SILENT_AFTER}
    words = gettext("Tout est lu")
    if late:
        names = ", ".join(f"{name} ({count})" for name, (count, _) in sorted(late.items()))
        words = gettext("En retard, avec leurs événements à lire : %(names)s") % {"names": names}
    yield Line(
        gettext("Lecteurs du journal"),
        words,
        well=not late,
        advice=gettext("Les courriels et les diffusions attendent. Prévenez l'exploitant.")
        if late
        else "",
    )
    yield Line(
        gettext("Événements abandonnés"),
        str(told.parked),
        well=not told.parked,
        advice=gettext("Regardez « Courriels à voir ».") if told.parked else "",
    )
    failed = told.jobs["FAILED"]
    yield Line(
        gettext("Tâches"),
        gettext("%(ready)s en attente, %(running)s en cours, %(failed)s en échec")
        % {"ready": told.jobs["READY"], "running": told.jobs["RUNNING"], "failed": failed},
        well=not failed,
        advice=gettext("Refaites l'aperçu ou le dossier de plainte qui manque.") if failed else "",
    )


def _mail(told: Facts) -> Iterator[Line]:
    waiting, parked = told.mail[Notice.State.WAITING], told.mail[Notice.State.PARKED]
    since = told.mail_since
    late = since is not None and told.at - since > timedelta(minutes=30)
    yield Line(
        gettext("Courriels à envoyer"),
        ngettext("%(n)s en attente", "%(n)s en attente", waiting) % {"n": waiting},
        well=not late,
        at=since,
        advice=gettext("Le serveur de courriel ne répond peut-être plus.") if late else "",
    )
    aside = parked + told.mail_aside
    yield Line(
        gettext("Courriels qui attendent une décision"),
        str(aside),
        well=not aside,
        advice=gettext("Regardez « Courriels à voir ».") if aside else "",
    )


def _safety(told: Facts) -> Iterator[Line]:
    made = told.backup_at
    fresh = made is not None and told.at - made <= _NIGHTLY
    words = gettext("Aucune")
    if made:
        words = filesizeformat(told.backup_size)
        if told.backup_missing:
            words += gettext(" ; %(n)s pièces introuvables") % {"n": told.backup_missing}
    well = fresh and not told.backup_missing
    yield Line(
        gettext("Dernière sauvegarde"),
        words,
        well=well,
        at=made,
        advice=""
        if well
        else gettext("Prévenez l'exploitant : « manage.py doctor » dit pourquoi."),
    )
    signed = told.checkpoint_at
    late = told.unsigned > 0 and (signed is None or told.at - signed > _SIGNED)
    yield Line(
        gettext("Dernier point de contrôle signé"),
        ngettext(
            "%(n)s événement depuis", "%(n)s événements depuis", told.unsigned
        ) % {"n": told.unsigned},
        well=not late,
        at=signed,
        advice=gettext("Il manque la clé qui signe : prévenez l'exploitant.") if late else "",
    )  # fmt: skip


def _disks(told: Facts) -> Iterator[Line]:
    names = {
        "desk": gettext("Disque du service"),
        "evidence": gettext("Disque des pièces"),
        "backups": gettext("Disque des sauvegardes"),
    }
    for disk in told.disks:
        well = disk.free >= disk.total * _LEAST_FREE
        sizes = {"free": filesizeformat(disk.free), "total": filesizeformat(disk.total)}
        yield Line(
            names[disk.name],
            gettext("%(free)s libres sur %(total)s") % sizes,
            well=well,
            advice="" if well else gettext("Faites de la place avant qu'il soit plein."),
        )
