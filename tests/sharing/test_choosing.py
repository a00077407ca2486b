"""Choosing what of a case leaves: values, techniques, a note, and what only some collections hold."""

import base64
import json
from uuid import uuid4

import pytest
from django.urls import reverse

from api.models import Choices, Preview, Share, SharedObject
from api.sharing import choosing, partners
from api.sharing.choosing import Choice
from api.stix.case import gate_of
from csirt.journal import drain
from csirt.journal.ledger import Entry, do_again
from csirt.journal.models import Event
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from incidents.models import Incident, Observable
from playbooks.domain.steps import Status
from playbooks.models import StepState
from playbooks.queries import DESK
from playbooks.services import running, stepping
from tests.people import client_of
from tests.sharing.desk import collection, judge, latest, of, preview, qualified, release

pytestmark = pytest.mark.django_db


def choose(case, by, *, version=0, techniques=(), note="", consent="", **values):
    known = {one.value: one.uuid for one in Observable.objects.filter(incident=case)}
    return choosing.choose(
        incident=case.uuid,
        version=version,
        by=of(by),
        now=now(),
        techniques=techniques,
        note=note,
        values={known[value]: choice for value, choice in values.items()},
        consent=consent,
    )


def sent(row, kind):
    return [obj for obj in json.loads(row.bytes)["objects"] if obj["type"] == kind]


def opened(bruno, alias, **options):
    found = collection(bruno, alias)
    chosen = {"playbooks": False, "details": False, **options}
    return partners.edit_collection(
        collection=found.uuid, version=1, by=of(bruno), now=now(), **chosen
    )


def followed(case, alice):
    """Attach the playbook of the case, and do one step of it that is not the desk's own."""
    run = running.attach(incident=case.uuid, playbook="rancongiciel", by=of(alice), now=now())
    steps = StepState.objects.filter(run=run, phase="during", concerned=True, duty="")
    step = steps.exclude(role=DESK).first()
    stepping.set_state(
        step=step.uuid, version=step.version, by=of(alice), state=Status.DONE, now=now()
    )
    return run


class TestWhatLeaves:
    def test_a_value_left_aside_is_held_back_and_says_so(self, alice, bruno):
        case, found = qualified(alice), collection(bruno)
        aside = Choice(leaves=False, confidence=80, days=30, technique="")

        choose(case, alice, **{"198.51.100.23": aside})
        row = preview(case, alice, found)

        assert {held["reason"] for held in row.held_back if held["value"] == "198.51.100.23"} == {
            "left-out"
        }
        assert not any("198.51.100.23" in obj["name"] for obj in sent(row, "indicator"))

    def test_confidence_end_and_technique_are_said(self, alice, bruno):
        case, found = qualified(alice), collection(bruno)
        kept = Choice(leaves=True, confidence=50, days=None, technique="T1566.002")

        choose(case, alice, techniques=["T1566.002"], **{"198.51.100.23": kept})
        row = preview(case, alice, found)

        said = next(obj for obj in sent(row, "indicator") if obj["name"] == "198.51.100.23")
        assert said["confidence"] == 50
        assert "valid_until" not in said
        assert said["kill_chain_phases"][0]["phase_name"] == "initial-access"
        assert sent(row, "attack-pattern")[0]["name"] == "Spearphishing Link"

    def test_the_note_goes_along_and_may_not_name_the_victim(self, alice, bruno):
        case, found = qualified(alice), collection(bruno)
        name = case.organisation_name
        assert name

        with pytest.raises(Invalid) as refused:
            choose(case, alice, note=f"Vu chez {name.upper()} mardi.")
        assert set(refused.value.fields) == {"note"}
        assert not Choices.objects.exists()

        choose(case, alice, note="Le lien change chaque heure.")
        assert sent(preview(case, alice, found), "note")[0]["content"] == (
            "Le lien change chaque heure."
        )

    def test_a_changed_choice_makes_a_new_version_and_takes_back_what_is_gone(self, alice, bruno):
        case, found = qualified(alice), collection(bruno)
        first = choose(case, alice, techniques=["T1566", "T1486"], note="Un.")
        release(case, alice, found)

        choose(case, alice, version=first.version, techniques=["T1566"], note="Deux.")
        release(case, alice, found)

        rows = [json.loads(row.bytes) for row in latest(found)]
        assert [o["content"] for o in rows if o["type"] == "note"] == ["Deux."]
        assert [o["name"] for o in rows if o["type"] == "attack-pattern"] == ["Phishing"]
        uses = [o for o in rows if o.get("relationship_type") == "uses"]
        assert sorted(o.get("revoked", False) for o in uses) == [False, True]

    def test_a_choice_after_the_preview_asks_for_a_new_one(self, alice, bruno):
        from api.sharing import releases

        case, found = qualified(alice), collection(bruno)
        row = preview(case, alice, found)
        choose(case, alice, techniques=["T1566"])

        with pytest.raises(Conflict):
            releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=now())


class TestNames:
    """A value that holds the victim's name leaves by a lead's word and a consent written down."""

    EVIL = "mairie-de-mirepoix.pirate.example"

    def named(self, alice, **fields):
        return qualified(
            alice,
            organisation_name="Mairie de Mirepoix",
            values=(("domain", self.EVIL), ("ipv4", "198.51.100.23")),
            **fields,
        )

    LET = Choice(leaves=True, confidence=80, days=30, technique="", named=True)

    def test_by_itself_it_is_held_back(self, alice, bruno):
        row = preview(self.named(alice), alice, collection(bruno))

        assert {"victim"} == {h["reason"] for h in row.held_back if h["value"] == self.EVIL}

    def test_an_analyst_lets_none_leave_nor_a_lead_without_consent(self, alice, bruno):
        case = self.named(alice)

        with pytest.raises(NotAllowed):
            choose(case, alice, consent="Le maire, ce matin.", **{self.EVIL: self.LET})
        with pytest.raises(Invalid) as refused:
            choose(case, bruno, **{self.EVIL: self.LET})

        assert set(refused.value.fields) == {"consent"}
        assert not Choices.objects.exists()

    def test_with_both_it_leaves_and_nothing_else_names_anybody(self, alice, bruno):
        case, found = self.named(alice), collection(bruno)
        row = choose(case, bruno, consent="Le maire, ce matin.", **{self.EVIL: self.LET})

        release(case, bruno, found)

        texts = [share.bytes for share in latest(found)]
        assert any(self.EVIL in text for text in texts)
        rest = " ".join(texts).replace(self.EVIL, "")
        assert "mirepoix" not in rest.casefold()
        assert "Le maire" not in rest
        # An analyst changes what else they like, and takes the name back out.
        choose(case, alice, version=row.version, consent=row.consent, note="Vu deux fois.")
        held = Choice(leaves=True, confidence=80, days=30, technique="")
        choose(case, alice, version=row.version + 1, **{self.EVIL: held})
        assert not Choices.objects.get().consent

    def test_what_a_lead_let_leave_is_forgotten_once_it_is_judged_otherwise(self, alice, bruno):
        case, found = self.named(alice), collection(bruno)
        row = choose(case, bruno, consent="Le maire, ce matin.", **{self.EVIL: self.LET})

        judge(case, alice, "domain", self.EVIL, role="victim")
        judge(case, alice, "domain", self.EVIL)

        assert Choices.objects.get().values == {}
        assert self.EVIL not in preview(case, alice, found).bytes
        choose(case, alice, version=row.version + 1)  # nothing of it stands in the way

    def test_the_note_of_the_same_case_still_may_not_name_it(self, alice, bruno):
        case = self.named(alice)

        with pytest.raises(Invalid):
            choose(
                case, bruno, note=f"Voir {self.EVIL}, imité de la mairie de Mirepoix.",
                consent="Le maire.", **{self.EVIL: self.LET},
            )  # fmt: skip

    def test_the_page_says_which_and_offers_it_to_leads(self, alice, bruno):
        case = self.named(alice)
        here = reverse("sharing-choose", args=[case.uuid])
        uuid = Observable.objects.get(incident=case, value=self.EVIL).uuid

        assert f'name="named-{uuid}"' not in client_of(alice).get(here).content.decode()
        page = client_of(bruno).get(here).content.decode()
        assert f'name="named-{uuid}"' in page
        typed = {
            "version": "0", "value": str(uuid), f"leaves-{uuid}": "on",
            f"confidence-{uuid}": "80", f"days-{uuid}": "180", f"named-{uuid}": "on",
        }  # fmt: skip
        assert client_of(bruno).post(here, typed).status_code == 400
        assert client_of(alice).post(here, typed | {"consent": "Le maire"}).status_code == 403
        assert client_of(bruno).post(here, typed | {"consent": "Le maire"}).status_code == 302
        assert Choices.objects.get().values[str(uuid)]["named"] is True


class TestRefusals:
    def test_unknown_technique_bad_number_and_stale_version(self, alice):
        case = qualified(alice)
        with pytest.raises(Invalid):
            choose(case, alice, techniques=["T9999"])
        for bad in (
            Choice(leaves=True, confidence=99, days=30, technique=""),
            Choice(leaves=True, confidence=80, days=0, technique=""),
            Choice(leaves=True, confidence=80, days=9_999, technique=""),
        ):
            with pytest.raises(Invalid):
                choose(case, alice, **{"198.51.100.23": bad})
        assert not Choices.objects.exists()
        choose(case, alice)
        with pytest.raises(Conflict):
            choose(case, alice, version=0, note="trop tard")

    def test_a_technique_that_is_not_picked_is_dropped(self, alice):
        case = qualified(alice)
        row = choose(case, alice, **{"198.51.100.23": Choice(True, 50, 30, technique="T1566")})

        assert {said["technique"] for said in row.values.values()} == {""}

    def test_values_of_another_case_are_not_touched(self, alice):
        case, other = qualified(alice), qualified(alice, values=(("ipv4", "203.0.113.9"),))
        foreign = Observable.objects.get(incident=other, value="203.0.113.9")

        row = choosing.choose(
            incident=case.uuid, version=0, by=of(alice), now=now(), techniques=[], note="",
            values={foreign.uuid: Choice(False, 80, 30, "")},
        )  # fmt: skip

        assert row.values == {}

    @pytest.mark.parametrize("who", ["eve", "chloe", "emile"])
    def test_others_choose_nothing(self, request, alice, who):
        case = qualified(alice)
        with pytest.raises((NotFound, NotAllowed)):
            choose(case, request.getfixturevalue(who))
        assert not Choices.objects.exists()


class TestOptions:
    def test_a_collection_gets_what_it_asked_for_and_the_others_the_same_rest(self, alice, bruno):
        case = qualified(alice)
        run = followed(case, alice)
        plain = collection(bruno, "simple")
        full = opened(bruno, "complete", playbooks=True, details=True)

        release(Incident.objects.get(pk=case.pk), alice, plain, full)

        in_plain = {row.stix_id: row.bytes for row in latest(plain)}
        in_full = {row.stix_id: row.bytes for row in latest(full)}
        more = [json.loads(text) for key, text in in_full.items() if key not in in_plain]
        assert set(in_plain.items()) <= set(in_full.items())
        assert {"course-of-action", "event", "grouping", "task"} <= {o["type"] for o in more}
        ids = set(in_full)
        for obj in more:
            for name, value in obj.items():
                refs = [value] if name.endswith("_ref") else value if name.endswith("_refs") else []
                assert set(refs) <= ids
        course = next(o for o in more if o["type"] == "course-of-action")
        extension = next(iter(course["extensions"].values()))
        cacao = json.loads(base64.b64decode(extension["playbook_bin"]))
        assert cacao["spec_version"] == "cacao-2.0"
        assert extension["playbook_id"] == cacao["id"]
        assert not any(run.uuid.hex in text.replace("-", "") for text in in_full.values())
        task = next(o for o in more if o["type"] == "task")
        assert task["end_time"].endswith(":00:00.000Z")

    def test_a_release_to_a_plain_collection_leaves_the_full_one_as_it_is(self, alice, bruno):
        case = qualified(alice)
        followed(case, alice)
        plain, full = collection(bruno, "simple"), opened(bruno, "complete", details=True)
        case = Incident.objects.get(pk=case.pk)
        release(case, alice, full)
        before = {row.stix_id for row in latest(full)}

        release(case, alice, plain)

        assert {row.stix_id for row in latest(full)} == before
        assert not any(json.loads(row.bytes).get("revoked") for row in latest(full))

    def test_options_that_change_after_the_preview_ask_for_a_new_one(self, alice, bruno):
        """The same options between them, but not for the same readers."""
        from api.sharing import releases

        case = qualified(alice)
        followed(case, alice)
        full, plain = opened(bruno, "complete", details=True), collection(bruno, "simple")
        row = preview(Incident.objects.get(pk=case.pk), alice, full, plain)
        for found, version, details in ((full, 2, False), (plain, 1, True)):
            partners.edit_collection(
                collection=found.uuid, version=version, playbooks=False, details=details,
                by=of(bruno), now=now(),
            )  # fmt: skip

        with pytest.raises(Conflict):
            releases.approve(preview=row.uuid, sha256=row.sha256, by=of(alice), now=now())

    def test_what_was_there_under_an_option_that_ends_goes_at_once(self, alice, bruno):
        case = qualified(alice)
        followed(case, alice)
        plain = collection(bruno, "simple")
        full, other = (opened(bruno, name, playbooks=True, details=True) for name in ("un", "deux"))
        release(Incident.objects.get(pk=case.pk), alice, plain, full, other)
        same = {row.stix_id for row in latest(plain)}
        kept = {row.stix_id for row in latest(other)}

        def options(version, **chosen):
            chosen = {"playbooks": False, "details": False, **chosen}
            partners.edit_collection(
                collection=full.uuid, version=version, by=of(bruno), now=now(), **chosen
            )
            return {row.stix_id for row in Share.objects.filter(collection=full)}

        without_details = options(2, playbooks=True)
        types = {found.partition("--")[0] for found in without_details}
        assert "course-of-action" in types
        assert not types & {"event", "impact", "task"}
        assert same < without_details < kept
        assert options(3) == same
        assert {row.stix_id for row in latest(other)} == kept
        gone = Event.objects.filter(kind="share.withdrawn").order_by("seq")
        assert [event.data["why"] for event in gone] == ["option", "option"]
        assert sum(event.data["objects"] for event in gone) == len(kept - same)
        options(4, playbooks=True, details=True)
        release(Incident.objects.get(pk=case.pk), alice, full)
        assert {row.stix_id for row in latest(full)} == kept

    def test_what_is_revoked_under_an_option_goes_with_it(self, alice, bruno):
        case = qualified(alice)
        followed(case, alice)
        full = opened(bruno, "complete", playbooks=True)
        release(Incident.objects.get(pk=case.pk), alice, full)
        running.detach(incident=case.uuid, playbook="rancongiciel", by=of(alice), now=now())
        release(Incident.objects.get(pk=case.pk), alice, full)
        said = [json.loads(row.bytes) for row in Share.objects.filter(collection=full)]
        gone = {obj["id"] for obj in said if obj.get("revoked")}
        assert {"course-of-action", "grouping", "relationship"} <= {
            i[: i.index("--")] for i in gone
        }

        partners.edit_collection(
            collection=full.uuid, version=2, playbooks=False, details=False, by=of(bruno),
            now=now(),
        )  # fmt: skip

        assert not Share.objects.filter(collection=full, stix_id__in=gone).exists()
        assert Share.objects.filter(collection=full).exists()

    def test_an_option_that_ended_ends_again_after_an_older_backup(self, alice, bruno):
        case = qualified(alice)
        followed(case, alice)
        full = opened(bruno, "complete", playbooks=True, details=True)
        release(Incident.objects.get(pk=case.pk), alice, full)
        ended = Entry(
            epoch=str(uuid4()), seq=9999, at="", kind="collection.edited", object=str(full.uuid),
            data={"alias": "complete", "options": ["playbooks"]},
        )  # fmt: skip

        assert do_again(ended, now())

        full.refresh_from_db()
        assert (full.playbooks, full.details) == (True, False)
        types = set(Share.objects.filter(collection=full).values_list("type", flat=True))
        assert "course-of-action" in types
        assert not types & {"event", "impact", "task"}
        last = Event.objects.filter(kind="share.withdrawn").order_by("seq").last()
        assert last.data["why"] == "option"

    def test_each_row_says_the_option_under_which_it_is(self, alice, bruno):
        case = qualified(alice)
        followed(case, alice)
        full = opened(bruno, "complete", playbooks=True, details=True)
        release(Incident.objects.get(pk=case.pk), alice, full)
        running.detach(incident=case.uuid, playbook="rancongiciel", by=of(alice), now=now())
        release(Incident.objects.get(pk=case.pk), alice, full)

        gates = {row.stix_id: gate_of(row.key) for row in SharedObject.objects.all()}
        rows = list(Share.objects.filter(collection=full))
        assert {row.gate for row in rows} == {"", "playbooks", "details"}
        assert all(row.gate == gates.get(row.stix_id, "") for row in rows)

    def test_a_row_that_says_no_option_is_under_its_own_all_the_same(self, alice, bruno):
        """One that a former release of the desk published while the new one was started."""
        case = qualified(alice)
        followed(case, alice)
        full = opened(bruno, "complete", playbooks=True, details=True)
        release(Incident.objects.get(pk=case.pk), alice, full)
        told = dict(Share.objects.filter(collection=full).values_list("pk", "gate"))
        details = {pk for pk, gate in told.items() if gate == "details"}
        Share.objects.filter(collection=full).update(gate="")
        running.detach(incident=case.uuid, playbook="rancongiciel", by=of(alice), now=now())
        release(Incident.objects.get(pk=case.pk), alice, full)
        rows = Share.objects.filter(pk__in=details)
        assert set(rows.values_list("gate", flat=True)) == {"details"}
        rows.update(gate="")

        partners.edit_collection(
            collection=full.uuid, version=2, playbooks=True, details=False, by=of(bruno),
            now=now(),
        )  # fmt: skip

        assert details
        assert not rows.exists()

    def test_only_a_lead_says_what_a_collection_holds(self, alice, bruno):
        found = collection(bruno)
        with pytest.raises(NotAllowed):
            partners.edit_collection(
                collection=found.uuid, version=1, playbooks=True, details=True, by=of(alice),
                now=now(),
            )  # fmt: skip
        with pytest.raises(Conflict):
            partners.edit_collection(
                collection=found.uuid, version=7, playbooks=True, details=True, by=of(bruno),
                now=now(),
            )  # fmt: skip


class TestPage:
    def test_add_search_keep_without_a_script(self, alice):
        case, client = qualified(alice), client_of(alice)
        here = reverse("sharing-choose", args=[case.uuid])
        page = client.get(here)
        assert "198[.]51" in page.content.decode()
        uuids = [str(line.uuid) for line in page.context["sheet"].lines]
        typed = {"version": "0", "value": uuids, "note": "Bonjour."}
        for uuid in uuids[1:]:
            typed |= {f"leaves-{uuid}": "on", f"confidence-{uuid}": "80", f"days-{uuid}": "90"}
        typed |= {f"confidence-{uuids[0]}": "15", f"days-{uuids[0]}": ""}

        hits = client.post(here, {**typed, "do": "search", "words": "phishing"})
        assert "T1566" in hits.content.decode()
        assert "Bonjour." in hits.content.decode()
        assert not Choices.objects.exists()

        assert client.post(here, {**typed, "do": "add:T1566"}).status_code == 302
        row = Choices.objects.get()
        assert (row.techniques, row.note) == (["T1566"], "Bonjour.")
        assert row.values[uuids[0]] == {
            "leaves": False, "confidence": 15, "days": None, "technique": "", "named": False,
        }  # fmt: skip
        assert client.post(here, {**typed, "do": "save"}).status_code == 409
        again = {**typed, "version": "1", "technique": ["T1566"], "do": "drop:T1566"}
        assert client.post(here, again).status_code == 302
        assert Choices.objects.get().techniques == []

    def test_what_is_wrong_comes_back_as_typed_with_its_sentence(self, alice):
        case, client = qualified(alice), client_of(alice)
        here = reverse("sharing-choose", args=[case.uuid])
        uuid = str(Observable.objects.filter(incident=case, role="indicator").first().uuid)

        page = client.post(
            here,
            {"version": "0", "value": uuid, f"days-{uuid}": "mille", "note": "À garder.",
             f"confidence-{uuid}": "80", "do": "save"},
        )  # fmt: skip

        text = page.content.decode()
        assert page.status_code == 400
        assert f'href="#f-days-{uuid}"' in text
        assert "À garder." in text
        assert 'value="mille"' in text
        assert not Choices.objects.exists()

    @pytest.mark.parametrize(
        "body", [{}, {"version": "-1"}, {"version": "9" * 5_000}, {"do": "add:"}]
    )
    def test_odd_bodies_are_refused_and_leave_nothing(self, alice, body):
        here = reverse("sharing-choose", args=[qualified(alice).uuid])

        assert client_of(alice).post(here, body).status_code in {400, 409}
        assert not Choices.objects.exists()

    @pytest.mark.parametrize("who", ["eve", "chloe", "emile", "ada"])
    def test_for_others_there_is_no_page(self, request, alice, who):
        here = reverse("sharing-choose", args=[qualified(alice).uuid])
        client = client_of(request.getfixturevalue(who))

        assert client.get(here).status_code == 404
        assert client.post(here, {}).status_code == 404

    def test_a_lead_opens_the_options_on_the_collections_page(self, bruno, alice):
        found = collection(bruno)
        address = reverse("sharing-edit-collection", args=[found.uuid])

        assert client_of(alice).post(address, {"version": "1", "details": "on"}).status_code == 302
        found.refresh_from_db()
        assert not found.details
        client_of(bruno).post(address, {"version": "1", "details": "on"})
        found.refresh_from_db()
        assert found.details
        assert not found.playbooks


def test_an_erased_case_keeps_no_choice(alice, bruno):
    from api.sharing.withdrawal import forget

    case = qualified(alice)
    choose(case, alice, note="Le lien change chaque heure.")

    forget(case, now())

    assert not Choices.objects.exists()
    drain()
    assert not any("lien" in json.dumps(event.data) for event in Event.objects.all())
    assert not Preview.objects.filter(bytes__contains="lien").exists()
    assert not Share.objects.exists()
