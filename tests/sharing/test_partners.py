"""What partners are given and see: tokens that are replaced, terms, and a page of their own."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from api.models import PartnerPerson, Pull
from api.sharing import partners, queries, terms
from csirt.accounts.roles import Role
from csirt.journal.ledger import Entry, do_again
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.people import client_of, person
from tests.sharing.desk import collection, of, partner, qualified, raise_tlp, release

pytestmark = pytest.mark.django_db


def issue(row, by, **fields):
    return partners.issue_token(partner=row.uuid, by=of(by), now=now(), **fields)


def page(user, name="sharing-own", *args):
    return client_of(user).get(reverse(name, args=args)).content.decode()


class TestRotation:
    def test_the_new_token_has_the_same_rights_and_the_old_lives_a_week(self, bruno):
        at = now()
        row = partner(bruno)
        old, _ = issue(
            row,
            bruno,
            scopes=["taxii:read", "taxii:write"],
            label="OpenCTI",
            expires_at=at + timedelta(days=90),
            addresses=["192.0.2.7", "2001:db8::/32"],
        )

        fresh, text = partners.rotate_token(token=old.uuid, by=of(bruno), now=at)

        old.refresh_from_db()
        assert fresh.scopes == old.scopes == ["taxii:read", "taxii:write"]
        assert (fresh.label, fresh.addresses) == ("OpenCTI", ["192.0.2.7/32", "2001:db8::/32"])
        assert text.startswith(f"occ_{fresh.prefix}_")
        assert old.expires_at == at + timedelta(days=7)
        assert timedelta(days=89) < fresh.expires_at - at <= timedelta(days=90)

    def test_a_token_that_ends_sooner_still_does(self, bruno):
        at = now()
        old, _ = issue(partner(bruno), bruno, expires_at=at + timedelta(days=1))

        partners.rotate_token(token=old.uuid, by=of(bruno), now=at)

        old.refresh_from_db()
        assert old.expires_at == at + timedelta(days=1)

    def test_a_token_that_ended_cannot_be_replaced(self, bruno):
        old, _ = issue(partner(bruno), bruno)
        partners.revoke_token(token=old.uuid, by=of(bruno), now=now())

        with pytest.raises(Conflict):
            partners.rotate_token(token=old.uuid, by=of(bruno), now=now())

    def test_an_analyst_replaces_none(self, alice, bruno):
        old, _ = issue(partner(bruno), bruno)

        with pytest.raises(NotAllowed):
            partners.rotate_token(token=old.uuid, by=of(alice), now=now())


@pytest.mark.parametrize("addresses", [["here"], ["192.0.2.0/33"], ["192.0.2.1;192.0.2.2"]])
def test_an_address_that_is_none_is_refused(bruno, addresses):
    with pytest.raises(Invalid) as error:
        issue(partner(bruno), bruno, addresses=addresses)
    assert "addresses" in error.value.fields


class TestTerms:
    def fresh(self, bruno):
        return partners.create_partner(identifier="neuf", name="Neuf", by=of(bruno), now=now())

    def test_somebody_of_theirs_accepts_on_their_own_page(self, bruno, chloe):
        row = self.fresh(bruno)
        partners.add_person(partner=row.uuid, email=chloe.email, by=of(bruno), now=now())
        assert "Accepter ces conditions" in page(chloe)

        client_of(chloe).post(
            reverse("sharing-own-terms", args=[row.uuid]), {"terms": terms.VERSION}
        )

        row.refresh_from_db()
        assert (row.terms, row.terms_by) == (terms.VERSION, chloe)
        assert "Accepter ces conditions" not in page(chloe)
        assert Event.objects.filter(kind="partner.terms_accepted").count() == 1

    def test_people_of_another_partner_cannot(self, bruno, chloe):
        row = self.fresh(bruno)
        partners.add_person(partner=partner(bruno).uuid, email=chloe.email, by=of(bruno), now=now())

        with pytest.raises(NotFound):
            terms.accept_terms(partner=row.uuid, version=terms.VERSION, by=of(chloe), now=now())
        with pytest.raises(NotFound):
            terms.accept_terms(
                partner=row.uuid, version=terms.VERSION, by=of(person("Eve", Role.READER)), now=now()
            )  # fmt: skip

    def test_terms_that_changed_are_read_again(self, bruno):
        row = self.fresh(bruno)

        with pytest.raises(Conflict):
            terms.accept_terms(partner=row.uuid, version="2020-01", by=of(bruno), now=now())

    def test_a_keeper_notes_their_word(self, bruno):
        row = self.fresh(bruno)

        client_of(bruno).post(reverse("sharing-terms", args=[row.uuid]), {"terms": terms.VERSION})

        row.refresh_from_db()
        assert row.terms == terms.VERSION


class TestOwnPage:
    def test_it_shows_its_own_partner_and_no_other(self, bruno, chloe):
        mine, other = collection(bruno), collection(bruno, "reservee", audience="named")
        row = partner(bruno, reads=[mine])
        partner(bruno, "csirt-autre", reads=[other])
        token, text = issue(row, bruno, label="OpenCTI", scopes=["taxii:read", "taxii:write"])
        PartnerPerson.objects.create(partner=row, user=chloe)

        shown = page(chloe)

        assert str(mine.uuid) in shown
        assert f"occ_{token.prefix}" in shown
        assert text not in shown
        assert str(other.uuid) not in shown
        assert "csirt-autre" not in shown.lower()
        for tool in ("OpenCTI", "MISP", "Sentinel", "curl"):
            assert tool in shown
        assert f"/taxii2/desk/collections/{mine.uuid}/objects/" in shown

    def test_it_says_what_was_taken_back_after_it_was_read(self, alice, bruno, chloe):
        found = collection(bruno)
        row = partner(bruno, reads=[found])
        token, _ = issue(row, bruno)
        PartnerPerson.objects.create(partner=row, user=chloe)
        case = qualified(alice)
        release(case, alice, found)
        Pull.objects.create(
            token=token, collection=found, minute=now().replace(second=0, microsecond=0), count=4
        )
        assert "4 lectures" in page(chloe)
        assert "Retiré après que vous l'avez lu" not in page(chloe)

        raise_tlp(case, bruno, "amber")

        shown = page(chloe)
        assert "Retiré après que vous l'avez lu" in shown
        assert case.reference not in shown

    def test_a_partner_that_was_disabled_or_left_is_not_there(self, bruno, chloe):
        row = partner(bruno)
        PartnerPerson.objects.create(partner=row, user=chloe)
        partners.remove_person(partner=row.uuid, user=chloe.uuid, by=of(bruno), now=now())
        assert row.name not in page(chloe)
        partners.add_person(partner=row.uuid, email=chloe.email, by=of(bruno), now=now())
        assert row.name in page(chloe)

        row.refresh_from_db()
        partners.disable_partner(partner=row.uuid, version=row.version, by=of(bruno), now=now())

        assert row.name not in page(chloe)

    def test_only_accounts_of_role_partner_are_added(self, alice, bruno):
        with pytest.raises(Invalid):
            partners.add_person(
                partner=partner(bruno).uuid, email=alice.email, by=of(bruno), now=now()
            )

    def test_the_way_to_it_is_in_the_navigation_and_nothing_else(self, chloe):
        answer = client_of(chloe).get("/console/")

        assert reverse("sharing-own") in answer.content.decode()
        assert reverse("sharing-partners") + '"' not in answer.content.decode()

    @pytest.mark.parametrize("who", ["alice", "bruno", "ada", "eve", "emile"])
    def test_for_others_it_does_not_exist(self, request, who):
        client = client_of(request.getfixturevalue(who))

        assert client.get(reverse("sharing-own")).status_code == 404


def test_who_has_not_pulled_for_thirty_days_is_told_apart(bruno):
    at, found = now(), collection(bruno)
    row = partner(bruno, reads=[found])
    token, _ = issue(row, bruno)

    def silent(moment):
        return queries.is_silent(queries.partner(row.uuid), moment)

    assert not silent(at)
    assert silent(at + timedelta(days=31))
    Pull.objects.create(token=token, collection=found, minute=at + timedelta(days=20), count=1)
    assert not silent(at + timedelta(days=31))
    assert silent(at + timedelta(days=51))
    partners.revoke_token(token=token.uuid, by=of(bruno), now=now())
    assert not silent(at + timedelta(days=51))


def test_the_partners_page_from_a_token_to_its_successor(bruno):
    row, client = partner(bruno), client_of(bruno)
    client.post(
        reverse("sharing-issue", args=[row.uuid]),
        {"scopes": ["taxii:read"], "label": "MISP", "addresses": "192.0.2.0/24\n198.51.100.7"},
    )
    token = row.tokens.get()

    answer = client.post(reverse("sharing-rotate-token", args=[token.uuid]))

    assert token.addresses == ["192.0.2.0/24", "198.51.100.7/32"]
    fresh = row.tokens.exclude(pk=token.pk).get()
    assert f"occ_{fresh.prefix}_" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    client.post(
        reverse("sharing-contacts", args=[row.uuid]), {"version": row.version, "contacts": "<b>Chloé"}
    )  # fmt: skip
    assert "&lt;b&gt;Chloé" in page(bruno, "sharing-partner", row.uuid)


class TestOptions:
    def chosen(self, by, row, **ticked):
        return client_of(by).post(
            reverse("sharing-options", args=[row.uuid]), {"version": row.version, **ticked}
        )

    def test_a_keeper_ticks_what_a_partner_reads_and_its_people_see_it(self, ada, bruno, chloe):
        row = partner(bruno)
        PartnerPerson.objects.create(partner=row, user=chloe)
        assert "Rien de plus." in page(chloe)

        answer = self.chosen(ada, row, details="on")

        assert answer.status_code == 302
        row.refresh_from_db()
        assert row.options == {"playbooks": False, "details": True}
        assert "Événement, effets et gestes" in page(chloe)
        told = Event.objects.filter(kind="partner.edited").last()
        assert told.data["options"] == ["details"]

    def test_a_page_that_somebody_overtook_changes_nothing(self, bruno):
        row = partner(bruno)
        assert self.chosen(bruno, row, details="on").status_code == 302

        assert self.chosen(bruno, row, playbooks="on").status_code == 409

        row.refresh_from_db()
        assert row.options == {"playbooks": False, "details": True}

    def test_an_analyst_reads_it_and_changes_nothing(self, alice, bruno):
        row = partner(bruno)

        assert self.chosen(alice, row, details="on").status_code == 403
        assert reverse("sharing-options", args=[row.uuid]) not in page(
            alice, "sharing-partner", row.uuid
        )
        row.refresh_from_db()
        assert row.options == {}

    @pytest.mark.parametrize("who", ["eve", "chloe", "emile"])
    def test_for_others_it_does_not_exist(self, request, bruno, who):
        row = partner(bruno)

        assert self.chosen(request.getfixturevalue(who), row, details="on").status_code == 404

    def test_what_ended_ends_again_after_an_older_backup(self, bruno):
        row = partner(bruno)
        partners.choose_options(
            partner=row.uuid, version=1, playbooks=True, details=True, by=of(bruno), now=now()
        )
        data = {"identifier": row.identifier, "fields": ["options"], "options": ["playbooks"]}
        ended = Entry(
            epoch=str(uuid4()), seq=9999, at="", kind="partner.edited", object=str(row.uuid),
            data=data,
        )  # fmt: skip

        assert do_again(ended, now())

        row.refresh_from_db()
        assert row.options == {"playbooks": True, "details": False}
