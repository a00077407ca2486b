"""Each person of the desk reads their language: by mail, and on the screens of a browser that has none."""

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from csirt.accounts import invitations, kinds, letters, services
from csirt.accounts.models import User
from csirt.kernel.clock import now
from tests.accounts.test_devices import come_in
from tests.people import client_of

ME = "/comptes/moi/"


def choose(user, language):
    form = {"keys_enabled": "on", "density": "comfortable", "language": language}
    client = client_of(user)
    return client, client.post(ME, form, follow=True)


def test_the_account_page_keeps_it_and_speaks_it_at_once(alice):
    assert alice.language == ""
    reader = client_of(alice)
    reader.cookies["django_language"] = "en"
    assert reader.get(ME).context["form"]["language"].value() == "en"
    client, answer = choose(alice, "en")

    assert User.objects.get(pk=alice.pk).language == "en"
    assert client.cookies["django_language"].value == "en"
    assert "My account" in answer.text
    assert choose(alice, "oc")[1].status_code == 200
    assert User.objects.get(pk=alice.pk).language == "en"


@pytest.mark.django_db
def test_letters_about_the_account_are_in_it_or_in_both_where_none_was_chosen(alice, bruno):
    choose(alice, "en")
    for user in (alice, bruno):
        letters.send(str(user.uuid), kinds.PASSWORD_CHANGED.name, now())

    english, both = (letter.body for letter in mail.outbox)
    assert "Your password was changed." in english
    assert "mot de passe" not in english
    assert "Votre mot de passe a été changé." in both
    assert "Your password was changed." in both


@pytest.mark.django_db(transaction=True)
def test_a_browser_where_nobody_chose_gets_it_at_log_in(alice, bruno):
    plain = Client()
    come_in(plain, bruno, -1)
    assert "django_language" not in plain.cookies

    User.objects.filter(pk=alice.pk).update(language="en")
    laptop, other = Client(), Client()
    other.cookies["django_language"] = "fr"
    come_in(laptop, alice, -1)
    come_in(other, alice)

    assert [one.cookies["django_language"].value for one in (laptop, other)] == ["en", "fr"]


@pytest.mark.django_db
def test_the_link_to_a_new_password_comes_in_it(ada, alice, settings):
    settings.EMAIL_HOST = "mail.exemple.fr"
    choose(alice, "en")
    issued = services.offer_new_password(user=alice.uuid, by=ada, now=now())

    with translation.override("fr"):  # the admin's
        assert invitations.send(issued, "https://desk.exemple.fr")

    [sent] = mail.outbox
    assert sent.subject.startswith("Your")
    assert "choose a new password" in sent.body
