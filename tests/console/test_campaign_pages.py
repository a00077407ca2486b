"""Campaign pages: what their cases share, of those that one may see; forms, and a case in both."""

import pytest

from csirt.accounts.principals import Person
from csirt.journal import drain
from csirt.kernel.clock import now
from incidents.models import Campaign
from incidents.services import campaigns, casework, observing
from tests.console.case import address, fresh, text
from tests.people import agree, client_of, file_case

PAGE = "/console/campagnes/"


@pytest.fixture
def campaign(alice):
    return campaigns.open_campaign(by=Person.of(alice), name="Vague de mars", now=now())


def put(case, user, campaign):
    return campaigns.put(
        incident=case.uuid, version=fresh(case).version, by=Person.of(user),
        campaign=campaign.uuid, now=now(),
    )  # fmt: skip


def page(user, campaign):
    return client_of(user).get(f"{PAGE}{campaign.uuid}/")


def test_one_is_opened_renamed_closed_and_reopened(alice):
    client = client_of(alice)
    assert "Aucune campagne" in text(client.get(PAGE))
    client.post(PAGE, {"campagne-name": "Faux SMS", "campagne-description": "Colis."})
    row = Campaign.objects.get()
    there = f"{PAGE}{row.uuid}/"
    client.post(there, {"version": 1, "campagne-name": "Faux colis", "campagne-description": ""})
    client.post(f"{there}clore", {"version": 2})
    closed = text(client.get(PAGE))
    client.post(f"{there}rouvrir", {"version": 3})

    assert "Close" in closed
    row = Campaign.objects.get()
    assert (row.name, row.description, row.closed_at) == ("Faux colis", "", None)


def test_what_is_wrong_is_said_with_what_was_typed(alice, campaign):
    client = client_of(alice)
    twice = client.post(PAGE, {"campagne-name": "vague de Mars", "campagne-description": "Texte"})
    stale = client.post(f"{PAGE}{campaign.uuid}/clore", {"version": 9})
    nobody = client.post(f"{PAGE}{campaign.uuid}/ajouter", {"ajouter-into": "OCC-0000-00"})

    assert twice.status_code == 400
    assert "Texte</textarea>" in twice.text
    assert (stale.status_code, nobody.status_code) == (409, 400)
    assert "Ce dossier n'a pas été trouvé." in text(nobody)


def test_it_shows_what_its_cases_share_and_never_a_link_to_it(alice, campaign):
    cases = [file_case().incident for _ in range(3)]
    for case in cases[:2]:
        put(case, alice, campaign)
        observing.paste_observables(
            incident=case.uuid, by=Person.of(alice), text="hxxp://piege[.]example/x", now=now()
        )
    observing.paste_observables(
        incident=cases[0].uuid, by=Person.of(alice), text="203.0.113.7", now=now()
    )
    answer = page(alice, campaign)

    assert "piege[.]example" in answer.text
    assert "203.0.113" not in answer.text  # of one case alone
    assert 'href="http' not in answer.text
    assert cases[2].reference not in answer.text


def test_a_case_comes_in_by_its_reference_and_goes_out_again(alice, campaign, denise):
    client = client_of(alice)
    there = f"{PAGE}{campaign.uuid}/"
    client.post(f"{there}ajouter", {"ajouter-into": denise.reference})
    assert fresh(denise.incident).campaign == campaign
    told = text(client.get(address(denise.incident)))
    assert "Alice a mis le dossier dans la campagne « Vague de mars »." in told

    box = f"{denise.incident.uuid}_{fresh(denise.incident).version}"
    assert client.post(f"{there}retirer", {"case": box}).status_code == 302
    assert fresh(denise.incident).campaign is None


def test_a_case_is_not_taken_out_through_another_campaign(alice, campaign, denise):
    other = campaigns.open_campaign(by=Person.of(alice), name="Autre", now=now())
    put(denise.incident, alice, campaign)
    box = f"{denise.incident.uuid}_{fresh(denise.incident).version}"
    client = client_of(alice)
    wrong = [
        client.post(f"{PAGE}{other.uuid}/retirer", {"case": box}),
        client.post(f"{PAGE}{campaign.uuid}/retirer", {"case": "x"}),
        client.post(f"{PAGE}{campaign.uuid}/retirer", {}),
        client.post(f"{PAGE}{denise.incident.uuid}/retirer", {"case": box}),
    ]

    assert [answer.status_code for answer in wrong] == [404] * 4
    assert fresh(denise.incident).campaign == campaign


def test_hidden_cases_are_neither_shown_nor_counted(alice, bruno, campaign):
    seen, hidden = file_case(), file_case()
    for victim in (seen, hidden):
        put(victim.incident, alice, campaign)
        observing.paste_observables(
            incident=victim.incident.uuid, by=Person.of(alice), text="198.51.100.7", now=now()
        )
    casework.restrict(
        incident=hidden.incident.uuid, version=fresh(hidden.incident).version,
        by=Person.of(bruno), people=[], now=now(),
    )  # fmt: skip
    answer, every = page(alice, campaign), client_of(alice).get(PAGE)

    assert hidden.reference not in answer.text
    assert "198[.]51" not in answer.text
    assert "<dt>Dossiers</dt><dd>1</dd>" in answer.text
    assert '<td class="numeric">1</td>' in every.text
    assert "<dt>Dossiers</dt><dd>2</dd>" in page(bruno, campaign).text
    box = f"{hidden.incident.uuid}_{fresh(hidden.incident).version}"
    gone = client_of(alice).post(f"{PAGE}{campaign.uuid}/retirer", {"case": box})
    assert gone.status_code == 404


def test_the_case_page_says_its_campaign_and_changes_it(alice, campaign, denise):
    def choose(campaign, version):
        data = {
            "acte": "campagne", "sur": "oui", "retour": str(denise.incident.uuid),
            "case": f"{denise.incident.uuid}_{version}", "campagne-to": campaign,
        }  # fmt: skip
        return client_of(alice).post("/console/ensemble/", data, follow=True)

    assert 'name="acte" value="campagne"' in client_of(alice).get(address(denise.incident)).text
    answer = choose(str(campaign.uuid), 1)
    assert answer.redirect_chain[0][0] == address(denise.incident)
    assert f'<a href="{PAGE}{campaign.uuid}/">Vague de mars</a>' in answer.text
    choose("", 2)
    assert fresh(denise.incident).campaign is None

    assert choose("x", 3).status_code == 400


def test_an_operator_is_told_of_no_campaign(alice, emile, campaign, denise):
    put(denise.incident, alice, campaign)
    agree(emile.operators.get(), denise.incident)
    client = client_of(emile)

    assert "Vague de mars" not in client.get("/console/").text
    assert client.get(PAGE).status_code == 404
    assert page(emile, campaign).status_code == 404
    queue = client.get(f"/console/?vue=tous&campagne={campaign.uuid}").text
    assert denise.reference in queue  # the filter is none of theirs
    assert "ne désigne rien de connu" in text(client.get("/console/recherche/?q=campagne:mars"))


def test_the_queue_and_the_search_know_campaigns(alice, campaign, denise):
    other = file_case()
    put(denise.incident, alice, campaign)
    drain()
    client = client_of(alice)
    queue = client.get(f"/console/?vue=tous&campagne={campaign.uuid}").text
    found = client.get("/console/recherche/?q=campagne:mars").text
    unknown = text(client.get("/console/recherche/?q=campagne:juillet"))

    for html in (queue, found):
        assert denise.reference in html
        assert other.reference not in html
    assert "ne désigne rien de connu" in unknown


def test_what_was_written_about_a_campaign_is_text(alice):
    row = campaigns.open_campaign(
        by=Person.of(alice), name="<script>alert(1)</script>", description="<img src=x>", now=now()
    )
    for html in (page(alice, row).text, client_of(alice).get(PAGE).text):
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_eve_gets_what_is_absent(eve, ada, campaign):
    for user in (eve, ada):
        assert page(user, campaign).status_code == 404
        assert client_of(user).post(PAGE, {"campagne-name": "La mienne"}).status_code == 404

    assert Campaign.objects.count() == 1
