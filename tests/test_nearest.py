from prunella.nearest import did_you_mean, nearest


def test_the_likeliest_comes_first() -> None:
    assert nearest("paymnts", ["ledger", "payments-old", "payments"])[0] == "payments"


def test_case_does_not_count_and_the_known_spelling_is_given() -> None:
    assert nearest("PORT", ["port", "host"]) == ("port",)


def test_a_part_of_a_name_is_enough() -> None:
    assert nearest("stop", ["config.set", "services.stop"]) == ("services.stop",)


def test_nothing_near_or_nothing_known() -> None:
    assert nearest("zzz", ["ledger"]) == ()
    assert nearest("", ["ledger"]) == ()
    assert nearest("ledger", []) == ()


def test_no_more_than_asked_for() -> None:
    assert len(nearest("abc1", ["abc2", "abc3", "abc4", "abc5"])) == 3


def test_the_question() -> None:
    assert did_you_mean("prot", ["port", "host"]) == "Did you mean port?"
    assert did_you_mean("zzz", ["port"]) == ""
