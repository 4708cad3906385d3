import pytest

from prunella.domain.ruling import Autonomy
from prunella.domain.service import PolicySpec
from prunella.errors import Misuse
from prunella.policy.autonomy import autonomy_for


def resolved(autonomy: Autonomy | None, *, yes: bool = False, ask: bool = False, interactive: bool = False) -> Autonomy:
    return autonomy_for(PolicySpec(autonomy=autonomy), yes=yes, ask=ask, interactive=interactive)


@pytest.mark.parametrize("autonomy", Autonomy)
def test_without_flags_the_file_has_the_word(autonomy: Autonomy) -> None:
    assert resolved(autonomy) is autonomy


def test_without_a_word_it_asks_in_a_terminal_and_suggests_elsewhere() -> None:
    assert resolved(None, interactive=True) is Autonomy.ASK
    assert resolved(None) is Autonomy.SUGGEST


@pytest.mark.parametrize("autonomy", [None, Autonomy.ASK, Autonomy.AUTO])
def test_flags_ask_or_answer(autonomy: Autonomy | None) -> None:
    assert resolved(autonomy, yes=True) is Autonomy.AUTO
    assert resolved(autonomy, ask=True) is Autonomy.ASK


@pytest.mark.parametrize("autonomy", [Autonomy.OBSERVE, Autonomy.SUGGEST])
def test_no_flag_lifts_a_file_that_wants_nothing_touched(autonomy: Autonomy) -> None:
    assert resolved(autonomy, yes=True) is autonomy
    assert resolved(autonomy, ask=True) is autonomy


def test_both_flags_contradict() -> None:
    with pytest.raises(Misuse, match="contradict"):
        resolved(None, yes=True, ask=True)
