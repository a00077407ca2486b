"""A page is compressed for a client that says it reads gzip, and not for others."""

import gzip

import httpx

from tests.taxii.shelf import path_of


def test_the_compressed_page_is_the_page(filled):
    url = f"{filled.url}/taxii2/{path_of(filled.communaute)}objects/"
    plain = filled.reader.get(url, headers={"Accept-Encoding": "identity"})

    with httpx.stream("GET", url, auth=filled.login, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())

    assert "content-encoding" not in plain.headers
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(raw) < len(plain.content) / 3
    assert gzip.decompress(raw) == plain.content


def test_what_is_short_is_sent_as_it_is(filled):
    answer = filled.reader.get(headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in answer.headers
