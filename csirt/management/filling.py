"""Filling the demonstration: the given reports, filed and worked through the real services.

Every step may be run again: form tokens are derived from the demonstration's own key, people and
partners are looked up first, so that an interrupted filling is simply completed.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from csirt.accounts.models import User
from csirt.accounts.principals import Anonymous, Person
from csirt.accounts.roles import Role
from csirt.directory import reference
from csirt.directory.loading import load_places
from csirt.directory.models import Commune
from csirt.journal import drain
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.management.filling_after import fill as fill_after
from csirt.management.filling_shares import fill as fill_shares
from csirt.reference.reports import given_reports
from incidents.domain import questions
from incidents.domain.lifecycle import State
from incidents.models import Incident
from incidents.services import casework, following, observing, transitions
from incidents.services.filing import Filed, Submission, file_report

PEOPLE = (
    ("Alice", "alice@demo.example", Role.ANALYST),
    ("Bruno", "bruno@demo.example", Role.LEAD),
    ("Ada", "ada@demo.example", Role.ADMIN),
    ("Rachid", "rachid@demo.example", Role.READER),
    ("Émile", "emile@demo.example", Role.OPERATOR),
    ("Chloé", "chloe@demo.example", Role.PARTNER),
)
CHANNELS = {"formulaire": "form", "telephone": "phone", "courriel": "mail"}
Say = Callable[[str], object]


def access_path() -> Path:
    """Where the demonstration says who may come in."""
    return settings.VAR / "access.json"


def known_access() -> dict[str, Any] | None:
    """Return what an earlier filling wrote, None when there was none."""
    if not access_path().is_file():
        return None
    access: dict[str, Any] = json.loads(access_path().read_text(encoding="utf-8"))
    return access


def fill(*, url: str, say: Say) -> dict[str, Any]:
    """Fill the desk, or find it filled; write and return who may come in, for this *url*."""
    access = known_access()
    if access is None:
        access = _fill(say)
    keep_access(access, url)
    return access


def keep_access(access: dict[str, Any], url: str) -> None:
    """Write who may come in, and where, for the owner of the folder alone."""
    access["url"] = url
    access_path().touch(mode=0o600)
    access_path().write_text(json.dumps(access, indent=1, ensure_ascii=False), encoding="utf-8")


def _fill(say: Say) -> dict[str, Any]:
    if not Commune.objects.exists():
        say("Loading the 4,446 communes of Occitanie…")
        load_places()
    reference.current_version()
    people = [person(*row) for row in PEOPLE]
    say("Filing the reports…")
    reports = given_reports()
    filed = {given["id"]: _file(given, order) for order, given in enumerate(reports)}
    drain()
    say("Working on the cases…")
    alice, bruno, emile = (
        Person.of(User.objects.get(email=PEOPLE[place][1])) for place in (0, 1, 4)
    )
    _work(filed, reports, alice, bruno)
    drain()
    say("Closing a case of six months ago…")
    before = fill_after(alice, bruno, emile)
    drain()
    say("Sharing with two partners…")
    partners = fill_shares(alice, bruno)
    drain()
    victims = [
        {"reference": one.incident.reference, "code": codes.grouped(one.code)}
        for one in (*filed.values(), *before)
        if one.code
    ]
    return {"url": "", "analysts": people, "partners": partners, "victims": victims}


def person(name: str, email: str, role: Role) -> dict[str, str]:
    """Make an account, or give the one that is there another password; return who may come in."""
    password = secrets.token_urlsafe(12)
    user = User.objects.filter(email=email).first()
    if user is None:
        User.objects.create_user(email, password, name=name, role=role)
    else:
        user.set_password(password)
        user.save()
    return {"email": email, "password": password, "role": role.value}


def _token(identifier: str) -> str:
    """The form token of a given report: always the same in one demonstration."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"demo|{identifier}".encode(), hashlib.sha256).hexdigest()[:32]


def _file(given: dict[str, Any], order: int) -> Filed:
    at = now() - timedelta(minutes=9 * (12 - order))
    submission = submission_of(given, at)
    return file_report(token=_token(given["id"]), submission=submission, now=at, by=Anonymous())


def submission_of(given: dict[str, Any], at: datetime) -> Submission:
    """Return what a given report sends: through the form's engine, or as an analyst typed it."""
    bundle, contact, expected = reference.current(), given["contact"], given["expected"]
    base = partial(
        Submission,
        victim_kind=given["victim_kind"],
        text=given["text_fr"],
        contact_phone=contact["phone"] or "",
        contact_email=contact["email"] or "",
        own_domains=tuple(contact["domains"]),
        organisation_name=given["organisation"] or "",
        commune=given["place"]["insee"],
        channel=CHANNELS[given["channel"]],
    )
    if "answers" not in given:
        return base(
            category=expected["category"],
            inputs=expected["inputs"],
            flags=tuple(expected["flags"]),
            traits=tuple(given.get("facts", {}).get("traits", ())),
            knowledge_at=at,
        )
    answers = {"kind": given["victim_kind"], **given["answers"], "ou": given["place"]["insee"]}
    filled = questions.fill(bundle, answers, now=at, text=given["text_fr"])
    known = questions.knowledge(bundle, answers, filed_at=at)
    return base(
        category=filled.category or "levee-de-doute",
        inputs=filled.inputs,
        asked=tuple(sorted(filled.asked)),
        flags=tuple(sorted(filled.flags)),
        traits=filled.traits,
        answers=answers,
        knowledge_at=known.at,
        knowledge_exact=known.exact,
    )


def _work(
    filed: dict[str, Filed], reports: list[dict[str, Any]], alice: Person, bruno: Person
) -> None:
    """Qualify several cases, mark what may be shared, talk, wait; leave the others new."""
    for given in reports:
        case = Incident.objects.get(pk=filed[given["id"]].incident.pk)
        if given["id"] not in {"r01", "r02", "r03", "r05", "r06", "r08", "r15"}:
            continue
        if case.state != State.NEW:
            continue
        by = bruno if given["id"] in {"r02", "r08"} else alice
        case = transitions.accept(
            incident=case.uuid,
            version=case.version,
            by=by,
            kind="incident" if case.priority in {"P1", "P2"} else "signalement",
            category=given["expected"]["category"],
            priority=case.priority,
            tlp="green",
            now=now(),
        )
        _judge(case, given, by)
        _talk(case, given, by)


def _judge(case: Incident, given: dict[str, Any], by: Person) -> None:
    values = {item["value"] for item in given["expected"]["observables"]}
    for row in case.observables.filter(value__in=values):
        if row.type not in {"filename", "file_extension", "message_id"}:
            observing.judge(
                incident=case.uuid,
                observable=row.uuid,
                version=row.version,
                by=by,
                role="indicator",
                now=now(),
            )


def _talk(case: Incident, given: dict[str, Any], by: Person) -> None:
    if given["id"] == "r03":
        following.write_to_victim(
            incident=case.uuid,
            by=by,
            token=_token("message-r03"),
            text="Bonjour, nous vous appelons dans dix minutes. Changez déjà le mot de passe.",
            now=now(),
        )
    if given["id"] == "r08":
        casework.add_note(
            incident=case.uuid,
            by=by,
            text="L'hébergeur filtre. Demander la liste des sources vers 16 h.",
            now=now(),
        )
        transitions.wait(
            incident=case.uuid,
            version=Incident.objects.values_list("version", flat=True).get(pk=case.pk),
            by=by,
            waiting_on="provider",
            reason="Réponse de l'hébergeur attendue.",
            until=now() + timedelta(hours=6),
            now=now(),
        )
