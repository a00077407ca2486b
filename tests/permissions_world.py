"""The desk that the permission matrix asks about: who asks, and the objects that they ask for.

Cases, as a principal may stand to them: *own* (assigned to them, theirs as a victim, served by their
operator, released to their collection), *visible*, *foreign* (somebody else's), *hidden* (restricted
to other people), *absent*. *mixed* is one's own case with a part of the hidden one in the same
address. Other objects are *visible*, *foreign* (of another partner, or somebody else) or *absent*.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client

from api.models import Partner, PartnerPerson, Preview, Push, Release, SharedObject
from api.sharing import receiving, terms
from csirt.accounts import factors, services, tokens
from csirt.accounts.models import User
from csirt.accounts.principals import Person, Victim
from csirt.accounts.roles import Role
from csirt.directory.models import (
    Commune,
    Contact,
    Department,
    Operator,
    OperatorMember,
    Organisation,
)
from csirt.journal import change, drain
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.reference.bundle import read_playbook
from incidents.console.forms import EDGES
from incidents.domain.lifecycle import TRANSITIONS
from incidents.models import (
    Campaign,
    DatedEvent,
    Download,
    Evidence,
    Incident,
    Observable,
    Pack,
    Report,
    ReviewAction,
    SavedView,
    Tag,
)
from incidents.packing import asking
from incidents.services import (
    campaigns,
    casework,
    duties,
    evidence,
    following,
    handing_over,
    noting,
)
from playbooks.models import Edition, Lesson, StepState
from playbooks.services import editing, running
from tests.people import agree, called, client_of, person
from tests.sharing import desk as sharing
from tests.taxii import shelf

PRINCIPALS = (
    "anonymous", "victim", "partner token", "reader", "operator", "analyst", "lead", "admin",
    "partner",
)  # fmt: skip
ABSENT = "00000000-0000-4000-8000-000000000000"


@dataclass
class Case:
    """A case with what hangs under it, by the names that addresses use."""

    row: Incident
    code: str
    parts: dict[str, str] = field(default_factory=dict)


class World:
    """Everything that addresses may name, made through the real services."""

    def __init__(self) -> None:
        self.people = {
            "reader": person("Eve", Role.READER),
            "operator": person("Émile", Role.OPERATOR, email="emile@syndicat.exemple.fr"),
            "analyst": person("Alice", Role.ANALYST),
            "lead": person("Bruno", Role.LEAD),
            "admin": person("Ada", Role.ADMIN),
            "partner": person("Chloé", Role.PARTNER, email="chloe@partenaire.exemple.fr"),
        }
        self.zoe = person("Zoé", Role.ANALYST, email="zoe@exemple.fr")
        self.operator = Operator.objects.create(name="Syndicat numérique")
        department = Department.objects.create(code="09", name="Ariège")
        self.commune = Commune.objects.create(insee="09122", name="Foix", department=department)
        OperatorMember.objects.create(operator=self.operator, user=self.people["operator"])
        self.collection = sharing.collection(self.people["lead"])
        self.other_collection = sharing.collection(
            self.people["lead"], "reservee", audience="named", tlp="amber"
        )
        self.cases = self._cases()
        self._partners()
        self.campaign = campaigns.open_campaign(
            by=_of(self.people["lead"]), name="Vague d'hameçonnages", now=now()
        )
        self.invitation = self._invite("farid@exemple.fr")
        self._organisation_and_contact()
        self._shifts()
        self.link = self._link()
        self.packs = self._packs()
        self.views = {
            name: SavedView.objects.create(
                user=user, name="Feu", address="?vue=tous&priorite=P1", kept_at=now()
            ).uuid
            for name, user in {**self.people, "zoe": self.zoe}.items()
        }
        self.draft = editing.begin(
            playbook="hameconnage", by=_of(self.people["analyst"]), now=now()
        )
        self.proposed = self._proposed()
        drain()
        self.versions = {
            str(row.uuid): row.version
            for model in (Campaign, DatedEvent, Incident, Observable, Partner, StepState, User)
            for row in model.objects.all()
        }
        # Of whose role programs may ask; the rest have none.
        holders = {name: user for name, user in self.people.items() if tokens.may_have(user)}
        self.personal = {
            name: tokens.issue(user=user, label="x", scopes=["cases:read"], days=7, now=now())[
                0
            ].uuid
            for name, user in (holders | {"zoe": self.zoe}).items()
        }
        # A number of its own, for a short one stands in pages by chance.
        hers = Authenticator.objects.filter(user=self.zoe, type=Authenticator.Type.TOTP)
        hers.update(id=987_654_321)
        self.cookies = {name: self._cookies(name) for name in PRINCIPALS}

    def _cases(self) -> dict[str, Case]:
        made = {
            "alice": self._case(self.people["analyst"]),
            "bruno": self._case(self.people["lead"]),
            "zoe": self._case(self.zoe),
            "both": self._case(self.people["lead"]),
        }
        for name in ("alice", "zoe", "both"):
            agree(self.operator, made[name].row)
        row = made["both"].row
        row = Incident.objects.get(pk=row.pk)
        casework.assign(
            incident=row.uuid, version=row.version, by=_of(self.people["lead"]), to=None, now=now()
        )
        for name, case in made.items():
            by = self.zoe if name == "zoe" else self.people["analyst"]
            run = running.attach(
                incident=case.row.uuid, playbook="rancongiciel", by=_of(by), now=now()
            )
            case.parts["run"] = str(run.uuid)
            case.parts["step"] = str(run.steps.order_by("order").first().uuid)
        for case in made.values():
            case.parts["preview"] = str(self._preview(case.row).uuid)
            case.parts["evidence"] = str(self._evidence(case.row).uuid)
            case.parts["dated"] = str(self._dated(case.row).uuid)
            case.parts["action"] = str(self._action(case.row).uuid)
            case.parts["lesson"] = str(self._lesson(case.row).uuid)
        self.tag = self._tag(made["alice"].row, "lockbit-3")
        self.hidden_tag = self._tag(made["zoe"].row, "reserve")
        self._release(made["alice"].row)
        hidden = Incident.objects.get(pk=made["zoe"].row.pk)
        casework.restrict(
            incident=hidden.uuid, version=hidden.version, by=_of(self.zoe),
            people=[self.zoe.uuid], now=now(),
        )  # fmt: skip
        return made

    def _evidence(self, case: Incident) -> Evidence:
        """Return a file; its bytes do not matter here."""
        return Evidence.objects.create(
            incident=case,
            idempotency=secrets.token_hex(16),
            name="capture.png",
            stored=f"pieces/{secrets.token_hex(16)}",
            size=2,
            sha256=sha256(b"{}").hexdigest(),
            source="victim",
            received_at=now(),
        )

    def _dated(self, case: Incident) -> DatedEvent:
        return DatedEvent.objects.create(
            incident=case, author=self.zoe, at=now(), precision="day", zone="UTC", text="Vu.",
            written_at=now(),
        )  # fmt: skip

    def _action(self, case: Incident) -> ReviewAction:
        return ReviewAction.objects.create(
            incident=case, text="Former les agents", owner="La mairie", due_on=now().date()
        )

    def _lesson(self, case: Incident) -> Lesson:
        return Lesson.objects.create(
            incident=case, playbook="rancongiciel", text="Appeler plus tôt.",
            author=self.people["analyst"], made_at=now(),
        )  # fmt: skip

    def _tag(self, case: Incident, name: str) -> Tag:
        tag = Tag.objects.create(name=name)
        tag.cases.add(case)
        return tag

    def _link(self) -> str:
        """Return the link of an analyst to a file that turned out to be damaged."""
        case = self.cases["alice"]
        secret = evidence.ask(
            incident=case.row.uuid,
            evidence=UUID(case.parts["evidence"]),
            by=_of(self.people["analyst"]),
            now=now(),
        )
        late = now() + timedelta(hours=1)  # the matrix takes its time, and the link must not end
        Download.objects.update(failed=True, asked_at=late)
        return secret

    def _packs(self) -> tuple[str, str]:
        """Return an analyst's link to a complaint pack, and the victim's to the same."""
        case, analyst = self.cases["alice"].row, _of(self.people["analyst"])
        asking.offer(incident=case.uuid, by=analyst, offered=True, now=now())
        victim = Victim(incident_id=case.pk)
        links = [asking.ask(incident=case.uuid, by=by, now=now()) for by in (analyst, victim)]
        Pack.objects.update(asked_at=now() + timedelta(hours=1))  # as above
        return links[0], links[1]

    def _proposed(self) -> Edition:
        """Return a version that waits for a lead."""
        zoe = _of(self.zoe)
        draft = editing.begin(playbook="defiguration", by=zoe, now=now())
        book = read_playbook(draft.text)
        book = replace(book, dont_fr=book.dont_fr[:-1], dont_en=book.dont_en[:-1])
        draft = editing.save(
            edition=draft.uuid, version=draft.version, by=zoe, playbook=book, now=now()
        )
        return editing.propose(
            edition=draft.uuid, version=draft.version, by=zoe, note="Plus court.", now=now()
        )

    def _preview(self, case: Incident) -> Preview:
        """Return a text ready for approval; what it says does not matter here."""
        return Preview.objects.create(
            incident=case,
            requested_by=self.people["lead"],
            status=Preview.Status.READY,
            bytes="{}",
            sha256=sha256(b"{}").hexdigest(),
            created_at=now(),
        )

    def _release(self, case: Incident) -> None:
        self.release = release = Release.objects.create(
            incident=case,
            preview=self._preview(case),
            sha256=sha256(b"{}").hexdigest(),
            tlp="green",
            by=self.people["lead"],
            at=now(),
            state=Release.State.PUBLISHED,
        )
        [row] = shelf.put(self.collection, release, [shelf.indicator(1)])
        self.stix_id = row.stix_id
        row.holds.create(incident=case.pk)
        SharedObject.objects.create(incident=case, key="indicator:1", stix_id=row.stix_id)
        shelf.put(self.other_collection, release, [shelf.indicator(2)])

    def _case(self, by: User) -> Case:
        row = sharing.qualified(by)
        code = _code_of(row, by)
        case = Case(row, code)
        case.parts = {
            "case": str(row.uuid),
            "incident": str(row.uuid),
            "report": str(Report.objects.get(incident=row).uuid),
            "observable": str(row.observables.first().uuid),
            "note": str(
                casework.add_note(incident=row.uuid, by=_of(by), text="Vu.", now=now()).uuid
            ),
        }
        return case

    def _partners(self) -> None:
        lead, admin = self.people["lead"], self.people["admin"]
        self.partner = sharing.partner(lead, reads=[self.collection])
        self.other_partner = sharing.partner(lead, "csirt-autre", reads=[self.other_collection])
        self.token, self.token_text = sharing.partners.issue_token(
            partner=self.partner.uuid, by=_of(admin), now=now()
        )
        self.other_token, _ = sharing.partners.issue_token(
            partner=self.other_partner.uuid, by=_of(admin), now=now()
        )
        self.push = self._push()
        PartnerPerson.objects.create(partner=self.partner, user=self.people["partner"])

    def _push(self) -> Push:
        """Return an object that waits for an analyst."""
        inbox = change(receiving.open_inbox)(
            self.other_partner, by=_of(self.people["admin"]), now=now()
        )
        return Push.objects.create(
            partner=self.other_partner,
            collection=inbox,
            stix_id=shelf.indicator(9)["id"],
            type="indicator",
            version="2026-01-31T10:00:00.000Z",
            bytes=json.dumps(shelf.indicator(9)),
            added_at=1,
            received_at=now(),
            status=Push.Status.QUARANTINED,
        )

    def _invite(self, email: str) -> services.Issued:
        return services.invite(email=email, role="analyst", by=self.people["admin"], now=now())

    def _organisation_and_contact(self) -> None:
        organisation = self.cases["alice"].row.organisation
        self.organisation = organisation or Organisation.objects.first()
        self.contact = Contact.objects.create(organisation=self.organisation, name="Denise Vidal")

    def _shifts(self) -> None:
        """Put Zoé on duty, and have her leave a word for who comes."""
        at = now()
        [self.duty] = duties.add(
            by=_of(self.people["lead"]), user=self.zoe.uuid, begins=at,
            ends=at + timedelta(hours=8), phone="", weeks=1, now=at,
        )  # fmt: skip
        self.handover = handing_over.hand_over(
            by=_of(self.zoe), since=at - timedelta(hours=8), text="Vu.", now=at
        )

    def _cookies(self, principal: str) -> dict[str, str]:
        if principal in self.people:
            client = client_of(self.people[principal])
        else:
            client = Client()
            if principal == "victim":
                client.post("/suivi/", {"code": self.cases["alice"].code})
                assert settings.SESSION_COOKIE_NAME in client.cookies
        return {name: morsel.value for name, morsel in client.cookies.items()}

    def body(self, route: str, key: str) -> dict[str, object]:
        """Return well-formed fields for what *route* changes, so that only rights refuse them.

        *key* is the object that the version is of. A page reads its own fields of these.
        """
        version, both = self.versions.get(key, 1), self.cases["both"].parts["case"]
        if route.startswith("api/"):
            return self._api_body(route, version)
        return {
            "version": version,
            "role": self._role(route),
            "row_version": self.draft.version
            if key == str(self.draft.uuid)
            else self.proposed.version,
            "playbook": "rancongiciel" if "retirer" in route else "messagerie-compromise",
            "state": "done",
            "note": "Vu avec elle.",
            "visible": "non",
            "move": "later:ham-p1",
            "avancement": "faite",
            "lecon-reason": "Déjà dit.",
            **self._act_fields(),
            "code-number": "05 61 00 00 00",
            "code-name": "Denise Vidal",
            "code-at": "2026-11-22T09:30",
            "sha256": sha256(b"{}").hexdigest(),
            "object": self.stix_id,
            "collections": str(self.collection.uuid),
            "partner": str(self.other_partner.uuid),
            "scopes": "taxii:read",
            "name": "Nouveau",
            "identifier": "nouveau",
            "kind": "csirt",
            "title": "Nouvelle",
            "alias": "nouvelle",
            "audience": "named",
            "tlp": "amber",
            "email": "gaston@exemple.fr",
            "message": "Bonjour.",
            "mail": "daily",
            "text": "Bonjour.",
            "envoi": "0" * 32,
            "acte": "prendre",
            "terms": terms.VERSION,
            "contacts": "Chloé",
            "objects": str(self.push.uuid),
            "act": "refuse",
            "case": f"{both}_{self.versions[both]}",
            "campagne-name": "Vague de faux virements",
            "ajouter-into": self.cases["both"].row.reference,
        }

    def _api_body(self, route: str, version: int) -> dict[str, object]:
        """Return the body of what a program asks; the last word of an address is the act."""
        act = route.rstrip("/").rpartition("/")[2]
        if route.startswith("api/v1/campaigns/"):
            return {"version": version} if "<" in route else {"name": "Vague"}
        if "/bulk/" in route:
            both = self.cases["both"].parts["case"]
            chosen = {"incident": both, "version": self.versions[both]}
            return {"cases": [chosen]} | self._together_fields().get(act, {})
        if act == "priority":
            return {"version": version, "priority": "P3", "reason": "Le maire est joint."}
        edge = TRANSITIONS.get(act)
        fields = self._edge_fields() | {"consent": True}
        return {"version": version} | {name: fields[name] for name in edge.needs} if edge else {}

    def _together_fields(self) -> dict[str, dict[str, object]]:
        """Return well-formed fields for the acts on several cases that ask for something."""
        return {
            "assign": {"to": str(self.people["lead"].uuid)},
            "prioritise": {"priority": "P3", "reason": "Le maire est joint."},
            "reject": {"reason": "Un exercice."},
            "snooze": {"until": (now() + timedelta(days=2)).isoformat()},
            "group": {"name": "Vague de faux virements"},
            "merge": {"into": self.cases["alice"].parts["case"]},
        }

    @staticmethod
    def _role(route: str) -> str:
        if "observable" in route:
            return "victim"
        return "prestataire" if "playbooks/etapes" in route else "lead"

    def _edge_fields(self) -> dict[str, object]:
        """Return well-formed fields for what an edge of the case's life needs."""
        return {
            "kind": "incident",
            "category": "rancongiciel",
            "priority": "P2",
            "tlp": "green",
            "waiting_on": "victim",
            "reason": "Elle cherche le mél.",
            "until": (now() + timedelta(days=2)).isoformat(),
            "closing_words": "Tout est rentré dans l'ordre.",
            "redirected_to": "17cyber",
            "consent": "oui",
            "into": self.cases["both"].parts["case"],
        }

    def _act_fields(self) -> dict[str, object]:
        """Return well-formed fields for the forms of the case page."""
        lead, case = self.people["lead"], self.cases["alice"]
        typed = {
            **self._edge_fields(),
            "until": (now() + timedelta(days=2)).date().isoformat(),
            "into": self.cases["both"].row.reference,
        }
        return {
            **{f"{edge}-{name}": value for edge in EDGES for name, value in typed.items()},
            "attribuer-to": str(lead.uuid),
            "note-text": "Vu au téléphone.",
            "token": "0" * 32,
            "message-text": "Bonjour.",
            "report": case.parts["report"],
            "adresse-trust": "good",
            "modifier-title": "Un titre",
            "priorite-priority": "P3",
            "priorite-reason": "Le maire est joint.",
            "tlp-tlp": "amber",
            "restreindre-people": str(lead.uuid),
            "observable-type": "ipv4",
            "observable-value": "198.51.100.99",
            "seen": self.tag.name,
            "renommer-name": "lockbit-4",
            "coller-text": "198.51.100.98",
            "etiqueter-name": "lockbit",
            "dater-day": "2026-11-12",
            "dater-hour": "03:00",
            "dater-zone": "Europe/Paris",
            "dater-text": "Premier chiffrement vu.",
            "suggestion-follow": "oui",
            "reporter-until": (now() + timedelta(days=2)).date().isoformat(),
            "effacement-accepted": "non",
            "effacement-answer": "Nous gardons le dossier.",
        }

    def headers(self, principal: str) -> dict[str, str]:
        """Return what a principal sends beside cookies."""
        if principal != "partner token":
            return {}
        pair = f"{self.partner.identifier}:{self.token_text}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def case_of(self, principal: str) -> dict[str, Case | None]:
        """Return the cases that stand as each label to *principal*."""
        cases = self.cases
        found: dict[str, Case | None] = {}
        if principal == "lead":
            found |= {"own": cases["bruno"], "visible": cases["both"], "foreign": cases["alice"]}
        elif principal in {"analyst", "operator"}:
            found |= {"own": cases["alice"], "visible": cases["both"], "foreign": cases["bruno"]}
        elif principal in {"victim", "partner token"}:
            found |= {"own": cases["alice"], "foreign": cases["bruno"]}
        else:
            found |= {"foreign": cases["bruno"]}
        return found | {"hidden": cases["zoe"], "absent": None}

    def others(self, parameter: str, principal: str) -> dict[str, str] | None:
        """Return the values of an address's parameter that names no case; None when unknown."""
        me = self.people.get(principal)
        of_two = {
            "partner": (self.partner.uuid, self.other_partner.uuid),
            "collection": (self.collection.uuid, self.other_collection.uuid),
            "token": (self.token.uuid, self.other_token.uuid),
            "pack": self.packs if principal != "victim" else self.packs[::-1],  # for who asked
        }
        of_one = {
            "organisation": self.organisation.uuid,
            "contact": self.contact.uuid,
            "operator": self.operator.uuid,
            "commune": self.commune.pk,
            "campaign": self.campaign.uuid,
            "invitation": self.invitation.invitation.uuid,
            "secret": self.invitation.secret,
            "link": self.link,
            "tag": self.tag.uuid,
            "duty": self.duty.uuid,
            "handover": self.handover.uuid,
            "release": self.release.uuid,
            "push": self.push.uuid,
        }
        unknown = {"secret": "x" * 43, "link": "x" * 58, "pack": "x" * 58, "commune": "99999",
                   "factor": "999999999", "session": "0" * 16, "device": "0" * 32}  # fmt: skip
        absent = {"absent": unknown.get(parameter, ABSENT)}
        if parameter in {
            "view",
            "factor",
            "session",
            "personal",
            "device",
        }:  # one's own, and that of somebody else
            return self._theirs(parameter, me, principal) | absent
        if parameter == "edition":  # a draft is its author's alone
            mine = "own" if principal == "analyst" else "foreign"
            found = {mine: self.draft.uuid, "visible": self.proposed.uuid}
            return {label: str(value) for label, value in found.items()} | absent
        if parameter in of_two:
            mine, others = of_two[parameter]
            return {"visible": str(mine), "foreign": str(others)} | absent
        hidden = {"hidden": str(self.hidden_tag.uuid)} if parameter == "tag" else {}
        if parameter in of_one:
            return {"visible": str(of_one[parameter])} | hidden | absent
        if parameter == "user":
            own = {"own": str(me.uuid)} if me else {}
            return own | {"visible": str(self.zoe.uuid)} | absent
        return None

    def _theirs(self, parameter: str, me: User | None, principal: str) -> dict[str, str]:
        own: object = None
        if parameter == "view":
            own, foreign = self.views.get(principal), self.views["zoe"]
        elif parameter == "factor":
            held = factors.of(me) if me else []
            own, foreign = (held[0].pk if held else None), factors.of(self.zoe)[0].pk
        elif parameter == "personal":
            own, foreign = self.personal.get(principal), self.personal["zoe"]
        elif parameter == "device":
            mine, theirs = "a" * 32, "b" * 32
            at = {"began_at": now(), "used_at": now()}
            self.zoe.devices.get_or_create(digest=theirs, defaults=at)
            if me:
                me.devices.get_or_create(digest=mine, defaults=at)
            own, foreign = (mine if me else None), theirs
        else:
            session = me.sessions.first() if me else None
            own, foreign = (session.name if session else None), None
        labels = {"own": own, "foreign": foreign}
        return {label: str(value) for label, value in labels.items() if value is not None}


def _of(user: User) -> Person:
    return Person.of(user)


def _code_of(row: Incident, by: User) -> str:
    """Give the case a code that the test knows, and that nobody has heard."""
    row = Incident.objects.get(pk=row.pk)
    spoken = following.reissue_code(
        incident=row.uuid, version=row.version, by=_of(by), called=called(), now=now()
    )
    code = codes.random_code()
    access = following.access_by_code(spoken).pk
    noting.replace_spoken(access=access, code=code, now=now())
    return code
