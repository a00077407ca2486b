"""The report that a mail is: nobody was asked anything, and its words say little for sure."""

from datetime import datetime

from csirt.directory import reference
from csirt.directory.models import Organisation
from csirt.kernel.hosts import is_public_mail
from csirt.reference.bundle import Bundle
from csirt.reference.distress import flags_of, normalised
from incidents.domain.letters import Letter
from incidents.domain.questions import fill
from incidents.models import Channel
from incidents.services.filing import Submission

UNKNOWN = "nsp"
EMPTY = "(message vide)"
CLEAR = 3  # times the weight of what the words point to next


def submission(letter: Letter, now: datetime) -> Submission:
    """Return the report that a mail is: what its words say, and "I don't know" for the rest."""
    bundle = reference.current()
    incoming = bundle.messages.incoming
    assert incoming is not None  # the shipped files have it, and a test says so
    domain = letter.sender.rpartition("@")[2]
    flat = f" {normalised(f'{letter.subject} {letter.text} {domain}')} "
    sure, unsure = flags_of(bundle.distress.heard(f"{letter.subject}\n{letter.text}"))
    own = _organisation(domain)
    own_domain = (domain,) if domain and not is_public_mail(domain) else ()
    kind = next((k.kind for k in incoming.kinds if _any(k.words, flat)), incoming.kind)
    kind = own.kind if own else kind
    heard = bundle.phrases.pointed(f"{letter.subject} {letter.text}")
    clear = heard and (len(heard) == 1 or heard[0].weight > CLEAR * heard[1].weight)
    inputs, asked = _unknown(bundle, kind, heard[0].category if clear else "", now)
    return Submission(
        victim_kind=kind,
        category=heard[0].category if heard else incoming.category,
        inputs=inputs,
        asked=asked,
        flags=tuple(sorted(sure)),
        suspected=tuple(sorted(unsure)),
        text=f"Objet : {letter.subject}\n\n{letter.text or EMPTY}",
        contact_name=letter.sender_name,
        contact_email=letter.sender,
        own_domains=own_domain,
        organisation_name=own.name if own else "",
        commune=(own.commune_id or "") if own else "",
        channel=Channel.MAIL.value,
        language=letter.language,
    )


def _unknown(
    bundle: Bundle, kind: str, category: str, now: datetime
) -> tuple[dict[str, str], tuple[str, ...] | None]:
    """Return triage inputs of whom nobody has asked anything, and which of them would be asked.

    They are those of the form for who chose what leads to *category*, with "I don't know"
    everywhere: what it would not ask of such a thing (money, for a site that is down) is no doubt.
    Where no choice leads there, or the words are not clear, every input is not known.
    """
    options = bundle.questions["quoi"].options_for(kind)
    chosen = next((o.id for o in options if category and o.category_for(kind) == category), None)
    if chosen is None:
        inputs = bundle.triage.inputs
        return {i.id: UNKNOWN if UNKNOWN in i.levels else i.not_asked for i in inputs}, None
    filled = fill(bundle, {"kind": kind, "quoi": chosen}, now=now, text="")
    return filled.inputs, tuple(sorted(filled.asked))


def _any(words: tuple[str, ...], flat: str) -> bool:
    return any(f" {word} " in flat for word in words)


def _organisation(domain: str) -> Organisation | None:
    if not domain or is_public_mail(domain):
        return None
    found = Organisation.objects.filter(search__contains=domain).order_by("pk")[:20]
    return next((one for one in found if domain in one.own_domains), None)
