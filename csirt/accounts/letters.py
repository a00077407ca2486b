"""Somebody is told by mail what happens to the way into their account, by whomever it was done.

A consumer of the journal orders a job for each such event (ASVS 5.0, 6.3.5 and 6.3.7); the job sends,
and comes again later while the mail server is away.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csirt.accounts import kinds
from csirt.accounts.models import User
from csirt.accounts.roles import Role
from csirt.journal import consumers
from csirt.journal.models import Event

NAME = "account-letters"
LATE = timedelta(days=1)  # what could not be sent within so long is no news any more
SAID = {
    kinds.LOGGED_IN.name: _("Quelqu'un est entré dans votre compte avec un appareil nouveau."),
    kinds.PASSWORD_CHANGED.name: _("Votre mot de passe a été changé."),
    kinds.SECOND_FACTOR_ADDED.name: _("Un second facteur a été ajouté à votre compte."),
    kinds.SECOND_FACTOR_REMOVED.name: _("Un second facteur a été retiré de votre compte."),
    kinds.RECOVERY_CODES_MADE.name: _("De nouveaux codes de secours ont été faits."),
    kinds.RESET_ASKED.name: _("Un administrateur a demandé à effacer votre second facteur."),
    kinds.TOKEN_ISSUED.name: _("Un jeton a été créé : un programme peut agir en votre nom."),
    kinds.BREAK_GLASS_USED.name: _("Quelqu'un est entré sans le fournisseur d'identité."),
    kinds.SECOND_FACTOR_RESET.name: _("Deux administrateurs ont effacé votre second facteur."),
    kinds.INVITED.name: _("Quelqu'un a été invité comme administrateur."),
    kinds.JOINED.name: _("Un nouvel administrateur a ouvert son compte."),
    kinds.ROLE_CHANGED.name: _("Quelqu'un est devenu administrateur."),
}
# The field that says which role these give: the other admins are told of a new one.
_GIVES = {kinds.INVITED.name: "role", kinds.JOINED.name: "role", kinds.ROLE_CHANGED.name: "new"}


def register() -> None:
    """Read the journal; called when the app is ready."""
    consumers.register(NAME, order, kinds=list(SAID))


def order(event: Event) -> None:
    """Order the letter of one event; a log-in on a device that was used before needs none."""
    from csirt.accounts.tasks import send_letter

    if event.data.get("known") is True or not settings.EMAIL_HOST:
        return
    for person in _readers(event):
        send_letter.enqueue(person, event.kind, event.at.timestamp())


def _readers(event: Event) -> list[str]:
    """Return whom the letter is for.

    The person; the leads and admins where glass was broken; where there is a new admin, the admins
    but who made it so and whom it is about.
    """
    if event.kind in _GIVES:
        if event.data[_GIVES[event.kind]] != Role.ADMIN or event.data.get("reset"):
            return []
        admins = User.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk")
        return [
            str(admin.uuid)
            for admin in admins
            if admin.actor != event.actor and admin.uuid != event.object_id
        ]
    if event.kind == kinds.TOKEN_ISSUED.name:
        return [event.data["person"]]
    if event.kind != kinds.BREAK_GLASS_USED.name:
        return [str(event.object_id)]
    told = User.objects.filter(role__in=(Role.LEAD, Role.ADMIN), is_active=True).order_by("pk")
    return [str(person.uuid) for person in told]


def send(user: str, kind: str, at: datetime) -> None:
    """Send one letter, in the language of its reader, or in each where none was chosen.

    Raises ``OSError`` or ``SMTPException``.
    """
    person = User.objects.filter(uuid=user).first()
    if person is None:
        return
    context = {
        "said": SAID[kind],
        "at": timezone.localtime(at),
        "desk_name": settings.DESK_NAME,
        "phone": settings.DESK_PHONE,
    }
    both = [code for code, _name in settings.LANGUAGES]
    texts = []
    for language in [person.language] if person.language else both:
        with translation.override(language):
            texts.append(render_to_string("accounts/mail/letter.txt", context).strip())
    with translation.override(person.language or settings.LANGUAGE_CODE):
        subject = gettext("Votre compte %(desk)s") % {"desk": settings.DESK_NAME}
    text = "\n\n----\n\n".join(texts) + "\n"
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [person.email])


def moment(seconds: float) -> datetime:
    """Return the moment that a job was given."""
    return datetime.fromtimestamp(seconds, UTC)
