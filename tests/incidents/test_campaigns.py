"""Campaigns: opened, described, closed and opened again; a case is in one at most, and comes out."""

import pytest

from csirt.accounts.principals import Person
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents.models import Campaign
from incidents.services import campaigns, casework
from tests.incidents.conftest import case_in, last_seq, row
from tests.people import file_case


def begin(user, name="Vague de rançongiciels", **more):
    return campaigns.open_campaign(by=Person.of(user), name=name, now=now(), **more)


def put(case, user, campaign):
    return campaigns.put(
        incident=case.uuid, version=row(case).version, by=Person.of(user),
        campaign=campaign.uuid if campaign else None, now=now(),
    )  # fmt: skip


def test_a_campaign_is_opened_described_closed_and_reopened(alice, bruno, since):
    one = begin(alice, "  Faux\u200b avis  de passage ")
    by = {"campaign": one.uuid, "by": Person.of(bruno), "now": now()}
    one = campaigns.edit_campaign(version=1, name=one.name, description="Par SMS.", **by)
    one = campaigns.close_campaign(version=2, **by)
    assert one.closed_at is not None
    one = campaigns.reopen_campaign(version=3, **by)

    assert (one.description, one.closed_at, one.version) == ("Par SMS.", None, 4)
    assert since() == [
        ("campaign.opened", {}),
        ("campaign.edited", {"fields": ["description"]}),
        ("campaign.closed", {}),
        ("campaign.reopened", {}),
    ]


def test_two_open_campaigns_do_not_share_a_name_and_each_has_one(alice):
    begin(alice)
    for name in ("vague de RANÇONGICIELS", "  "):
        with pytest.raises(Invalid) as refused:
            begin(alice, name)
        assert list(refused.value.fields) == ["name"]


def test_who_saw_an_older_version_changes_nothing(alice, bruno):
    one = begin(alice)
    campaigns.close_campaign(campaign=one.uuid, version=1, by=Person.of(bruno), now=now())

    with pytest.raises(Conflict):
        campaigns.edit_campaign(
            campaign=one.uuid,
            version=1,
            by=Person.of(alice),
            name="Autre",
            description="",
            now=now(),
        )
    assert Campaign.objects.get().name == one.name


def test_a_case_goes_into_one_campaign_and_comes_out_again(alice, since):
    case, one, two = case_in("active", alice), begin(alice), begin(alice, "Autre vague")
    since()

    put(case, alice, one)
    again = put(case, alice, one)
    assert again.version == case.version + 1
    put(case, alice, two)
    put(case, alice, None)

    assert row(case).campaign is None
    assert (row(case).state, row(case).assignee_id) == (case.state, case.assignee_id)
    assert since(of=case) == [
        ("incident.grouped", {"campaign": str(one.uuid)}),
        ("incident.ungrouped", {"campaign": str(one.uuid)}),
        ("incident.grouped", {"campaign": str(two.uuid)}),
        ("incident.ungrouped", {"campaign": str(two.uuid)}),
    ]


def test_a_closed_campaign_takes_no_case_and_keeps_those_it_has(alice):
    case, one = case_in("active", alice), begin(alice)
    put(case, alice, one)
    campaigns.close_campaign(campaign=one.uuid, version=1, by=Person.of(alice), now=now())

    with pytest.raises(Invalid):
        put(file_case().incident, alice, one)
    assert row(case).campaign == one


def test_a_case_is_taken_out_of_its_own_campaign_only(alice):
    case, one, two = case_in("active", alice), begin(alice), begin(alice, "Autre")
    case = put(case, alice, one)

    with pytest.raises(NotFound):
        campaigns.take_out(
            campaign=two.uuid,
            incident=case.uuid,
            version=case.version,
            by=Person.of(alice),
            now=now(),
        )
    assert row(case).campaign == one


def test_outsiders_may_do_nothing(alice, bruno, outsiders):
    one, case = begin(alice), file_case().incident
    hidden = casework.restrict(
        incident=file_case().incident.uuid, version=1, by=Person.of(bruno), people=[], now=now()
    )
    mark = last_seq()
    for user in outsiders:
        by = Person.of(user)
        with pytest.raises(NotAllowed):
            begin(user, "La mienne")
        with pytest.raises(NotAllowed):
            campaigns.close_campaign(campaign=one.uuid, version=1, by=by, now=now())
        with pytest.raises(NotFound):
            put(case, user, one)
    with pytest.raises(NotFound):
        put(hidden, alice, one)

    assert last_seq() == mark
