"""Filing: once, whatever is retried; clean, whatever is sent; acknowledged means written."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from csirt.accounts.principals import Anonymous, Person
from csirt.directory.models import Commune, Department
from csirt.kernel import codes
from csirt.kernel.clock import now
from csirt.kernel.errors import Conflict, Invalid
from csirt.kernel.text import clean
from incidents.models import AccessCode, Incident, Report
from incidents.services import filing
from incidents.services.filing import file_report, filed_before
from incidents.services.following import reissue_code, victim_by_code
from tests.incidents.conftest import last_seq
from tests.people import called, submission

DAY = timedelta(days=1)


def file(token=None, *, at=None, by=None, **fields):
    return file_report(
        token=token or codes.new_token(),
        submission=submission(**fields),
        now=at or now(),
        by=by or Anonymous(),
    )


def nothing_is_written():
    return not Incident.objects.exists() and not Report.objects.exists() and last_seq() == 0


def test_a_report_opens_a_case_in_new_and_is_told(db, since):
    filed = file()

    assert filed.incident.state == "new"
    assert filed.report.first_incident == filed.report.incident == filed.incident
    assert victim_by_code(filed.code).incident_id == filed.incident.pk
    ((kind, data),) = since()
    assert kind == "report.filed"
    assert data["report"] == str(filed.report.uuid)


def test_its_event_holds_nothing_that_names_a_person(db, since):
    file(text="Je suis Denise Vidal", contact_name="Denise Vidal")

    ((_, data),) = since()
    assert set(data) == {"report", "channel", "priority", "category", "doors", "services"}
    assert "Denise" not in str(data)


def test_neither_the_token_nor_the_code_is_stored(db):
    token = codes.new_token()
    code = file(token).code
    kept = str([*Report.objects.values(), *Incident.objects.values(), *AccessCode.objects.values()])

    assert token not in kept
    assert code not in kept
    assert codes.grouped(code) not in kept


def test_the_same_token_is_the_same_report_and_the_same_code(db):
    token = codes.new_token()
    first, mark = file(token), last_seq()

    for later in (timedelta(0), timedelta(hours=23, minutes=59), DAY):
        again = file(token, at=first.report.filed_at + later)
        assert (again.incident, again.report, again.code) == (
            first.incident,
            first.report,
            first.code,
        )
        assert again.again

    assert last_seq() == mark
    assert Report.objects.count() == Incident.objects.count() == 1


def test_a_day_later_the_code_is_not_shown_any_more(db):
    token = codes.new_token()
    first = file(token)

    again = file(token, at=first.report.filed_at + DAY + timedelta(seconds=1))

    assert again.report == first.report
    assert again.code is None


def test_after_a_reissue_the_old_code_is_never_shown_again(alice):
    token = codes.new_token()
    first = file(token)
    case = first.incident
    reissue_code(
        incident=case.uuid, version=case.version, by=Person.of(alice), called=called(), now=now()
    )

    assert file(token).code is None
    assert filed_before(token=token, now=now()).code is None


def test_a_retry_without_its_fields_finds_what_was_filed(db):
    token = codes.new_token()
    assert filed_before(token=token, now=now()) is None
    first = file(token)

    again = filed_before(token=token, now=now())
    assert (again.report, again.code) == (first.report, first.code)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Autre chose."},
        {"contact_phone": "06 39 98 00 00"},
        {"category": "hameconnage-courriel"},
        {"answers": {"quoi": "message"}},
        {"inputs": {"evolution": "en_cours"}},
        {"commune": "31395"},
    ],
)
def test_other_content_under_the_same_token_is_a_conflict(fields, db):
    token = codes.new_token()
    file(token)
    mark = last_seq()

    with pytest.raises(Conflict) as refused:
        file(token, **fields)

    assert refused.value.code == "already-filed"
    assert last_seq() == mark
    assert Report.objects.count() == 1


def test_the_same_text_with_other_line_ends_is_the_same_report(db):
    token = codes.new_token()
    first = file(token, text="Ligne un\r\nLigne deux")

    assert file(token, text="Ligne un\nLigne deux").report == first.report
    assert first.report.text == "Ligne un\nLigne deux"


def test_now_as_the_moment_of_knowledge_does_not_make_it_another_report(db):
    token = codes.new_token()
    first = file(token, knowledge_at=now())

    assert file(token, knowledge_at=now()).report == first.report


@pytest.mark.parametrize("token", ["", "x", "0F" * 16, "0f" * 17, "0" * 31 + "\n"])
def test_no_report_without_a_token_of_ours(token, db):
    with pytest.raises(Invalid):
        file(token or "-")

    assert nothing_is_written()


@pytest.mark.parametrize("code", ["99999", "2A004", "x" * 500, "3139\x005", "\ud800"])
def test_an_unknown_commune_is_asked_again(code, db):
    with pytest.raises(Invalid) as refused:
        file(commune=code)

    assert list(refused.value.fields) == ["ou"]
    assert nothing_is_written()


def test_a_known_commune_is_kept(db):
    department = Department.objects.create(code="09", name="Ariège")
    foix = Commune.objects.create(insee="09122", name="Foix", department=department)

    assert file(commune="09122").incident.commune == foix


def test_hidden_characters_are_dropped_and_the_report_is_taken(db):
    filed = file(
        text="Fichiers\x00 chiffrés \ud83d\ude00 \udfff",
        contact_name="Denise\x00\nVidal",
        contact_phone="05\x00 61",
        contact_email="denise\x00@mairie-exemple.fr",
        organisation_name="Mairie\u202e d'Exemple",
        own_domains=("mairie\x00-exemple.fr",),
        answers={"precision": "oui\x00", "liste": ["a\x00", "\ud800"]},
    )

    report = Report.objects.get()
    assert report.text == "Fichiers chiffrés 😀 \ufffd"
    assert report.contact_name == "Denise Vidal"
    assert report.contact_phone == "05 61"
    assert report.contact_email == "denise@mairie-exemple.fr"
    assert report.own_domains == ["mairie-exemple.fr"]
    assert report.answers == {"precision": "oui", "liste": ["a", "\ufffd"]}
    assert filed.incident.organisation_name == "Mairie d'Exemple"


@given(text=st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_text_has_one_stored_form(text):
    kept = filing._cleaned(submission(text=text, answers={"precision": text, text: [text]}))

    assert kept.text == clean(text)
    assert kept.answers["precision"] == kept.text
    assert filing._cleaned(kept) == kept
    assert len(filing._mac(kept)) == 64


@pytest.mark.parametrize(
    "field, longest, question",
    [
        ("text", 20_000, "recit"),
        ("contact_name", 120, "contact"),
        ("contact_phone", 40, "contact"),
        ("contact_email", 254, "contact"),
        ("organisation_name", 200, "organisme"),
    ],
)
def test_one_character_too_many_is_told_and_nothing_is_cut(field, longest, question, db):
    with pytest.raises(Invalid) as refused:
        file(**{field: "é" * (longest + 1)})
    assert list(refused.value.fields) == [question]
    assert nothing_is_written()

    filed = file(**{field: "é" * longest})
    kept = filed.incident if field == "organisation_name" else filed.report
    assert len(getattr(kept, field)) == longest


@pytest.mark.parametrize(
    "fields",
    [
        {"victim_kind": "martien"},
        {"victim_kind": ""},
        {"category": "pas-une-categorie"},
        {"inputs": {"meteo": "pluie"}},
        {"inputs": {"evolution": "bientot"}},
        {"flags": ("urgent",)},
        {"traits": ("riche",)},
        {"channel": "pigeon"},
        {"language": "oc"},
    ],
)
def test_a_value_that_is_in_no_list_is_refused(fields, db):
    with pytest.raises(Invalid) as refused:
        file(**fields)

    assert refused.value.code == "bad-value"
    assert nothing_is_written()


def test_a_reference_that_exists_is_drawn_again(db, monkeypatch):
    taken = file().incident.reference
    drawn = iter([taken, taken, "OCC-0000-00"])
    monkeypatch.setattr(codes, "new_reference", lambda _prefix: next(drawn))

    assert file().incident.reference == "OCC-0000-00"


def test_a_case_keeps_the_reference_files_it_began_with(db):
    version = file().incident.reference_version

    assert len(version.sha256) == 64
    assert "triage.yaml" in version.texts


def test_somebody_of_the_desk_may_file_for_a_caller(alice, since):
    filed = file(by=Person.of(alice), channel="phone")

    assert filed.report.channel == "phone"
    assert filed.code


def test_a_code_is_kept_under_the_newest_pepper(db, settings):
    settings.PEPPERS = settings.PEPPERS | {max(settings.PEPPERS) + 1: b"nouveau"}
    filed = file()

    assert AccessCode.objects.get().pepper == max(settings.PEPPERS)
    assert victim_by_code(filed.code)


def test_a_report_with_danger_says_so(db):
    assert file(flags=("danger_vie",)).incident.danger
    assert not file().incident.danger


def test_the_submission_given_is_not_changed(db):
    sent = submission(text="a\x00b")
    copy = replace(sent)
    file_report(token=codes.new_token(), submission=sent, now=now(), by=Anonymous())

    assert sent == copy
    assert settings.CODE_KEY
