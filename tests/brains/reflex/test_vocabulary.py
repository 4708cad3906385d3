"""A misspelled word is found among those that are usual everywhere, or in this very fleet."""

from prunella.brains.reflex.vocabulary import mended_names, words_in


def test_a_usual_word_is_found_behind_a_slip_and_keeps_its_case():
    assert list(mended_names("MAX_CONECTIONS")) == ["MAX_CONNECTIONS"]
    assert list(mended_names("timout")) == ["timeout"]


def test_a_key_of_usual_words_is_left_alone():
    assert list(mended_names("MAX_CONNECTIONS")) == []


def test_what_the_fleet_writes_twice_is_usual_here():
    own = words_in(["voyage_id=7\nberth=3\nvoyage_limit=2", "cranes=2"])
    assert own == {"voyage"}
    assert list(mended_names("voyge_id", own)) == ["voyage_id"]
    assert list(mended_names("voyge_id")) == []


def test_a_word_that_stands_only_once_may_be_the_slip_itself():
    assert list(mended_names("brth", words_in(["berth=3"]))) == []
