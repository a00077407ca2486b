"""Short and leaked passwords are refused wherever one is chosen, without a connection."""

import socket

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tests.accounts.test_invitations import ACCEPT, FORM, follow, issue
from tests.people import PASSWORD, client_of


@pytest.fixture(autouse=True)
def _nothing_leaves(monkeypatch):
    def refused(*_):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.mark.parametrize(
    "password",
    ["123456789012", "Password123456", "IloveYou1234", "qwertyuiop12", "motdepasse123",
     "azertyuiop123", "jetaimemonamour", "administrator", "1234567890123456", "abcdefghijklmnop"],
)  # fmt: skip
def test_a_leaked_one_is_refused(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert {error.code for error in refused.value.error_list} & {"leaked", "password_too_common"}


@pytest.mark.parametrize("password", ["court", "Azerty1!", "x" * 11])
def test_a_short_one_is_refused(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert "password_too_short" in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize(
    "password", ["CyberOcc2026!", "cyber'occ-2026", "Csirt-Occitanie-34", "csirtcsirtcsirt1"]
)
def test_one_made_of_the_desk_s_words_is_refused(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert "own-words" in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize(
    "password",
    ["occitanie-et-ses-rivieres", PASSWORD, "une-autre-suite-de-mots", "é" * 12, "😀 " * 8],
)
def test_others_are_taken(password):
    validate_password(password)


def test_on_the_page_of_an_invitation(ada):
    client = follow(issue(ada))
    answer = client.post(
        ACCEPT, FORM | {"password1": "motdepasse123", "password2": "motdepasse123"}
    )

    assert "a fuité ailleurs" in answer.content.decode()


def test_on_the_page_that_changes_it(alice):
    fields = {"oldpassword": PASSWORD, "password1": "azertyuiop123", "password2": "azertyuiop123"}
    answer = client_of(alice).post("/comptes/mot-de-passe/", fields)

    assert "a fuité ailleurs" in answer.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
