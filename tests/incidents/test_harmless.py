"""A value of the desk's own list is never an indicator: not marked, not joined by, not let out."""

import pytest

from api.sharing.facts import facts_of
from api.sharing.holding_back import hold_back
from csirt.accounts.principals import Person
from csirt.directory.desk.sorts import sort_of
from csirt.journal import drain
from csirt.kernel.clock import now
from csirt.kernel.errors import Invalid
from incidents.models import Incident, Observable, Relation
from incidents.services.harmless import is_listed
from incidents.services.observing import judge
from tests.directory.settings import put
from tests.people import client_of, file_case

pytestmark = pytest.mark.django_db
LIST = (
    "Exemple-Hebergeur.fr\ncontact@autre.example\n198.51.100.0/24\n203[.]0[.]113[.]9\n2001:db8::/32"
)
TEXT = "Un message de www.exemple-hebergeur.fr et de 203.0.113.9, vers mechant-banque.com."


def marked(case, user, value, role="indicator"):
    row = Observable.objects.get(incident=case, value=value)
    return judge(
        incident=case.uuid, observable=row.uuid, version=row.version, by=Person.of(user), role=role,
        now=now(),
    )  # fmt: skip


@pytest.fixture
def seen(denise):
    """Two cases in which the same values were read."""
    first = file_case(text=TEXT, contact_email="").incident
    second = file_case(text=f"Chez nous. {TEXT}", contact_email="", organisation_name="X").incident
    return Incident.objects.get(pk=first.pk), Incident.objects.get(pk=second.pk)


@pytest.mark.parametrize(
    ("kind", "value", "listed"),
    [
        ("domain", "exemple-hebergeur.fr", True),
        ("domain", "mail.exemple-hebergeur.fr", True),
        ("domain", "pas-exemple-hebergeur.fr", False),
        ("domain", "autre.example", False),
        ("email", "contact@autre.example", True),
        ("email", "x@exemple-hebergeur.fr", True),
        ("email", "x@autre.example", False),
        ("ipv4", "198.51.100.77", True),
        ("ipv4", "203.0.113.9", True),
        ("ipv4", "203.0.113.8", False),
        ("cidr", "198.51.100.0/28", True),
        ("cidr", "198.51.0.0/16", False),
        ("ipv6", "2001:db8::1", True),
        ("url", "https://exemple-hebergeur.fr/", True),
        ("url", "https://exemple-hebergeur.fr/login", False),
        ("url", "http://203.0.113.9", True),
        ("url", "http://[2001:db8::1]/", True),
        ("url", "http://[", False),
        ("sha256", "0" * 64, False),
    ],
)
def test_the_list_holds(ada, kind, value, listed):
    assert not is_listed(kind, value)
    put(ada, "warnings", values=LIST)

    assert is_listed(kind, value) is listed


@pytest.mark.parametrize(
    "written", ["x", "a b.fr", "0.0.0.0/0", "@exemple.fr", "http://exemple.fr/x"]
)
def test_what_is_no_domain_and_no_address_is_refused(ada, written):
    with pytest.raises(Invalid) as refused:
        put(ada, "warnings", values=f"exemple.fr\n{written}")
    assert refused.value.params["value"] == written


def test_it_is_kept_in_one_form_each_once(ada):
    value = sort_of("warnings").read({"values": f"{LIST}\nexemple-hebergeur.fr\n\n"})

    assert value["values"] == [
        "198.51.100.0/24", "2001:db8::/32", "203.0.113.9", "contact@autre.example",
        "exemple-hebergeur.fr",
    ]  # fmt: skip


def test_it_cannot_be_marked_and_the_case_says_so(ada, alice, seen):
    drain()
    put(ada, "warnings", values=LIST)
    with pytest.raises(Invalid):
        marked(seen[0], alice, "203.0.113.9")
    marked(seen[0], alice, "203.0.113.9", role="false-positive")
    marked(seen[0], alice, "mechant-banque.com")

    html = client_of(alice).get(f"/console/dossiers/{seen[0].uuid}/").content.decode()
    assert html.count("jamais un indicateur") == 2


def test_what_was_marked_before_does_not_leave(ada, alice, seen):
    drain()
    for value in ("203.0.113.9", "mechant-banque.com"):
        marked(seen[0], alice, value)
    put(ada, "warnings", values=LIST)
    case, held = hold_back(facts_of(Incident.objects.get(pk=seen[0].pk)))

    assert [value.value for value in case.values] == ["mechant-banque.com"]
    assert ("203.0.113.9", "known", "Cyber'Occ") in {(h.value, h.reason, h.detail) for h in held}


def test_it_joins_no_two_cases(ada, alice, seen):
    put(ada, "warnings", values=f"{LIST}\nmechant-banque.com")
    drain()
    assert not Relation.objects.filter(reason="observable").exists()


def test_without_the_list_it_does(seen):
    drain()
    assert Relation.objects.filter(reason="observable").exists()
