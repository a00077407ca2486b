"""A commune is found as people type it, told from its namesakes, in under 20 ms."""

import statistics
import time

import pytest

from csirt.directory.models import Commune
from csirt.directory.search import search_places
from csirt.directory.words import normal, telling

PROMISED = 0.020  # seconds of processor, which a busy machine hardly changes


def codes(text):
    return [place.insee for place in search_places(text)]


def test_two_towns_of_one_name_are_both_found_and_told_apart(region):
    found = search_places("mirepoix")

    assert [place.insee for place in found[:2]] == ["09194", "32258"]  # the larger one first
    assert [place.label for place in found[:2]] == [
        "Mirepoix (09500, Ariège)",
        "Mirepoix (32390, Gers)",
    ]


def test_a_postcode_gives_each_of_its_communes(region):
    found = search_places("32300", limit=50)

    assert sum("32300" in place.postcodes for place in found) == 31
    assert found[0].name == "Mirande"  # the largest
    assert "32300" in [place.insee for place in found]  # it is somebody's INSEE code too


@pytest.mark.parametrize(
    "typed, insee",
    [
        ("st gaudens", "31483"),
        ("Saint-Gaudens", "31483"),
        ("SAINT GAUDENS", "31483"),
        ("saint  gaudens ", "31483"),
        ("ste enimie", "48146"),
        ("09194", "09194"),
        ("isle jourdain", "32160"),
        ("l'isle jourdain", "32160"),
        ("L\u2019Isle\u2013Jourdain", "32160"),
        ("beziers", "34032"),
        ("BÉZIERS", "34032"),
        ("be\u0301ziers", "34032"),
        ("nimes", "30189"),
        ("ax les thermes", "09032"),
        ("ax-les-thermes", "09032"),
        ("thermes ax", "09032"),
        ("caylar", "34064"),
        ("le caylar", "34064"),
        ("angles", "30011"),
        ("toulou", "31555"),
    ],
)
def test_accents_hyphens_apostrophes_case_and_order_do_not_matter(typed, insee, region):
    found = codes(typed)

    assert found[0] == insee


@pytest.mark.parametrize("typed", ["Aulos", "aulos", "09028"])
def test_a_former_commune_leads_to_the_present_one_under_its_old_name(typed, region):
    found = [place for place in search_places(typed) if place.insee == "09296"]

    assert found[0].former == "Aulos" or found[0].name == "Aulos-Sinsat"
    assert any(place.former == "Aulos" for place in found)
    assert "Aulos, Aulos-Sinsat (" in next(p.label for p in found if p.former)


@pytest.mark.parametrize("typed", ["", " ", "a", "-", "\x00", "zzzz", "99999", "'; drop table"])
def test_what_means_nothing_finds_nothing(typed, region):
    assert search_places(typed) == []


def test_an_endless_text_is_answered_at_once(region):
    begun = time.perf_counter()

    search_places("saint " * 200_000)
    search_places("\u0301" * 1_000_000)
    assert time.perf_counter() - begun < 1


def test_it_gives_no_more_than_was_asked(region):
    assert len(search_places("saint", limit=7)) == 7


def test_a_place_that_was_loaded_again_is_found_under_its_new_name(region):
    search_places("mirepoix")
    Commune.objects.filter(pk="09194").update(name="Mirepoix-la-Neuve", population=3001)

    assert search_places("mirepoix-la-neuve")[0].insee == "09194"


@pytest.mark.parametrize("typed", ["mirepoix", "32300", "st gaudens", "09194", "sa", "31"])
def test_it_takes_less_than_20_ms_once_warm(typed, region, record_property):
    search_places(typed)
    taken = []
    for _ in range(20):
        begun = time.thread_time()
        search_places(typed)
        taken.append(time.thread_time() - begun)

    median = statistics.median(taken)
    record_property("milliseconds", round(median * 1000, 1))
    print(f"{typed}: {median * 1000:.1f} ms")  # noqa: T201 - the figure, with -s
    assert median < PROMISED


def test_one_search_asks_the_database_twice_at_most(region, django_assert_max_num_queries):
    search_places("mirepoix")

    with django_assert_max_num_queries(2):
        search_places("foix")


@pytest.mark.parametrize(
    "typed, form",
    [
        ("Sainte-Énimie", "ste enimie"),
        ("L’Œil d’Aude", "l oeil d aude"),
        ("  SAINT--GAUDENS ", "st gaudens"),
        ("ça n'est\u00a0rien", "ca n est rien"),
    ],
)
def test_a_name_has_one_form_for_searching(typed, form):
    assert normal(typed) == form
    assert normal(form) == form


def test_small_words_tell_no_name_from_another():
    assert telling("mairie de la Bastide") == ["mairie", "bastide"]
    assert telling("les") == ["les"]
