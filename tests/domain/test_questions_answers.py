"""What people type: read where it can be, else one sentence that says what to do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csirt.reference.bundle import shipped
from incidents.domain.answers import MAX_TEXT, phone_number
from incidents.domain.questions import fill, pages, validate

BUNDLE = shipped()
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
COMMUNE = {"kind": "commune", "autrui": "moi", "quoi": "message"}
PLACES = {"32256": "Mirande (32)", "09194": "Mirepoix (09)", "32258": "Mirepoix (32)"}


def communes(text):
    return [
        (code, name) for code, name in PLACES.items() if text.lower() in (code, name.lower()[:-5])
    ]


def send(page, raw, answers=COMMUNE, **more):
    return validate(BUNDLE, answers, page, raw, now=NOW, communes=communes, **more)


def sentence(page, raw, answers=COMMUNE, **more):
    (error,) = send(page, raw, answers, **more).errors
    return error.field, str(error)


def test_a_page_gives_its_answers_and_keeps_the_others():
    got = send("moment", {"quand": "hier", "continue": ["oui"], "csrf": "x"})

    assert got.ok
    assert got.answers == {**COMMUNE, "quand": "hier", "continue": "oui"}


def test_every_open_question_of_the_page_is_named():
    got = send("moment", {})

    assert [error.field for error in got.errors] == ["quand", "continue"]
    assert str(got.errors[0]).startswith("Choisissez une réponse. « Je ne sais pas »")
    assert got.answers == COMMUNE


def test_a_page_with_an_error_changes_nothing():
    answers = {**COMMUNE, "quand": "hier"}

    assert send("moment", {"quand": "nsp", "continue": "x"}, answers).answers == answers


def test_an_option_that_was_not_offered_is_refused():
    got = sentence("quoi", {"quoi": "site"}, {"kind": "particulier", "autrui": "moi"})

    assert got == ("quoi", "Choisissez une des réponses proposées.")


def test_a_page_that_the_answers_do_not_lead_to_does_not_exist():
    with pytest.raises(KeyError):
        send("combien", {"combien": "un"})


def test_changing_an_answer_drops_what_hung_on_it():
    answers = {**COMMUNE, "geste": ["clique"]}

    assert "geste" not in send("quoi", {"quoi": "site"}, answers).answers


def test_several_answers_are_kept_in_the_order_of_the_options():
    assert send("geste", {"geste": ["mdp", "clique"]}).answers["geste"] == ["clique", "mdp"]


def test_an_exclusive_answer_stands_alone():
    got = sentence("geste", {"geste": ["rien", "clique"]})

    assert got == ("geste", "Une des réponses cochées exclut les autres. Gardez l'une ou l'autre.")


@pytest.mark.parametrize(
    "raw, stored",
    [
        (
            {"quand": "date", "quand_date": "20/11/2026", "quand_heure": "16h25"},
            "2026-11-20T16:25+01:00",
        ),
        ({"quand_date": "20-11-2026", "quand_heure": "16:25"}, "2026-11-20T16:25+01:00"),
        ({"quand_date": "5/7/2026 à 9h"}, "2026-07-05T09:00+02:00"),
        ({"quand_date": "2026-11-20"}, "2026-11-20"),
        ({"quand_date": "20.11.2026"}, "2026-11-20"),
        ({"quand": "2026-11-20T16:25"}, "2026-11-20T16:25+01:00"),
        ({"quand": "2026-11-20T16:25:00Z"}, "2026-11-20T16:25+00:00"),
        ({"quand": "hier", "quand_date": "20/11/2026"}, "hier"),
    ],
)
def test_dates_are_read_as_people_write_them(raw, stored):
    assert send("moment", {**raw, "continue": "nsp"}).answers["quand"] == stored


@pytest.mark.parametrize(
    "raw, expected",
    [
        ({"quand": "date"}, "Choisissez une réponse. « Je ne sais pas » est une bonne réponse."),
        ({"quand_date": "mardi"}, "Écrivez la date comme ceci : 22/11/2026."),
        ({"quand_date": "31/02/2026"}, "Cette date n'existe pas. Vérifiez le jour et le mois."),
        ({"quand_date": "2026-13-01"}, "Cette date n'existe pas. Vérifiez le jour et le mois."),
        (
            {"quand_date": "23/11/2026"},
            "Cette date est dans l'avenir. Donnez une date déjà passée.",
        ),
        (
            {"quand_date": "22/11/2026", "quand_heure": "18h"},
            "Cette date est dans l'avenir. Donnez une date déjà passée.",
        ),
        ({"quand_date": "20/11/1926"}, "Cette date est trop ancienne. Vérifiez l'année."),
        ({"quand_date": "01/01/0001"}, "Cette date est trop ancienne. Vérifiez l'année."),
        (
            {"quand_date": "31/12/9999"},
            "Cette date est dans l'avenir. Donnez une date déjà passée.",
        ),
        (
            {"quand_date": "9999-12-31T23:59:59-14:00"},
            "Cette date n'existe pas. Vérifiez le jour et le mois.",
        ),
        ({"quand_date": "20/11/2026", "quand_heure": "25h"}, "Écrivez l'heure comme ceci : 16h25."),
        (
            {"quand_date": "20/11/2026", "quand_heure": "midi"},
            "Écrivez l'heure comme ceci : 16h25.",
        ),
        ({"quand_date": "1" * 500}, "Écrivez la date comme ceci : 22/11/2026."),
        ({"quand": "2026-11-20Tx"}, "Écrivez la date comme ceci : 22/11/2026."),
    ],
)
def test_a_wrong_date_says_what_to_do(raw, expected):
    assert sentence("moment", {**raw, "continue": "nsp"}) == ("quand_date", expected)


@pytest.mark.parametrize(
    "raw, stored",
    [
        ({"ou": "32256"}, "32256"),
        ({"ou": "commune", "ou_texte": "Mirande"}, "32256"),
        ({"ou_texte": " mirande "}, "32256"),
        ({"ou": "nsp", "ou_texte": "Mirande"}, "nsp"),
        ({"ou": "hors_region"}, "hors_region"),
        ({"ou": "plusieurs"}, "plusieurs"),
        ({"ou": "plusieurs", "ou_texte": "Mirande\r\n32258; 09194"}, ["32256", "32258", "09194"]),
        ({"ou": ["32256", "32258"]}, ["32256", "32258"]),
    ],
)
def test_communes_are_kept_by_insee_code(raw, stored):
    assert send("lieu", {**raw, "etablissement": "aucun"}).answers["ou"] == stored


def test_a_name_that_two_communes_share_offers_both():
    (error,) = send("lieu", {"ou_texte": "Mirepoix", "etablissement": "aucun"}).errors

    assert error.field == "ou_texte"
    assert str(error) == "Plusieurs communes correspondent à « Mirepoix ». Choisissez la bonne."
    assert error.choices == (("09194", "Mirepoix (09)"), ("32258", "Mirepoix (32)"))


def test_an_unknown_commune_says_what_to_do():
    got = sentence("lieu", {"ou_texte": "Atlantis", "etablissement": "aucun"})

    assert got[1].startswith("Nous ne trouvons pas « Atlantis ».")


def test_too_many_communes_are_refused():
    typed = "\n".join(str(n) for n in range(101))

    assert (
        "au plus 100 communes"
        in sentence("lieu", {"ou": "plusieurs", "ou_texte": typed, "etablissement": "aucun"})[1]
    )


@pytest.mark.parametrize(
    "typed, stored",
    [
        ("06 39 98 00 06", "+33639980006"),
        ("05.36.49.12.34", "+33536491234"),
        ("0536491234", "+33536491234"),
        ("+33 6 39 98 00 06", "+33639980006"),
        ("+33 (0)6 39 98 00 06", "+33639980006"),
        ("0033 6 39 98 00 06", "+33639980006"),
        ("+34 612 345 678", "+34612345678"),
    ],
)
def test_phone_numbers_are_french_or_international(typed, stored):
    got = send("contact", {"contact_phone": typed})

    assert got.answers["contact"] == {"phone": stored}


@pytest.mark.parametrize(
    "typed",
    [
        "3114",
        "06 39 98 00",
        "00 00 00 00 00",
        "+33 6 39",
        "mon numéro",
        "06 39 98 00 06 07",
        "+" + "1" * 30,
        "٠٦٣٩٩٨٠٠٠٦",
    ],
)
def test_a_wrong_number_says_how_to_write_it(typed):
    field, said = sentence("contact", {"contact_phone": typed})

    assert field == "contact_phone"
    assert said.startswith("Écrivez le numéro comme ceci")


@given(st.text(max_size=50))
def test_any_text_is_a_number_in_international_form_or_none(text):
    found = phone_number(text)

    assert found is None or (
        found.startswith("+") and found[1:].isdecimal() and 8 <= len(found) <= 16
    )


@pytest.mark.parametrize(
    "typed", ["denise@mairie-exemple.example", "d.e+x@a.b-c.example", "élise@mairie.example"]
)
def test_mail_addresses_are_taken(typed):
    assert send("contact", {"contact_email": typed}).answers["contact"] == {"email": typed}


@pytest.mark.parametrize(
    "typed",
    [
        "denise",
        "denise@",
        "@x.example",
        "a b@x.example",
        "a@b",
        "a..b@x.example",
        "a@b@c.example",
        "a@x.example, b@x.example",
        "a@" + "x" * 300 + ".example",
        "<a@x.example>",
    ],
)
def test_a_wrong_mail_address_says_how_to_write_it(typed):
    assert sentence("contact", {"contact_email": typed}) == (
        "contact_email",
        "Écrivez l'adresse comme ceci : nom@exemple.fr.",
    )


def test_a_number_or_an_address_is_needed_except_for_a_private_person():
    assert sentence("contact", {})[1].startswith("Donnez un numéro ou une adresse")
    assert send("contact", {}, {"kind": "particulier", "quoi": "message"}).ok


def test_a_text_is_cleaned_and_may_be_left_out():
    assert (
        send("recit", {"recit": " Bonjour,\r\n\0ça va \ud800"}).answers["recit"]
        == " Bonjour,\nça va \ufffd"
    )
    assert "recit" not in send("recit", {"recit": "  "}, {**COMMUNE, "recit": "avant"}).answers


def test_a_text_of_the_limit_is_taken_and_one_more_is_refused_with_both_numbers():
    assert send("recit", {"recit": "é" * MAX_TEXT}).ok

    field, said = sentence("recit", {"recit": "é" * (MAX_TEXT + 1)})
    assert field == "recit"
    assert said == "Votre texte fait 20001 caractères. Raccourcissez-le à 20000 caractères."


def test_ten_million_characters_are_refused():
    assert "10000000 caractères" in sentence("recit", {"recit": "a" * 10_000_000})[1]


@pytest.mark.parametrize(
    "typed, stored",
    [("1250", "1250"), ("1 250,5 €", "1250.50"), ("18 400 euros", "18400"), ("0", "0")],
)
def test_amounts_are_read(typed, stored):
    answers = {**COMMUNE, "argent_parti": "moins_72h"}

    assert (
        send("suite-argent", {"montant": typed}, answers, stage="after").answers["montant"]
        == stored
    )


@pytest.mark.parametrize("typed", ["beaucoup", "-5", "1e9", "12,345", "1" * 20, "٣"])
def test_a_wrong_amount_says_how_to_write_it(typed):
    answers = {**COMMUNE, "argent_parti": "moins_72h"}

    assert sentence("suite-argent", {"montant": typed}, answers, stage="after")[1].startswith(
        "Écrivez le montant"
    )


def test_after_sending_a_question_may_stay_open():
    answers = {**COMMUNE, "deja_fait": ["plainte"]}

    got = send("suite-fait", {"informatique": "nsp"}, answers, stage="after")
    assert got.answers == {**COMMUNE, "informatique": "nsp"}


messy = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["nsp", "oui", "non", "rien", "clique", "plusieurs", "date", "22/11/2026", "32256"]
    ),
)
fields = st.sampled_from(
    [q.id for q in BUNDLE.intake.questions]
    + [
        "quand_date",
        "quand_heure",
        "ou_texte",
        "contact_phone",
        "contact_email",
        "date_paiement_date",
    ]
)
raws = st.dictionaries(fields, messy | st.lists(messy, max_size=3), max_size=8)
kinds = st.sampled_from([kind.id for kind in BUNDLE.intake.victim_kinds])
starts = st.builds(
    lambda known, typed: typed | known,
    st.fixed_dictionaries({}, optional={"kind": kinds | messy | st.lists(messy, max_size=2)}),
    st.dictionaries(fields, messy | st.lists(messy, max_size=3), max_size=8),
)


@given(starts, raws, st.sampled_from(["before", "after"]))
def test_whatever_is_sent_is_an_answer_or_an_error(start, raw, stage):
    for page in pages(BUNDLE, start, stage):
        got = send(page.id, raw, start, stage=stage)
        assert all(str(error) for error in got.errors)
        filled = fill(BUNDLE, got.answers, now=NOW)
        assert set(filled.inputs) == set(BUNDLE.inputs)
