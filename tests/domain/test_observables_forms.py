"""What is found, however it was written."""

import pytest

from incidents.domain.observables import extract

WALLET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
TAPROOT = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
MD5 = "44d88612fea8a8f36de82e1278abb02f"
SHA1 = "3395856ce81f2b7382dee72602f798b642f14140"
SHA256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
SHA512 = SHA256 + SHA256[::-1]
V3 = "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad"
XMR = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DsLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"

FORMS = [
    # IP addresses and networks
    ("scan depuis 203.0.113.77:443 hier", "ipv4", "203.0.113.77"),
    ("198.51.100[.]23", "ipv4", "198.51.100.23"),
    ("198[.]51[.]100[.]23", "ipv4", "198.51.100.23"),
    ("198(.)51(.)100(.)23", "ipv4", "198.51.100.23"),
    ("198{.}51{.}100{.}23", "ipv4", "198.51.100.23"),
    ("[192.0.2.145]", "ipv4", "192.0.2.145"),
    ("de 192.0.2.10-192.0.2.20", "ipv4", "192.0.2.20"),
    ("vers 203.0.113.9.", "ipv4", "203.0.113.9"),
    ("IP/203.0.113.9", "ipv4", "203.0.113.9"),
    ("tout 203.0.113.0/24 bloqué", "cidr", "203.0.113.0/24"),
    ("tout 203.0.113.77/24 bloqué", "cidr", "203.0.113.0/24"),
    ("203.0.113.77/32", "ipv4", "203.0.113.77"),
    ("X-Originating-IP: [2001:db8:51:9::25]", "ipv6", "2001:db8:51:9::25"),
    ("2001:DB8:0:0:0:0:0:1", "ipv6", "2001:db8::1"),
    ("2001[:]db8[:]51[:]9[:][:]25", "ipv6", "2001:db8:51:9::25"),
    ("réseau 2001:db8::/32", "cidr", "2001:db8::/32"),
    # domains
    ("evil.example", "domain", "evil.example"),
    ("evil[.]example", "domain", "evil.example"),
    ("evil [.] example", "domain", "evil.example"),
    ("evil[dot]example", "domain", "evil.example"),
    ("evil(point)fr", "domain", "evil.fr"),
    ("evil.]example", "domain", "evil.example"),
    ("evil[.example", "domain", "evil.example"),
    ("evil．example", "domain", "evil.example"),
    ("evil。example", "domain", "evil.example"),
    ("e\u200bv\u200bil.exa\u00admple", "domain", "evil.example"),
    ("allez sur impots-gouv point fr vite", "domain", "impots-gouv.fr"),
    ("connexion tiret webmel point com", "domain", "connexion-webmel.com"),
    ("connexion-webmel dot example slash owa", "domain", "connexion-webmel.example"),
    ("www point evil point fr", "domain", "www.evil.fr"),
    ("« evil.example »", "domain", "evil.example"),
    ("(evil.example).", "domain", "evil.example"),
    ("**evil.example**", "domain", "evil.example"),
    ("- evil.example\n-evil2.example", "domain", "evil2.example"),
    ("EVIL.Example", "domain", "evil.example"),
    ("régie-eau.fr", "domain", "xn--rgie-eau-b1a.fr"),
    ("re\u0301gie-eau.fr", "domain", "xn--rgie-eau-b1a.fr"),
    ("RÉGIE-EAU.FR", "domain", "xn--rgie-eau-b1a.fr"),
    ("xn--rgie-eau-b1a.fr", "domain", "xn--rgie-eau-b1a.fr"),
    ("раураl.com", "domain", "xn--l-7sba6dbr.com"),
    ("evil.co.uk", "domain", "evil.co.uk"),
    ("evil.example.Merci d'avance", "domain", "evil.example"),
    ("amendes-gouv.me", "domain", "amendes-gouv.me"),
    ("evil[.]zip", "domain", "evil.zip"),
    (f"http://{V3}.onion/", "onion", f"{V3}.onion"),
    # URLs
    ("hxxps://evil[.]example/fr/", "url", "https://evil.example/fr/"),
    ("hXXp://evil.example/a", "url", "http://evil.example/a"),
    ("h**p://evil.example/a", "url", "http://evil.example/a"),
    ("meow://evil.example/a", "url", "http://evil.example/a"),
    ("fxp://evil.example/a", "url", "ftp://evil.example/a"),
    ("https[:]//evil.example/a", "url", "https://evil.example/a"),
    ("hxxps[://]evil[.]example/a", "url", "https://evil.example/a"),
    ("http:\\\\evil.example\\", "domain", "evil.example"),
    ("https：／／evil.example/a", "url", "https://evil.example/a"),
    ("HTTPS://Evil.Example/Path", "url", "https://evil.example/Path"),
    ("<http://evil.example/a>", "url", "http://evil.example/a"),
    ("[cliquez](http://evil.example/a)", "url", "http://evil.example/a"),
    ("[http://a.example/1](http://b.example/2)", "url", "http://b.example/2"),
    ("http://evil.example/a_(b)", "url", "http://evil.example/a_(b)"),
    ("(voir http://evil.example/a).", "url", "http://evil.example/a"),
    ("«http://evil.example/a»", "url", "http://evil.example/a"),
    ('href="http://evil.example/a?b=c&d=e#f"', "url", "http://evil.example/a?b=c&d=e#f"),
    ("http://203.0.113.9:8080/x.sh", "url", "http://203.0.113.9:8080/x.sh"),
    ("http://[2001:db8::25]:8080/x", "url", "http://[2001:db8::25]:8080/x"),
    ("http://3405803785/x", "url", "http://3405803785/x"),
    ("http://user:pw@evil.example/", "url", "http://user:pw@evil.example/"),
    ("https://régie-eau.fr/été", "url", "https://xn--rgie-eau-b1a.fr/été"),
    ("evil.example/login.php", "url", "http://evil.example/login.php"),
    ("203.0.113.9/a.exe", "url", "http://203.0.113.9/a.exe"),
    ("t.me/canal_pirate", "url", "http://t.me/canal_pirate"),
    ("evil point com slash login", "url", "http://evil.com/login"),
    ("${jndi:ldap://evil.example/a}", "url", "ldap://evil.example/a"),
    # e-mail
    ("recup@evil[.]example", "email", "recup@evil.example"),
    ("recup[at]evil[.]example", "email", "recup@evil.example"),
    ("recup [at] evil [dot] example", "email", "recup@evil.example"),
    ("recup(@)evil.example", "email", "recup@evil.example"),
    ("recup＠evil.example", "email", "recup@evil.example"),
    ("recup arobase evil point com", "email", "recup@evil.com"),
    ("recup at evil dot com", "email", "recup@evil.com"),
    ("mailto:Recup@Evil.example?subject=x", "email", "recup@evil.example"),
    ('From: "Support" <support@evil.example>', "email", "support@evil.example"),
    ("c'est celui d'alice@evil.example", "email", "alice@evil.example"),
    ("trésorerie@régie-eau.fr", "email", "trésorerie@xn--rgie-eau-b1a.fr"),
    ("recup@evil.example.Merci", "email", "recup@evil.example"),
    ("Message-ID:\n <20251104.77af@evil.example>", "message_id", "<20251104.77af@evil.example>"),
    ("References: <1@a.example> <2@b.example>", "message_id", "<2@b.example>"),
    # hashes
    (f"MD5:{MD5}", "md5", MD5),
    (f"sha1={SHA1.upper()}", "sha1", SHA1),
    (f"SHA-256 {SHA256}.", "sha256", SHA256),
    (f"({SHA512})", "sha512", SHA512),
    (f"{SHA256}.exe", "sha256", SHA256),
    # money
    (f"payer sur {WALLET} avant", "btc", WALLET),
    (f"payer sur {WALLET.upper()} avant", "btc", WALLET),
    (TAPROOT, "btc", TAPROOT),
    (GENESIS, "btc", GENESIS),
    ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "btc", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
    (
        "0x742d35Cc6634C0532925a3b844Bc454e4438f44e",
        "eth",
        "0x742d35cc6634c0532925a3b844bc454e4438f44e",
    ),
    (XMR, "monero", XMR),
    ("FR76 3000 6000 0112 3456 7890 189", "iban", "FR7630006000011234567890189"),
    ("RIB fr7630006000011234567890189 BIC AGRIFRPP", "iban", "FR7630006000011234567890189"),
    ("DE89 3704 0044 0532 0130 00 MERCI BIEN", "iban", "DE89370400440532013000"),
    # telephones and devices
    ("appelez le 05 36 49 88 77 !", "phone", "+33536498877"),
    ("05.36.49.88.77", "phone", "+33536498877"),
    ("Tel.0536498877", "phone", "+33536498877"),
    ("05-36-49-88-77", "phone", "+33536498877"),
    ("05\u00a036\u00a049\u00a088\u00a077", "phone", "+33536498877"),
    ("+33 (0)5 36 49 88 77", "phone", "+33536498877"),
    ("+33 5 36 49 88 77", "phone", "+33536498877"),
    ("0033 5 36 49 88 77", "phone", "+33536498877"),
    ("0 800 71 13 13", "phone", "+33800711313"),
    ("0692 12 34 56".replace("0692 ", "06 92 "), "phone", "+262692123456"),
    ("+44 20 7946 0958", "phone", "+442079460958"),
    ("+1 (202) 555-0143", "phone", "+12025550143"),
    ("IMEI 490154203237518", "imei", "490154203237518"),
    ("IMEI 49-015420-323751-8", "imei", "490154203237518"),
    ("00-1B-44-11-3a-b7", "mac", "00:1b:44:11:3a:b7"),
    ("001b.4411.3ab7", "mac", "00:1b:44:11:3a:b7"),
    # files
    ("LIRE_MOI_URGENT.txt", "filename", "LIRE_MOI_URGENT.txt"),
    ("la pièce jointe « facture eau 2025.pdf »", "filename", "facture eau 2025.pdf"),
    ("facture(1).pdf", "filename", "facture(1).pdf"),
    ("relevé_été.pdf.exe", "filename", "relevé_été.pdf.exe"),
    ("setup.zip", "filename", "setup.zip"),
    ("budget.xlsx.l0ckd24", "filename", "budget.xlsx.l0ckd24"),
    ("budget.xlsx.l0ckd24", "file_extension", ".l0ckd24"),
    ("tout est marqué .l0ckd24 !!!", "file_extension", ".l0ckd24"),
    ("des *.akira partout", "file_extension", ".akira"),
    ("avec l'extension .weaxor", "file_extension", ".weaxor"),
    (r"C:\ProgramData\upd\svchostx.exe SHA", "filepath", r"C:\ProgramData\upd\svchostx.exe"),
    (r"C:\\Users\\x\\a.exe", "filepath", r"C:\Users\x\a.exe"),
    (r"C:\Program Files\Outil a\b.dll, puis", "filepath", r"C:\Program Files\Outil a\b.dll"),
    (r"%APPDATA%\upd\a.exe", "filepath", r"%APPDATA%\upd\a.exe"),
    (r"\\serveur\partage\a.exe", "filepath", r"\\serveur\partage\a.exe"),
    (r"\\203.0.113.9\c$\a.exe", "ipv4", "203.0.113.9"),
    ("/tmp/.x/miner et", "filepath", "/tmp/.x/miner"),
    ("~/.ssh/authorized_keys.", "filepath", "~/.ssh/authorized_keys"),
    (
        r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run",
        "registry_key",
        r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Run",
    ),
    (
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\x",
        "registry_key",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\x",
    ),
    # names
    ("faille cve-2023-27997", "cve", "CVE-2023-27997"),
    ("CVE 2024-21762", "cve", "CVE-2024-21762"),
    ("hébergé chez AS64500", "asn", "AS64500"),
    ("ASN 64500", "asn", "AS64500"),
]


@pytest.mark.parametrize("text, kind, value", FORMS)
def test_it_reads(text, kind, value):
    found = extract(text)

    assert (kind, value) in [(f.type.value, f.value) for f in found]
    for f in found:
        assert f.as_written == text[f.start : f.end]


def test_it_keeps_a_name_as_it_was_written_beside_its_canonical_form():
    (found,) = extract("Le site Régie-Eau[.]fr est faux")

    assert found.as_written == "Régie-Eau[.]fr"
    assert found.value == "xn--rgie-eau-b1a.fr"


def test_a_url_gives_its_host():
    found = extract("hxxps://cdn[.]evil[.]example/api")

    assert [(f.type.value, f.as_written) for f in found] == [
        ("url", "hxxps://cdn[.]evil[.]example/api"),
        ("domain", "cdn[.]evil[.]example"),
    ]


def test_an_email_address_gives_its_domain():
    found = extract("recup@evil.example")

    assert [f.type.value for f in found] == ["email", "domain"]


def test_a_mailbox_that_anybody_may_have_does_not_give_its_domain():
    found = extract("recup.fichiers@gmail.com ou recup@orange.fr")

    assert [f.value for f in found] == ["recup.fichiers@gmail.com", "recup@orange.fr"]


def test_each_value_comes_once_where_it_stands_first():
    (found,) = extract("evil.example puis evil[.]example puis EVIL.example")

    assert (found.start, found.as_written) == (0, "evil.example")


def test_values_come_in_the_order_of_the_text():
    found = extract("a.example 203.0.113.9 b@c.example CVE-2024-21762 d.example")

    assert [f.start for f in found] == sorted(f.start for f in found)


@pytest.mark.parametrize(
    "text",
    [
        "10.1.2.3",
        "192.168.1.254",
        "127.0.0.1",
        "169.254.1.1",
        "172.20.0.1",
        "100.64.0.1",
        "fe80::1",
        "fd00::1",
        "::1",
        "10.0.0.0/8",
        "srv-ad01.mairie.local",
        "http://intranet/admin",
    ],
)
def test_internal_values_are_found_and_marked(text):
    assert extract(text)
    assert all(f.internal for f in extract(text))
