"""A desk whose every field that somebody writes holds what a test puts there, and all its pages.

The words are put behind the services, which would clean or shorten some of them.
"""

import json
from dataclasses import replace

from django.test import Client

from api.models import Collection, Partner, PartnerToken, Preview, Push, Release
from csirt.accounts.models import Invitation, User
from csirt.accounts.principals import Person, Victim
from csirt.directory.desk import values
from csirt.directory.models import Contact, DeskSetting, Operator, Organisation
from csirt.journal import drain
from csirt.kernel.clock import now
from csirt.reference.bundle import read_playbook
from incidents.models import (
    AccessCode,
    CallBack,
    Campaign,
    Clock,
    DatedEvent,
    Evidence,
    HandOver,
    Incident,
    IncomingMail,
    LegalText,
    Message,
    Note,
    NoteVersion,
    Observable,
    Report,
    SavedView,
    Tag,
    TextDraft,
)
from incidents.models import Duty as Shift
from incidents.services import (
    campaigns,
    casework,
    clock_acts,
    following,
    notes,
    observing,
    papers,
    text_drafts,
)
from playbooks.domain.writing import written
from playbooks.models import Edition, StepState
from playbooks.queries import digest
from tests.permissions_routes import requests, site

# What somebody may write, in words that no list or form limits.
FIELDS = {
    User: ("name",),
    Invitation: ("name",),
    Operator: ("name", "phone"),
    Organisation: ("name", "it_provider"),
    Contact: ("name", "role", "phone"),
    Campaign: ("name", "description"),
    Incident: ("title", "priority_reason", "organisation_name", "reason", "closing_words"),
    Report: ("text", "contact_name", "contact_phone", "contact_email"),
    AccessCode: ("name",),
    CallBack: ("number", "name"),
    Clock: ("own_start_reason", "met_how", "late_reason", "waived_why"),
    DatedEvent: ("text",),
    Evidence: ("name", "found"),
    HandOver: ("text",),
    IncomingMail: ("name", "sender", "subject", "text"),
    LegalText: ("text",),
    Message: ("text",),
    Note: ("text",),
    NoteVersion: ("text",),
    Observable: ("value", "as_written"),
    SavedView: ("name",),
    Shift: ("phone",),
    Tag: ("name",),
    TextDraft: ("text",),
    Edition: ("note", "reason"),
    StepState: ("reason", "note"),
    Partner: ("name",),
    PartnerToken: ("label",),
    Collection: ("title", "description"),
    Preview: ("error",),
    Push: ("reason",),
    Release: ("error",),
}


def fill(world):
    """Do what gives each of these fields a row."""
    alice, case = Person.of(world.people["analyst"]), world.cases["alice"].row
    ids = {"incident": case.uuid, "by": alice, "now": now()}
    note = casework.add_note(**ids, text="Vu.")
    notes.edit_note(**ids, note=note.uuid, version=1, text="Revu.")
    following.write_to_victim(**ids, token="a" * 32, text="Bonjour.")
    victim = Victim(incident_id=case.pk)
    following.write_as_victim(victim=victim, token="b" * 32, text="Merci.", now=now())
    observing.paste_observables(**ids, text="https://mechant.example/x et 203.0.113.9")
    version = Incident.objects.get(pk=case.pk).version
    campaigns.put(**ids, version=version, campaign=world.campaign.uuid)
    clock_acts.start(
        **ids,
        version=version + 1,
        duty="cnil-art33-72h",
        at=ids["now"],
        reason="Un collègue l'a dit.",
    )
    papers.keep(**ids, version=version + 2, paper="plainte", text="Je porte plainte.")
    for field in ("message-text", "note-text"):
        text_drafts.keep(**ids, field=field, text="À finir.")
    IncomingMail.objects.create(
        mailbox="desk", uidvalidity=1, uid=1, fingerprint="x", size=1,
        outcome=IncomingMail.Outcome.ASIDE, received_at=now(),
    )  # fmt: skip
    drain()


def write(make):
    """Put what ``make(longest)`` returns in every field, those of playbooks and of the desk as well.

    *longest*: how many characters the field takes, None for any number.
    """
    for model, names in FIELDS.items():
        rows = list(model._default_manager.all())
        assert rows, f"no row of {model.__name__}"
        for row in rows:
            fields = {name: make(model._meta.get_field(name).max_length) for name in names}
            if model is Tag:  # each has a name of its own
                fields = {"name": f"{make(34)} {row.pk}"}
            model._default_manager.filter(pk=row.pk).update(**fields)
    for report in Report.objects.all():
        answers = report.answers | {"combien": make(None), "precision": make(None)}
        Report.objects.filter(pk=report.pk).update(answers=answers)
    for push in Push.objects.all():
        Push.objects.filter(pk=push.pk).update(bytes=json.dumps(_sent(push, make)))
    for row in Edition.objects.all():
        text = written(_book(read_playbook(row.text), make))
        Edition.objects.filter(pk=row.pk).update(text=text, sha256=digest(text))
    admin = User.objects.get(role="admin")
    words = {"fr": make(None), "en": make(None)}
    reply = {**words, "label_fr": make(80), "label_en": make(80), "gone": False}
    numbers = {"phone": "05 61 00 00 00", "email": "desk@exemple.fr", "note_fr": make(60)}
    for name, value in {
        "page.accueil": words,
        "page.suivi": words,
        "reply.r-0123abcd": reply,
        "numbers": numbers | {"note_en": make(60)},
    }.items():
        DeskSetting.objects.create(name=name, number=1, value=value, by=admin, at=now())
    values.forget()
    drain()


def _sent(push, make):
    """Return what a partner may have written in an object, in each of its own words."""
    words = ("name", "description", "abstract", "content", "opinion", "explanation")
    told = make(None).replace("\\", "").replace("'", "")
    return {
        "type": "indicator",
        "id": push.stix_id,
        **{name: make(None) for name in words},
        "pattern_type": "stix",
        "pattern": f"[url:value = '{told}' OR email-message:subject = '{told}']",
        "labels": [make(200)],
        "external_references": [{"source_name": make(200), "url": make(200)}],
    }


def _book(book, make):
    def step(one):
        texts = ("title_fr", "title_en", "detail_fr", "detail_en")
        return replace(one, **{name: make(None) for name in texts})

    phases = {
        name: tuple(map(step, book.phases.of(name))) for name in ("before", "during", "after")
    }
    lines = ("first_minutes_fr", "first_minutes_en", "dont_fr", "dont_en")
    return replace(
        book,
        title_fr=make(None),
        title_en=make(None),
        phases=replace(book.phases, **phases),
        **{name: tuple(make(None) for _line in getattr(book, name)) for name in lines},
    )


def pages(world, principal):
    """Return the paths that answer *principal* a page: of each route, one for each kind of object."""
    client = Client()
    client.cookies.load(world.cookies[principal])
    found = []
    for route in site():
        for asked in requests(route, principal, world):
            answer = client.get(asked.path, headers=world.headers(principal))
            kind = answer.get("Content-Type", "")
            if answer.status_code == 200 and kind.startswith("text/html"):
                found.append(asked.path)
    return found
