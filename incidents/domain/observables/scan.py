"""The extraction itself: which searches, in which order."""

from . import names, network, phones, proven
from .own import Own, OwnValues
from .page import MAX_FINDS, MAX_PROOFS, Page
from .types import Found

_NOBODY = OwnValues()


def extract(text: str, own: OwnValues = _NOBODY) -> list[Found]:
    """Return the observables of *text*, each value once, in the order of the text.

    What belongs to the victim (*own*) is left out. Private addresses come out with ``internal``.
    Never raises; linear in the length of *text*; at most ``MAX_FINDS``. Two things are known only
    by what stands around them and are not found again in their value alone: a message
    identifier, and a domain whose suffix is also an extension (``evil[.]zip``).
    """
    page = Page(text, Own(own))
    page.search(network.MESSAGE_ID, network.look_at_message_id)
    if "://" in page.text:
        page.search(network.URL, network.look_at_url)
    page.search(network.AT, network.look_at_email)
    page.search(names.REGISTRY, names.look_at_registry)
    if ":\\" in page.text or "%\\" in page.text:
        page.search(names.WINDOWS, names.look_at_windows)
    page.search(names.UNC, names.look_at_unc)
    page.search(names.UNIX, names.look_at_unix)
    page.search(names.QUOTED, names.look_at_quoted)
    page.search(proven.WORD, proven.look_at_word, tries=MAX_PROOFS)
    page.search(proven.IBAN, proven.look_at_iban, tries=MAX_PROOFS)
    page.search(proven.MAC, proven.look_at_mac)
    page.search(proven.IMEI, proven.look_at_imei, tries=MAX_PROOFS)
    if "::" in page.text or network.GROUPS.search(page.text):
        page.search(network.IPV6, network.look_at_ipv6)
    page.search(phones.INTERNATIONAL, proven.look_at_phone)
    page.search(phones.FRENCH, proven.look_at_phone)
    page.search(network.DOTTED, network.look_at_dotted)
    page.search(names.EXTENSION, names.look_at_extension)
    page.search(proven.CVE, proven.look_at_cve)
    page.search(proven.ASN, proven.look_at_asn)
    found = sorted(page.finds.values(), key=lambda f: (f.start, f.end, f.type, f.value))
    return found[:MAX_FINDS]
