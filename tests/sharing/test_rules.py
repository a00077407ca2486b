"""Who may release what, to whom: the whole table, and the services that keep it."""

import itertools

import pytest

from api.models import Collection, CollectionAccess, Preview, Release, Share
from api.sharing import partners, previews, releases, rules
from csirt.accounts.roles import Role
from csirt.journal import drain
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, DeskError, Invalid, NotAllowed, NotFound
from csirt.kernel.tlp import Tlp
from incidents.models import Incident
from incidents.services import casework
from tests.people import file_case
from tests.sharing.desk import collection, of, partner, preview, qualified, release, settled

ENTERS = {
    ("clear", "clear"): "clear",
    ("green", "green"): "clear green",
    ("green", "clear"): "clear",
    ("named", "amber+strict"): "clear green amber amber+strict",
    ("named", "amber"): "clear green amber",
    ("named", "green"): "clear green",
}
RELEASES = {
    "analyst": "clear green amber",
    "lead": "clear green amber amber+strict",
    "admin": "",
    "reader": "",
    "operator": "",
    "partner": "",
}


@pytest.mark.parametrize("tlp", list(Tlp))
@pytest.mark.parametrize(("audience", "ceiling"), list(ENTERS))
def test_a_collection_takes_what_its_audience_and_ceiling_allow(tlp, audience, ceiling):
    allowed = tlp in ENTERS[audience, ceiling].split()

    assert allowed == rules.may_enter(tlp, audience=audience, ceiling=Tlp(ceiling))


@pytest.mark.parametrize(("role", "tlp"), list(itertools.product(Role, Tlp)))
def test_red_is_released_by_nobody_and_amber_strict_by_a_lead(role, tlp):
    assert (tlp in RELEASES[role].split()) == rules.may_release(role, tlp)


def test_no_ceiling_is_above_its_audience():
    allowed = {
        (audience, str(tlp))
        for audience in ("clear", "green", "named")
        for tlp in Tlp
        if rules.may_hold(tlp, audience=audience)
    }

    assert allowed == {
        ("clear", "clear"),
        ("green", "clear"),
        ("green", "green"),
        *(("named", tlp) for tlp in ("clear", "green", "amber", "amber+strict")),
    }


@pytest.mark.django_db
class TestServices:
    @pytest.mark.parametrize("tlp", ["amber", "amber+strict", "red"])
    def test_what_is_amber_does_not_go_to_the_community(self, bruno, tlp):
        green, case = collection(bruno), qualified(bruno, tlp=tlp)

        with pytest.raises(NotAllowed):
            previews.request_preview(
                incident=case.uuid, by=of(bruno), collections=[green.uuid], now=now()
            )

    def test_a_restricted_case_is_not_released(self, bruno):
        green, case = collection(bruno), qualified(bruno)
        casework.restrict(
            incident=case.uuid, version=case.version, by=of(bruno), people=[], now=now()
        )

        with pytest.raises(NotAllowed):
            previews.request_preview(
                incident=case.uuid, by=of(bruno), collections=[green.uuid], now=now()
            )

    def test_a_case_that_nobody_qualified_is_not_released(self, alice, bruno):
        green, case = collection(bruno), file_case().incident

        with pytest.raises(Conflict):
            previews.request_preview(
                incident=case.uuid, by=of(alice), collections=[green.uuid], now=now()
            )

    def test_an_inbox_is_no_place_to_release_to(self, alice, bruno):
        inbox = Collection.objects.create(
            alias="boite",
            title="Boîte",
            tlp="green",
            audience="green",
            inbox_of=partner(bruno),
            created_at=now(),
        )

        with pytest.raises(Invalid):
            previews.request_preview(
                incident=qualified(alice).uuid, by=of(alice), collections=[inbox.uuid], now=now()
            )

    @pytest.mark.parametrize("who", ["alice", "eve", "ada", "chloe"])
    def test_only_a_lead_makes_a_collection_or_gives_access(self, request, bruno, who):
        by = of(request.getfixturevalue(who))
        found, row = collection(bruno), partner(bruno)

        with pytest.raises(NotAllowed):
            partners.create_collection(
                alias="autre", title="Autre", audience="green", tlp="green", by=by, now=now()
            )
        with pytest.raises(NotAllowed):
            partners.grant_access(collection=found.uuid, partner=row.uuid, by=by, now=now())
        with pytest.raises(NotAllowed):
            partners.end_access(collection=found.uuid, partner=row.uuid, by=by, now=now())
        assert CollectionAccess.objects.count() == 0

    @pytest.mark.parametrize("who", ["alice", "eve", "chloe"])
    def test_only_leads_and_admins_keep_partners(self, request, bruno, who):
        by, row = of(request.getfixturevalue(who)), partner(bruno)
        token, _text = partners.issue_token(partner=row.uuid, by=of(bruno), now=now())

        for act in (
            lambda: partners.create_partner(identifier="eve", name="Eve", by=by, now=now()),
            lambda: partners.issue_token(partner=row.uuid, by=by, now=now()),
            lambda: partners.revoke_token(token=token.uuid, by=by, now=now()),
            lambda: partners.disable_partner(partner=row.uuid, version=1, by=by, now=now()),
        ):
            with pytest.raises(NotAllowed):
                act()

    def test_an_admin_adds_a_partner_and_reads_no_case(self, ada, alice):
        partners.create_partner(identifier="voisin", name="Voisin", by=of(ada), now=now())

        with pytest.raises(NotFound):
            previews.request_preview(
                incident=qualified(alice).uuid, by=of(ada), collections=[], now=now()
            )

    @pytest.mark.parametrize("alias", ["", "A", "-a", "a-", "é", "a_b", "a b", "a" * 61, "a\n"])
    def test_an_alias_is_plain(self, bruno, alias):
        with pytest.raises(Invalid):
            collection(bruno, alias)

    def test_what_is_clear_is_open_to_every_partner(self, bruno):
        before = partner(bruno, "avant")
        clear = collection(bruno, "public", audience="clear", tlp="clear")
        after = partner(bruno, "apres")

        readers = CollectionAccess.objects.filter(collection=clear, can_read=True)
        assert {access.partner for access in readers} == {before, after}


@pytest.mark.django_db
class TestEve:
    @pytest.mark.parametrize("who", ["eve", "ada", "chloe", "emile"])
    def test_who_does_not_work_the_case_releases_nothing(self, request, alice, bruno, who):
        by = of(request.getfixturevalue(who))
        green, case = collection(bruno), qualified(alice)
        row = preview(case, alice, green)

        for act in (
            lambda: previews.request_preview(
                incident=case.uuid, by=by, collections=[green.uuid], now=now()
            ),
            lambda: releases.approve(preview=row.uuid, sha256=row.sha256, by=by, now=now()),
            lambda: releases.unrelease(incident=case.uuid, by=by, now=now()),
            lambda: releases.revoke(incident=case.uuid, stix_id="x", by=by, now=now()),
        ):
            with pytest.raises((NotFound, NotAllowed)):
                act()
        assert Release.objects.count() == 0

    def test_an_analyst_prepares_amber_strict_and_a_lead_approves_it(self, alice, bruno):
        named = collection(bruno, "nommes", audience="named", tlp="amber+strict")
        row = preview(qualified(alice, tlp="amber+strict"), alice, named)

        with pytest.raises(NotAllowed):
            releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=now())
        releases.approve(preview=row.uuid, sha256=row.sha256, by=of(bruno), now=settled())
        drain()

        assert Share.objects.exists()

    def test_the_whole_matrix_through_the_services(self, bruno):
        places = {
            key: collection(bruno, f"c{n}", audience=key[0], tlp=key[1])
            for n, key in enumerate(ENTERS)
        }
        for tlp in Tlp:
            case = qualified(bruno, tlp=tlp, values=())
            for key, place in places.items():
                before = place.shares.count()
                try:
                    release(case, bruno, place)
                except DeskError:
                    entered = False
                else:
                    entered = place.shares.count() > before
                assert entered == (tlp in ENTERS[key].split()), (tlp, key)
        assert not Share.objects.filter(bytes__icontains='tlp_2_0": "red')
        assert Incident.objects.filter(tlp="red").exists()
        assert Preview.objects.exists()
