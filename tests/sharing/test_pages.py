"""The pages of sharing, without a script: who sees them, and the whole way from case to release."""

import re

import pytest
from django.urls import reverse

from api.models import Collection, CollectionAccess, Partner, PartnerToken, Preview, Release, Share
from api.sharing import partners, tasks
from api.sharing.tokens import token_principal
from csirt.journal import drain
from csirt.kernel.clock import now
from tests.people import client_of
from tests.sharing.desk import (
    collection,
    latest,
    of,
    partner,
    preview,
    qualified,
    raise_tlp,
    release,
    settled,
)

pytestmark = pytest.mark.django_db


def addresses(case, row, found, token, shown):
    """Every address of sharing with its method."""
    return [
        ("get", reverse("sharing-partners")),
        ("post", reverse("sharing-partners")),
        ("get", reverse("sharing-partner", args=[row.uuid])),
        ("post", reverse("sharing-issue", args=[row.uuid])),
        ("post", reverse("sharing-disable", args=[row.uuid])),
        ("post", reverse("sharing-enable", args=[row.uuid])),
        ("post", reverse("sharing-revoke-token", args=[token.uuid])),
        ("get", reverse("sharing-collections")),
        ("post", reverse("sharing-collections")),
        ("get", reverse("sharing-collection", args=[found.uuid])),
        ("post", reverse("sharing-collection", args=[found.uuid])),
        ("post", reverse("sharing-end-access", args=[found.uuid, row.uuid])),
        ("post", reverse("sharing-ask", args=[case.uuid])),
        ("post", reverse("sharing-unrelease", args=[case.uuid])),
        ("post", reverse("sharing-revoke", args=[case.uuid])),
        ("get", reverse("sharing-preview", args=[shown.uuid])),
        ("get", reverse("sharing-text", args=[shown.uuid])),
        ("post", reverse("sharing-approve", args=[shown.uuid])),
    ]


@pytest.mark.parametrize("who", ["eve", "chloe", "emile"])
def test_for_others_no_page_exists(request, alice, bruno, who):
    found, case = collection(bruno), qualified(alice)
    row = partner(bruno, reads=[found])
    token, _text = partners.issue_token(partner=row.uuid, by=of(bruno), now=now())
    client = client_of(request.getfixturevalue(who))

    for method, address in addresses(case, row, found, token, preview(case, alice, found)):
        assert getattr(client, method)(address).status_code == 404, address
    assert PartnerToken.objects.get().revoked_at is None
    assert Release.objects.count() == 0


def test_a_stranger_is_sent_to_log_in(alice, bruno):
    answer = client_of().get(reverse("sharing-partners"))

    assert answer.status_code == 302
    assert "next=" in answer["Location"]


def test_a_restricted_preview_is_hidden_from_colleagues(alice, bruno):
    case = qualified(alice)
    row = preview(case, alice, collection(bruno))
    case.restricted = True
    case.save()

    assert client_of(alice).get(reverse("sharing-preview", args=[row.uuid])).status_code == 404
    assert client_of(alice).get(reverse("sharing-text", args=[row.uuid])).status_code == 404


def test_an_admin_sees_no_preview(ada, alice, bruno):
    row = preview(qualified(alice), alice, collection(bruno))

    assert client_of(ada).get(reverse("sharing-preview", args=[row.uuid])).status_code == 404


def test_a_lead_makes_a_partner_a_collection_and_a_token(bruno):
    client = client_of(bruno)
    answer = client.post(
        reverse("sharing-partners"),
        {"name": "CSIRT voisin", "identifier": "csirt-voisin", "kind": "csirt"},
    )
    row = Partner.objects.get()
    assert answer["Location"] == reverse("sharing-partner", args=[row.uuid])
    client.post(
        reverse("sharing-collections"),
        {"title": "Voisins", "alias": "voisins", "audience": "named", "tlp": "amber"},
    )
    found = Collection.objects.get()
    client.post(reverse("sharing-collection", args=[found.uuid]), {"partner": str(row.uuid)})
    assert CollectionAccess.objects.get().partner == row

    shown = client.post(
        reverse("sharing-issue", args=[row.uuid]), {"scopes": ["taxii:read"], "label": "OpenCTI"}
    )

    text = re.search(r"occ_[0-9a-f]{10}_[0-9a-f]{64}", shown.content.decode())[0]
    assert shown["Cache-Control"] == "no-store"
    assert token_principal(f"Bearer {text}").partner_id == row.pk
    again = client.get(reverse("sharing-partner", args=[row.uuid])).content.decode()
    assert text not in again
    token = PartnerToken.objects.get()
    client.post(reverse("sharing-revoke-token", args=[token.uuid]))
    assert token_principal(f"Bearer {text}") is None


def test_a_token_ends_with_the_day_that_was_chosen(bruno):
    row = partner(bruno)

    page = client_of(bruno).post(
        reverse("sharing-issue", args=[row.uuid]),
        {"scopes": ["taxii:read"], "expires": "2099-07-14"},
    )

    assert "14/07/2099 23:59" in page.content.decode().replace("\xa0", " ")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "", "identifier": "a", "kind": "csirt"}, "obligatoire"),
        ({"name": "A", "identifier": "É!", "kind": "csirt"}, "Des lettres minuscules"),
        ({"name": "A", "identifier": "csirt-voisin", "kind": "csirt"}, "déjà pris"),
        ({"name": "A", "identifier": "a", "kind": "roi"}, "error"),
        ({"name": "A\x00", "identifier": "a", "kind": "csirt"}, "error"),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(bruno, fields, sentence):
    partner(bruno)

    answer = client_of(bruno).post(reverse("sharing-partners"), fields)

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert Partner.objects.count() == 1


def test_an_analyst_looks_and_changes_nothing(alice, bruno):
    row, found = partner(bruno), collection(bruno)
    client = client_of(alice)

    assert client.get(reverse("sharing-partners")).status_code == 200
    assert client.get(reverse("sharing-collection", args=[found.uuid])).status_code == 200
    answer = client.post(
        reverse("sharing-partners"), {"name": "A", "identifier": "a", "kind": "csirt"}
    )
    assert answer.status_code == 403
    answer = client.post(reverse("sharing-issue", args=[row.uuid]), {"scopes": ["taxii:read"]})
    assert answer.status_code == 403
    answer = client.post(reverse("sharing-disable", args=[row.uuid]), {"version": "1"})
    assert answer.status_code == 403
    assert Partner.objects.get().active


def test_from_the_case_to_the_partner(alice, bruno):
    green, case = collection(bruno), qualified(alice)
    client = client_of(alice)
    page = client.get(reverse("console-case", args=[case.uuid])).content.decode()
    assert reverse("sharing-ask", args=[case.uuid]) in page

    answer = client.post(
        reverse("sharing-ask", args=[case.uuid]), {"collections": [str(green.uuid)]}
    )
    row = Preview.objects.get()
    assert answer["Location"] == reverse("sharing-preview", args=[row.uuid])
    assert "en préparation" in client.get(answer["Location"]).content.decode()
    tasks.build_preview.call(str(row.uuid))
    row.refresh_from_db()

    page = client.get(answer["Location"]).content.decode()
    assert row.sha256 in page
    assert "connexion-webmel.example" in page
    assert "[.]lockbit" in page  # found in the report, judged by nobody: held back
    text = client.get(reverse("sharing-text", args=[row.uuid]))
    assert text.content.decode() == row.bytes
    assert "attachment" in text["Content-Disposition"]

    client.post(reverse("sharing-approve", args=[row.uuid]), {"sha256": "0" * 64})
    assert Release.objects.count() == 0
    client.post(reverse("sharing-approve", args=[row.uuid]), {"sha256": row.sha256})
    drain()
    assert latest(green) == []  # it may still be taken back
    Release.objects.update(at=settled())
    tasks.publish_rest.call(str(Release.objects.get().uuid), 0)
    assert len(latest(green)) == row.objects_count

    page = client.get(reverse("console-case", args=[case.uuid])).content.decode()
    assert reverse("sharing-unrelease", args=[case.uuid]) in page
    indicator = next(share for share in latest(green) if share.type == "indicator")
    client.post(reverse("sharing-revoke", args=[case.uuid]), {"object": indicator.stix_id})
    drain()
    assert '"revoked": true' in Share.objects.get(stix_id=indicator.stix_id, is_latest=True).bytes
    client.post(reverse("sharing-unrelease", args=[case.uuid]))
    assert Share.objects.count() == 0


def test_what_was_taken_back_at_once_can_be_approved_again(alice, bruno):
    row = preview(qualified(alice), alice, collection(bruno))
    here, client = reverse("sharing-preview", args=[row.uuid]), client_of(alice)
    approve = reverse("sharing-approve", args=[row.uuid])
    client.post(approve, {"sha256": row.sha256})
    assert approve not in client.get(here).content.decode()

    client.post(reverse("sharing-undo", args=[Release.objects.get().uuid]))

    shown = client.get(here).content.decode()
    assert "annulé" in shown
    assert "Réussi" not in shown.split("annulé")[-2][-200:]
    assert approve in shown
    client.post(approve, {"sha256": row.sha256})
    assert Release.objects.get().state == "queued"


def test_who_approves_what_somebody_approved_is_told_so_and_offered_no_way_back(alice, bruno):
    row = preview(qualified(alice), alice, collection(bruno))
    approve = reverse("sharing-approve", args=[row.uuid])
    client_of(alice).post(approve, {"sha256": row.sha256})

    page = client_of(bruno).post(approve, {"sha256": row.sha256}, follow=True).content.decode()

    assert "Alice avait déjà approuvé ce texte : " in page
    assert reverse("sharing-undo", args=[Release.objects.get().uuid]) not in page
    assert Release.objects.get().by == alice


def test_what_has_ended_is_not_said_to_be_approved(alice, bruno):
    row = preview(qualified(alice), alice, collection(bruno))
    approve = reverse("sharing-approve", args=[row.uuid])
    client = client_of(alice)
    client.post(approve, {"sha256": row.sha256}, follow=True)
    Release.objects.update(state=Release.State.FAILED)

    page = client.post(approve, {"sha256": row.sha256}, follow=True).content.decode()

    assert "Alice avait déjà approuvé ce texte : non publié." in page
    assert "la publication commence" not in page


def test_a_release_says_the_marking_under_which_it_left(alice, bruno):
    case = qualified(alice)
    found = release(case, alice, collection(bruno))
    raise_tlp(case, alice, "amber")

    here = reverse("sharing-preview", args=[found.preview.uuid])
    shown = client_of(alice).get(here).content.decode()

    assert "TLP:GREEN, PAP" in shown
    assert "TLP:AMBER, PAP" not in shown


def test_what_cannot_leave_is_said_on_the_case(alice, bruno):
    collection(bruno)

    for tlp, words in (("red", "TLP:RED"), ("amber", "Aucune collection ne peut recevoir")):
        case = qualified(alice, tlp=tlp, values=())
        page = client_of(alice).get(reverse("console-case", args=[case.uuid])).content.decode()
        assert words in page


def test_a_refused_request_says_why_on_the_case(alice, bruno):
    case = qualified(alice, values=())

    answer = client_of(alice).post(
        reverse("sharing-ask", args=[case.uuid]), {"collections": ["x", ""]}, follow=True
    )

    assert "Choisissez au moins une collection." in answer.content.decode()


def test_the_operator_sees_no_sharing_on_a_case(alice, bruno, emile):
    from tests.people import agree

    case = qualified(alice, values=())
    agree(emile.operators.get(), case)

    page = client_of(emile).get(reverse("console-case", args=[case.uuid])).content.decode()
    assert 'id="partage"' not in page
    assert reverse("sharing-partners") not in page


def test_values_are_shown_as_text(alice, bruno):
    case = qualified(alice, values=(("handle", "<script>alert(1)</script>"),))
    green = collection(bruno, "script")
    release(case, alice, green)
    row = Preview.objects.get()

    for address in (
        reverse("sharing-preview", args=[row.uuid]),
        reverse("console-case", args=[case.uuid]),
    ):
        assert "<script>alert" not in client_of(alice).get(address).content.decode()


def test_the_pages_are_said_in_english(bruno, alice):
    row = preview(qualified(alice), alice, collection(bruno))
    client = client_of(bruno)

    page = client.get(
        reverse("sharing-preview", args=[row.uuid]), headers={"accept-language": "en"}
    ).content.decode()

    assert "What will leave, byte for byte" in page
    assert "Nobody has judged it an indicator yet." in page
