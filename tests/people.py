"""The people of the tests: who they are, and how they come in.

Alice (analyst), Bruno (lead), Chloé (partner), Denise (a victim who has filed), Émile (operator of a
mutualised IT service, with Denise's town's agreement), Eve (no right to any case), Ada (admin).
"""

# ruff: noqa: E402

import re
import time
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

import django
import pytest

django.setup()  # a plugin is read before the apps are, and these are about models

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.test import Client

from csirt.accounts import recovery
from csirt.accounts.models import User
from csirt.accounts.principals import Anonymous
from csirt.accounts.roles import Role
from csirt.directory.models import Operator, OperatorAgreement, OperatorMember, Organisation
from csirt.kernel import codes
from csirt.kernel.clock import now
from incidents.models import Incident, Report

PASSWORD = "le-canal-du-midi-en-hiver"
BACKEND = settings.AUTHENTICATION_BACKENDS[0]


def person(name, role, *, email="", enrolled=True):
    """Return a saved user; *enrolled* gives a TOTP seed and recovery codes."""
    user = User.objects.create_user(
        email or f"{name.lower()}@exemple.fr", PASSWORD, name=name, role=role
    )
    if role == Role.ADMIN:
        settle(user)
    if enrolled:
        enrol(user)
    return user


def settle(user):
    """Have *user* been here long enough to ask that a second factor be reset, or to confirm it."""
    user.created_at -= timedelta(days=30)
    user.save(update_fields=["created_at"])


def enrol(user):
    """Give *user* a TOTP authenticator and recovery codes; return the seed."""
    seed = generate_totp_secret()
    TOTP.activate(user, seed)
    recovery.make(user)
    return seed


def totp(user, *, at=None, steps=0):
    """Return the six digits that the user's telephone shows, now or *steps* periods away."""
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    counter = int(time.time() if at is None else at) // 30 + steps
    return format_hotp_value(hotp_value(decrypt(row.data["secret"]), counter))


def log_in(client, user, *, second_factor=True):
    """Log *user* in on *client* without the pages, the second factor given or not."""
    client.force_login(user, backend=BACKEND)
    session = client.session
    records = [{"method": "password", "at": time.time(), "email": user.email}]
    if second_factor:
        records.append({"method": "mfa", "at": time.time(), "type": "totp"})
    session[AUTHENTICATION_METHODS_SESSION_KEY] = records
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def client_of(user=None, *, second_factor=True, **options):
    """Return a test client in which *user* is logged in; CSRF is checked with ``csrf=True``."""
    client = Client(enforce_csrf_checks=options.pop("csrf", False), **options)
    return log_in(client, user, second_factor=second_factor) if user else client


def cookies_of(user, *, second_factor=True):
    """Return the session cookie of *user*, for a real server on the same database."""
    client = client_of(user, second_factor=second_factor)
    name = settings.SESSION_COOKIE_NAME
    return {name: client.cookies[name].value}


@pytest.fixture
def alice(db):
    """An analyst."""
    return person("Alice", Role.ANALYST)


@pytest.fixture
def bruno(db):
    """The lead."""
    return person("Bruno", Role.LEAD)


@pytest.fixture
def chloe(db):
    """Somebody who works for a partner."""
    return person("Chloé", Role.PARTNER, email="chloe@partenaire.exemple.fr")


@pytest.fixture
def eve(db):
    """Reads statistics; has no right to any case."""
    return person("Eve", Role.READER)


@pytest.fixture
def ada(db):
    """Administers people and partners; sees no case by that right."""
    return person("Ada", Role.ADMIN)


@dataclass(frozen=True)
class Victim:
    """Denise: what she was given when she filed."""

    reference: str
    code: str  # ungrouped
    incident: Incident
    report: Report


def submission(**fields):
    """Return what a town hall's secretary sends, some *fields* replaced."""
    from incidents.services.filing import Submission

    return Submission(
        **{
            "victim_kind": "commune",
            "category": "rancongiciel",
            "inputs": {},
            "asked": (),
            "text": "Tous nos fichiers ont une extension .lockbit depuis ce matin.",
            "contact_name": "Denise Vidal",
            "contact_phone": "05 61 00 00 00",
            "contact_email": "denise@mairie-exemple.fr",
            "organisation_name": "Mairie d'Exemple",
            **fields,
        }
    )


def file_case(**fields):
    """File a report through the real service; return a ``Victim``."""
    from incidents.services.filing import file_report

    filed = file_report(
        token=codes.new_token(), submission=submission(**fields), now=now(), by=Anonymous()
    )
    return Victim(filed.incident.reference, filed.code or "", filed.incident, filed.report)


def called(**fields):
    """Return the call-back that an analyst notes before giving a new code."""
    from incidents.services.following import Called

    return Called(**{"number": "05 61 00 00 00", "name": "Denise Vidal", "at": now(), **fields})


@pytest.fixture
def denise(db):
    """The secretary of a town hall: a case is filed, she holds its reference and code."""
    return file_case()


def agree(operator, incident, *, at=None):
    """Have the organisation of *incident* agree that *operator* sees its cases."""
    organisation = incident.organisation
    if organisation is None:
        organisation = Organisation.objects.create(
            name=incident.organisation_name or "Mairie", kind=incident.victim_kind
        )
        incident.organisation = organisation
        incident.save()
    return OperatorAgreement.objects.create(
        operator=operator, organisation=organisation, agreed_at=at or now()
    )


@pytest.fixture
def emile(db):
    """Works for a mutualised IT service; ``agree(emile.operators.get(), incident)`` opens a case."""
    user = person("Émile", Role.OPERATOR, email="emile@syndicat.exemple.fr")
    operator = Operator.objects.create(name="Syndicat numérique")
    OperatorMember.objects.create(operator=operator, user=user)
    return user


def hidden(answer, name):
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found
    return unescape(found[1])
