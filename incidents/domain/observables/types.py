"""The types of observable, declared once: identifier and French label."""

from dataclasses import dataclass
from enum import StrEnum

from csirt.kernel.text import defang


class ObservableType(StrEnum):
    """What a value is. The identifiers are those of the reference reports."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"
    CIDR = "cidr"
    DOMAIN = "domain"
    ONION = "onion"
    URL = "url"
    EMAIL = "email"
    MESSAGE_ID = "message_id"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA512 = "sha512"
    FILENAME = "filename"
    FILEPATH = "filepath"
    FILE_EXTENSION = "file_extension"
    REGISTRY_KEY = "registry_key"
    BTC = "btc"
    ETH = "eth"
    MONERO = "monero"
    IBAN = "iban"
    PHONE = "phone"
    IMEI = "imei"
    MAC = "mac"
    ASN = "asn"
    CVE = "cve"
    # Typed by an analyst, never found by the extraction: free text does not tell them apart.
    PORT = "port"
    ACCOUNT = "account"
    HANDLE = "handle"
    SERIAL = "serial"
    EMAIL_SUBJECT = "email_subject"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The French label, a gettext msgid."""
        return _LABELS[self]

    @property
    def by_hand(self) -> bool:
        """Whether only a person can give a value of this type."""
        return self in _BY_HAND


_LABELS = {
    ObservableType.IPV4: "Adresse IPv4",
    ObservableType.IPV6: "Adresse IPv6",
    ObservableType.CIDR: "Réseau (CIDR)",
    ObservableType.DOMAIN: "Nom de domaine",
    ObservableType.ONION: "Service caché (.onion)",
    ObservableType.URL: "Adresse web",
    ObservableType.EMAIL: "Adresse de messagerie",
    ObservableType.MESSAGE_ID: "Identifiant de message",
    ObservableType.MD5: "Empreinte MD5",
    ObservableType.SHA1: "Empreinte SHA-1",
    ObservableType.SHA256: "Empreinte SHA-256",
    ObservableType.SHA512: "Empreinte SHA-512",
    ObservableType.FILENAME: "Nom de fichier",
    ObservableType.FILEPATH: "Chemin de fichier",
    ObservableType.FILE_EXTENSION: "Extension de fichier",
    ObservableType.REGISTRY_KEY: "Clé de registre",
    ObservableType.BTC: "Adresse Bitcoin",
    ObservableType.ETH: "Adresse Ethereum",
    ObservableType.MONERO: "Adresse Monero",
    ObservableType.IBAN: "IBAN",
    ObservableType.PHONE: "Numéro de téléphone",
    ObservableType.IMEI: "IMEI",
    ObservableType.MAC: "Adresse MAC",
    ObservableType.ASN: "Système autonome (AS)",
    ObservableType.CVE: "Vulnérabilité (CVE)",
    ObservableType.PORT: "Port",
    ObservableType.ACCOUNT: "Compte",
    ObservableType.HANDLE: "Pseudonyme",
    ObservableType.SERIAL: "Numéro de série",
    ObservableType.EMAIL_SUBJECT: "Objet de message",
    ObservableType.OTHER: "Autre",
}
_BY_HAND = frozenset(
    {
        ObservableType.PORT,
        ObservableType.ACCOUNT,
        ObservableType.HANDLE,
        ObservableType.SERIAL,
        ObservableType.EMAIL_SUBJECT,
        ObservableType.OTHER,
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """One observable of a text: what it is, its canonical value, and where it stands.

    ``as_written == text[start:end]`` always, defanging and accents included.
    """

    type: ObservableType
    value: str
    as_written: str
    start: int
    end: int
    internal: bool = False
    """A private, loopback or reserved address, or a name of a local network: of use to the
    analyst, of none to anybody else, never shared."""
    holds_own: bool = False
    """The value carries one of the victim's own values (a phishing link with her address in it):
    shown, never shared as it stands."""


# What no program takes for an address: shown as it is, so that a copy of it is right.
_NO_ADDRESS = {
    ObservableType.FILENAME,
    ObservableType.FILEPATH,
    ObservableType.FILE_EXTENSION,
    ObservableType.REGISTRY_KEY,
}


def shown(type_: str, value: str) -> str:
    """The value as a page shows it: defanged where it could be taken for an address."""
    return value if type_ in _NO_ADDRESS else defang(value)
