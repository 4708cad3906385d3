"""By meaning with the model, by words without, and ids by their letters in both."""

import pytest

from prunella.retrieval.lexical import LexicalIndex, is_code
from prunella.retrieval.model import is_installed, load_model
from prunella.retrieval.searcher import Searcher

TEXTS = {
    "tls": "could not open TLS key /etc/ssl/site.pem: permission denied",
    "port": "bind: address already in use (0.0.0.0:8080)",
    "disk": "write /var/lib/app: No space left on device",
    "code": "query failed with SQLSTATE 42P01",
    "other": "query failed with SQLSTATE 23505",
}
with_model = pytest.mark.skipif(not is_installed(), reason="needs the embeddings extra")


def filled(searcher: Searcher) -> Searcher:
    for key, text in TEXTS.items():
        searcher.add(key, text)
    return searcher


def test_words_find_without_a_model() -> None:
    with filled(Searcher()) as searcher:
        assert not searcher.is_semantic
        assert searcher.search("deny permissions")[0].key == "tls"
        assert searcher.search("printer") == ()


@with_model
def test_meaning_finds_what_shares_no_word() -> None:
    with filled(Searcher(load_model())) as searcher:
        assert searcher.is_semantic
        assert searcher.search("the volume is full", 1)[0].key == "disk"
        assert searcher.search("another process listens there already", 1)[0].key == "port"


@with_model
def test_codes_are_looked_up_by_their_letters() -> None:
    with filled(Searcher(load_model())) as searcher:
        assert [hit.key for hit in searcher.search("42P01")] == ["code"]
        assert searcher.search("99X99"), "a code that nobody wrote is searched by meaning"


@with_model
def test_a_removed_text_is_not_found_and_a_replaced_one_is_new() -> None:
    with filled(Searcher(load_model())) as searcher:
        searcher.remove("disk")
        searcher.add("port", "the cat sleeps")
        assert "disk" not in {hit.key for hit in searcher.search("no space left on device", 9)}
        assert searcher.search("a sleeping cat", 1)[0].key == "port"


def test_any_query_is_taken() -> None:
    index = LexicalIndex()
    index.add("a", 'quoted "words" NEAR(x) * ^ \ud800')
    assert index.search('"NEAR( OR words*') != ()
    assert index.search("?! -- ''") == ()
    assert index.search("words", 0) == ()
    index.close()


@pytest.mark.parametrize("query", ["42P01", "ECONNREFUSED", "max_connections", "ORA-00942", "500"])
def test_codes(query: str) -> None:
    assert is_code(query)


@pytest.mark.parametrize("query", ["permission denied", "why 500 errors", "", "tls", "read-only file system"])
def test_no_codes(query: str) -> None:
    assert not is_code(query)
