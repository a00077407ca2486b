"""Campaigns: opened, described, closed; cases put into one and taken out again."""

from datetime import datetime
from uuid import UUID

from csirt.accounts.principals import Person
from csirt.journal import change, record
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from csirt.kernel.text import clean_line
from incidents import kinds
from incidents.domain.words import fold
from incidents.models import Campaign, Incident
from incidents.services.loading import optional_text, worked_case

LONGEST_NAME = 120  # characters


@change
def open_campaign(*, by: Person, name: str, now: datetime, description: str = "") -> Campaign:
    """Open a campaign. Raises ``Invalid`` without a name, or for one that an open campaign has."""
    if not by.works_cases:
        raise NotAllowed
    campaign = Campaign(opened_at=now, description=optional_text(description, "description"))
    campaign.name = _free_name(name, campaign)
    campaign.save()
    record(kinds.CAMPAIGN_OPENED, campaign, by=by, at=now)
    return campaign


@change
def edit_campaign(
    *, campaign: UUID, version: int, by: Person, name: str, description: str, now: datetime
) -> Campaign:
    """Change what a campaign is called and what is said of it."""
    row = _worked(campaign, version, by)
    new = {
        "name": _free_name(name, row),
        "description": optional_text(description, "description"),
    }
    fields = [field for field, value in new.items() if getattr(row, field) != value]
    if not fields:
        return row
    row.name, row.description = new["name"], new["description"]
    _store(row)
    record(kinds.CAMPAIGN_EDITED, row, by=by, at=now, data={"fields": fields})
    return row


@change
def close_campaign(*, campaign: UUID, version: int, by: Person, now: datetime) -> Campaign:
    """End a campaign: it keeps its cases and takes no more."""
    row = _worked(campaign, version, by)
    if row.closed_at is not None:
        raise Conflict("Cette campagne est déjà close.", code="closed")
    row.closed_at = now
    _store(row)
    record(kinds.CAMPAIGN_CLOSED, row, by=by, at=now)
    return row


@change
def reopen_campaign(*, campaign: UUID, version: int, by: Person, now: datetime) -> Campaign:
    """Let a campaign take cases again."""
    row = _worked(campaign, version, by)
    if row.closed_at is None:
        raise Conflict("Cette campagne est déjà ouverte.", code="open")
    row.name, row.closed_at = _free_name(row.name, row), None
    _store(row)
    record(kinds.CAMPAIGN_REOPENED, row, by=by, at=now)
    return row


@change
def put(
    *, incident: UUID, version: int, by: Person, campaign: UUID | None, now: datetime
) -> Incident:
    """Put a case into a campaign, or into none; the one that it was in lets it go.

    Raises ``Invalid`` for a campaign that does not exist or is closed.
    """
    case = worked_case(by, incident, version)
    before, after = case.campaign, None
    if campaign is not None:
        after = Campaign.objects.select_for_update(no_key=True).filter(uuid=campaign).first()
        if after is None or after.closed_at is not None:
            raise Invalid(
                "Cette campagne n'existe pas, ou elle est close.",
                fields={"to": "Choisissez une campagne ouverte."},
            )
    if before == after:
        return case
    case.campaign = after
    case.store(now)
    if before:
        record(kinds.UNGROUPED, case, by=by, at=now, data={"campaign": str(before.uuid)})
    if after:
        record(kinds.GROUPED, case, by=by, at=now, data={"campaign": str(after.uuid)})
    return case


@change
def take_out(
    *, campaign: UUID, incident: UUID, version: int, by: Person, now: datetime
) -> Incident:
    """Take a case out of this very campaign. Raises ``NotFound`` when it is not in it."""
    case = worked_case(by, incident, version)
    if case.campaign is None or case.campaign.uuid != campaign:
        raise NotFound
    return put(incident=incident, version=version, by=by, campaign=None, now=now)


def _worked(campaign: UUID, version: int, by: Person) -> Campaign:
    if not by.works_cases:
        raise NotAllowed
    row = Campaign.objects.select_for_update(no_key=True).filter(uuid=campaign).first()
    if row is None:
        raise NotFound
    if row.version != version:
        raise Conflict("Quelqu'un vient de modifier cette campagne. Relisez-la, puis recommencez.")
    return row


def _store(row: Campaign) -> None:
    row.version += 1
    row.save()


def _free_name(text: str, campaign: Campaign) -> str:
    name = clean_line(text)[:LONGEST_NAME].strip()
    if not name:
        raise Invalid("Il manque un nom.", fields={"name": "Donnez un nom à la campagne."})
    others = Campaign.objects.filter(closed_at=None).exclude(pk=campaign.pk)
    if fold(name) in {fold(other) for other in others.values_list("name", flat=True)}:
        raise Invalid(
            "Une campagne ouverte porte déjà ce nom.",
            fields={"name": "Choisissez un autre nom, ou cette campagne-là."},
        )
    return name
