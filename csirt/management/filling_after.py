"""The demonstration's before and after: a case closed six months ago, and what a body did since.

A small town's mailbox was taken over. Its case has a review, actions, the three rounds after closing and
a lesson; the town has work before an attack and two rounds of the readiness kit, seen by its counsellor.
"""

import secrets
from datetime import datetime, timedelta
from decimal import Decimal

from csirt.accounts.models import User
from csirt.accounts.principals import Anonymous, Person, Victim
from csirt.directory import reference
from csirt.directory.models import Operator, Organisation
from csirt.directory.services import operators
from csirt.directory.services.contacts import ContactFields, add_contact
from csirt.directory.services.organisations import OrganisationFields, create_organisation
from csirt.journal.models import Event
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.reference.hours import OpeningHours
from incidents.models import FollowUp, Incident
from incidents.notifications import follow_ups as rounds
from incidents.services import casework, follow_ups, reviewing, transitions
from incidents.services.filing import Filed, Submission, file_report
from playbooks.models import Prevention
from playbooks.services import kits, learning, prevention, running, stepping

CLOSED = timedelta(days=184)  # ago: the third round has just left
PLAYBOOK = "messagerie-compromise"
TOWN = OrganisationFields(
    name="Mairie de Bourg-d'Exemple (fictive)", kind="commune", commune="46042"
)
VILLAGE = OrganisationFields(
    name="Mairie de Val-d'Exemple (fictive)", kind="commune", commune="48095"
)
OPERATOR = "Syndicat numérique d'Exemple (fictif)"
TEXT = (
    "Bonjour, des fournisseurs reçoivent des courriels de la mairie que nous n'avons pas écrits. "
    "Une règle que personne ne connaît déplace nos messages. Le mot de passe ne change plus."
)
ANSWERS = (  # of the first rounds after closing; the third waits
    (30, {"marche": "presque", "recommence": "rien", "mots-de-passe": "oui"}),
    (90, {"marche": "oui", "recommence": "rien", "second-facteur": "oui", "sauvegarde": "non"}),
)
KITS = (  # days ago, and what is answered otherwise than yes
    (
        186,
        {
            "sav-offline": "non", "sav-test": "nsp", "mfa-mail": "non", "compte-nominatif": "non",
            "contacts-papier": "non", "exercice": "non", "rib-rappel": "en_partie", "dpo": "na",
            "sensibilisation": "non", "acces-distance": "nsp", "assurance": "nsp",
        },
    ),
    (2, {"sav-test": "non", "exercice": "non", "assurance": "nsp", "dpo": "na"}),
)  # fmt: skip


def fill(alice: Person, bruno: Person, emile: Person) -> list[Filed]:
    """Make all of it, once; return the report whose victim may follow its case."""
    if Operator.objects.filter(name=OPERATOR).exists():
        return []
    town, village = (_body(one, alice) for one in (TOWN, VILLAGE))
    fields = ContactFields(name="Secrétariat", role="Secrétaire de mairie", phone="05 61 99 01 52")
    add_contact(organisation=town.uuid, fields=fields, by=alice, now=now())
    filed = _filed(town, TEXT, now() - CLOSED - timedelta(days=6), alice)
    case = _closed(filed.incident, alice)
    _worked(village, bruno)
    _reviewed(case, bruno)
    _asked_later(case)
    service = operators.create_operator(name=OPERATOR, by=bruno, now=now())
    member = User.objects.get(pk=emile.user_id).uuid
    operators.add_member(operator=service.uuid, user=member, by=bruno, now=now())
    for body in (town, village):
        operators.agree(organisation=body.uuid, operator=service.uuid, by=bruno, now=now())
    _prepared(town, emile)
    return [filed]


def _body(fields: OrganisationFields, by: Person) -> Organisation:
    known = Organisation.objects.filter(name=fields.name).first()
    return known or create_organisation(fields=fields, by=by, now=now())


def _filed(body: Organisation, text: str, at: datetime, by: Person) -> Filed:
    """File a report of *body* and accept it."""
    submission = Submission(
        victim_kind=body.kind,
        category="piratage-messagerie",
        inputs={},
        text=text,
        contact_name="Le secrétariat",
        organisation_name=body.name,
        commune=body.commune_id or "",
        knowledge_at=at,
    )
    filed = file_report(token=secrets.token_hex(16), submission=submission, now=at, by=Anonymous())
    case = filed.incident
    case = casework.edit(
        incident=case.uuid, version=case.version, by=by, now=at, organisation=body.uuid
    )
    transitions.accept(
        incident=case.uuid, version=case.version, by=by, kind="incident", category=case.category,
        priority=case.priority, tlp="amber", now=at + timedelta(minutes=20),
    )  # fmt: skip
    return filed


def _worked(village: Organisation, by: Person) -> None:
    """Leave a case under way, of a body without a phone number that did nothing since."""
    text = "Bonjour, la boîte de la mairie envoie des messages que nous n'avons pas écrits."
    _filed(village, text, now() - timedelta(days=1), by)


def _closed(case: Incident, by: Person) -> Incident:
    """Bring the case to its end, every step of the playbook done."""
    closed = now() - CLOSED
    at = closed - timedelta(days=5)
    run = running.attach(incident=case.uuid, playbook=PLAYBOOK, by=by, now=at)
    for phase, later in (("during", timedelta()), ("after", timedelta(days=3))):
        rows = run.steps.filter(concerned=True, phase=phase).order_by("pk")
        for place, step in enumerate(rows):
            stepping.set_state(
                step=step.uuid, version=step.version, by=by, state="done",
                now=at + later + timedelta(minutes=25 * place),
            )  # fmt: skip
    case = Incident.objects.get(pk=case.pk)
    case = transitions.contain(
        incident=case.uuid, version=case.version, by=by, now=closed - timedelta(days=3)
    )
    case = transitions.resolve(
        incident=case.uuid, version=case.version, by=by, now=closed - timedelta(days=1),
        reason="La boîte est reprise, les règles sont retirées, les fournisseurs prévenus.",
    )  # fmt: skip
    return transitions.close(
        incident=case.uuid, version=case.version, by=by, now=closed,
        closing_words="Votre messagerie est de nouveau à vous. Gardez la double authentification.",
    )  # fmt: skip


def _reviewed(case: Incident, by: Person) -> None:
    at = now() - CLOSED + timedelta(days=2)
    told_of = Event.objects.filter(incident=case.pk, kind__startswith="incident.")
    told = reviewing.Told(
        cause="sans-second-facteur",
        cause_words="Mot de passe donné sur une fausse page, et rien d'autre n'était demandé.",
        worked="La secrétaire a appelé dans l'heure. Les journaux étaient encore là.",
        failed="Personne ne savait qui pouvait couper le compte le soir.",
        hours=Decimal("14.5"),
        euros=1200,
        kept=[f"e{seq}" for seq in told_of.values_list("seq", flat=True)],
    )
    reviewing.write(incident=case.uuid, version=0, by=by, told=told, now=at)
    for text, owner, days in (
        ("Demander un code à chaque connexion, pour les douze boîtes", "Prestataire", 14),
        ("Écrire qui coupe un compte, le soir et le week-end", "Secrétaire de mairie", 30),
        ("Passer un essai d'hameçonnage avec tous les agents", "Direction", 200),
    ):
        action = reviewing.add_action(
            incident=case.uuid, by=by, text=text, owner=owner,
            due_on=(at + timedelta(days=days)).date(), now=at,
        )  # fmt: skip
        if days == 14:
            reviewing.settle_action(
                incident=case.uuid, action=action.uuid, by=by, done=True,
                now=at + timedelta(days=days),
            )  # fmt: skip
    learning.propose(
        incident=case.uuid, by=by, playbook=PLAYBOOK, step="msg-p1", now=at,
        text="Dire qui peut couper le compte hors des heures : le numéro du prestataire manquait.",
    )  # fmt: skip


def _asked_later(case: Incident) -> None:
    """Send the three rounds, each while the desk was open; the victim answers the first two."""
    hours = OpeningHours(reference.current().service_hours)
    closed = now() - CLOSED
    for days, answers in (*ANSWERS, (180, None)):
        at = hours.next_opening(closed + timedelta(days=days, minutes=1))
        rounds.send_due(at)
        row = FollowUp.objects.filter(incident=case, days=days).first()
        if row is not None and answers is not None:
            follow_ups.answer(
                victim=Victim(incident_id=case.pk), follow_up=row.uuid, answers=answers,
                token=codes.new_token(), text="", now=at + timedelta(days=1),
            )  # fmt: skip


def _prepared(town: Organisation, emile: Person) -> None:
    """Note what the town did since, and fill its kit twice, six months apart."""
    today = now().date()
    for told in (
        prevention.Told(Prevention.Kind.TRAINING, today - timedelta(days=150), people=12),
        prevention.Told(
            Prevention.Kind.PHISHING, today - timedelta(days=90), people=14, clicked=3, reported=6
        ),
        prevention.Told(Prevention.Kind.EXERCISE, today - timedelta(days=20), people=6),
    ):
        prevention.note(organisation=town.uuid, by=emile, told=told, now=now())
    at = now() - timedelta(days=KITS[0][0])
    kit = kits.open_kit(token=codes.new_token(), now=at, by=emile, organisation=town.uuid).kit
    everything = [one.id for one in reference.current().readiness.questions]
    for days, others in KITS:
        at = now() - timedelta(days=days)
        kits.again(kit=kit, now=at)
        kits.answer(kit=kit, answers={name: others.get(name, "oui") for name in everything})
        kits.finish(kit=kit, now=at + timedelta(minutes=9))
