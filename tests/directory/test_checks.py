"""What the directory takes: real numbers, own domains, own addresses, each in one form."""

import pytest

from csirt.directory import checks
from csirt.directory.models import PopulationBand, VictimKind
from csirt.directory.traits import TRAITS
from csirt.kernel.errors import Invalid
from csirt.reference.bundle import shipped


@pytest.mark.parametrize(
    "siren, siret, stored",
    [
        ("", "", ("", "")),
        ("210900015", "", ("210900015", "")),
        (" 210 900 015 ", "", ("210900015", "")),
        ("", "356 000 000 00048", ("356000000", "35600000000048")),  # La Poste
        ("552100554", "55210055400013", ("552100554", "55210055400013")),
    ],
)
def test_a_number_is_kept_as_digits_and_a_siret_gives_its_siren(siren, siret, stored):
    assert checks.numbers(siren, siret) == stored


@pytest.mark.parametrize(
    "siren, siret, field",
    [
        ("210900016", "", "siren"),  # one digit is wrong
        ("12345", "", "siren"),
        ("deux cent dix", "", "siren"),
        ("\u0662\u0661\u0660900015", "", "siren"),
        ("", "55210055400014", "siret"),
        ("", "5521005540001", "siret"),
        ("210900015", "55210055400013", "siret"),
        ("x" * 5000, "", "siren"),
    ],
)
def test_a_number_that_does_not_exist_is_refused(siren, siret, field):
    with pytest.raises(Invalid) as refused:
        checks.numbers(siren, siret)

    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    "written, stored",
    [
        (["Mairie-Foix.FR"], ["mairie-foix.fr"]),
        (["https://www.mairie-foix.fr/contact?x=1"], ["www.mairie-foix.fr"]),
        (["secretariat@mairie-foix.fr"], ["mairie-foix.fr"]),
        (["*.mairie-foix.fr.", "mairie-foix.fr"], ["mairie-foix.fr"]),
        (["mairie-foix.fr:8443"], ["mairie-foix.fr"]),
        (["mairié.fr"], ["xn--mairi-fsa.fr"]),
        (["foix.ariege.gouv.fr"], ["foix.ariege.gouv.fr"]),
        (["", "  ", "\x00"], []),
    ],
)
def test_an_own_domain_has_one_form(written, stored):
    assert checks.domains(written) == stored


@pytest.mark.parametrize(
    "written",
    [
        "fr",
        "gouv.fr",
        "co.uk",
        "mairie",
        "192.0.2.1",
        "a..fr",
        "-a.fr",
        "é" * 300,
        "http://",
        "gmail.com",
        "secretariat@orange.fr",
        "blogspot.com",
        "mairie foix.fr",
        "b" * 64 + ".fr",
    ],
)
def test_what_is_nobody_s_or_everybody_s_is_no_own_domain(written):
    with pytest.raises(Invalid) as refused:
        checks.domains([written])

    assert list(refused.value.fields) == ["own_domains"]


@pytest.mark.parametrize(
    "written, stored",
    [
        (["192.0.2.7"], ["192.0.2.7"]),
        (["192.0.2.7/32", "192.0.2.7"], ["192.0.2.7"]),
        (["192.0.2.7/28"], ["192.0.2.0/28"]),
        (["2001:DB8:0::1"], ["2001:db8::1"]),
        (["2001:db8::/48"], ["2001:db8::/48"]),
        ([" "], []),
    ],
)
def test_an_own_address_has_one_form(written, stored):
    assert checks.addresses(written) == stored


@pytest.mark.parametrize(
    "written", ["192.0.2.256", "192.0.2", "0.0.0.0/0", "10.0.0.0/8", "::/0", "mairie.fr", "1"]
)
def test_what_is_no_address_or_nearly_every_address_is_refused(written):
    with pytest.raises(Invalid) as refused:
        checks.addresses([written])

    assert list(refused.value.fields) == ["own_addresses"]


@pytest.mark.parametrize("check", [checks.domains, checks.addresses])
def test_a_list_has_an_end(check):
    with pytest.raises(Invalid):
        check([f"192.0.2.{n}" for n in range(51)])


@pytest.mark.parametrize("text", ["05 61 00 00 00", "+33 5 61 00 00 00", "17", "05.61.00/01", ""])
def test_a_phone_number_stays_as_it_was_written(text):
    assert checks.phone("phone", f" {text} ") == text


@pytest.mark.parametrize(
    "text", ["1", "appelez Denise", "05 61 00 00 00 poste 12", "1" * 16, "x" * 41]
)
def test_a_phone_number_is_digits(text):
    with pytest.raises(Invalid):
        checks.phone("phone", text)


@pytest.mark.parametrize(
    "text", ["denise", "denise@", "@mairie.fr", "a b@mairie.fr", "d" * 250 + "@a.fr"]
)
def test_an_e_mail_address_is_whole(text):
    with pytest.raises(Invalid):
        checks.email("email", text)


def test_every_field_that_is_wrong_is_named_at_once():
    with pytest.raises(Invalid) as refused:
        checks.together(
            {
                "email": lambda: checks.email("email", "x"),
                "phone": lambda: checks.phone("phone", "05"),
                "name": lambda: checks.line("name", " ", 10, required=True),
            }
        )

    assert set(refused.value.fields) == {"email", "name"}


def test_traits_and_kinds_are_those_of_the_reference():
    bundle = shipped()

    assert set(TRAITS) == set(bundle.names.variables["traits"].values)
    assert VictimKind.values == [kind.id for kind in bundle.intake.victim_kinds]
    assert len(PopulationBand.values) == 5
