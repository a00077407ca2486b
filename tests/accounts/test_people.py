"""The people of the tests can do what their roles say."""

from allauth.mfa.models import Authenticator

from csirt.accounts import second_factor
from csirt.accounts.principals import Person, Victim
from incidents import queries
from tests.people import agree, client_of


def test_denise_holds_the_code_of_a_case_that_alice_sees(denise, alice):
    assert queries.visible_to(Person.of(alice)).get() == denise.incident
    assert queries.visible_to(Victim(denise.incident.pk)).get() == denise.incident
    assert len(denise.code) == 24


def test_emile_sees_it_once_the_town_has_agreed(denise, emile):
    assert not queries.visible_to(Person.of(emile)).exists()

    agree(emile.operators.get(), denise.incident)

    assert queries.visible_to(Person.of(emile)).get() == denise.incident


def test_eve_ada_and_chloe_see_no_case(denise, eve, ada, chloe):
    for user in (eve, ada, chloe):
        assert not queries.visible_to(Person.of(user)).exists()


def test_a_session_knows_whether_its_second_factor_was_given(alice):
    assert second_factor.satisfied(client_of(alice).session, alice)
    assert not second_factor.satisfied(client_of(alice, second_factor=False).session, alice)


def test_a_session_of_somebody_else_proves_nothing(alice, bruno):
    assert not second_factor.satisfied(client_of(alice).session, bruno)


def test_a_reader_needs_no_second_factor(eve):
    assert second_factor.satisfied({}, eve)
    assert Authenticator.objects.filter(user=eve).count() == 2
