"""The model that errs on purpose: it errs in every way, the same way each time, and never gets the loop to lie."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from bench.erring import Outcome, figures_of, play_all, shelf
from prunella import Verdict
from prunella.brains.chat.replies import calls_of
from prunella.errors import Rejected
from prunella.testing.erring import ErringModel, Error, ToolCall

CALL = ToolCall("set_price", {"name": "tea", "price": 3})


def model(rate: float = 0.2, seed: int = 0, *only: Error) -> ErringModel:
    def contrary(call: ToolCall) -> ToolCall:
        return ToolCall(call.name, {**call.arguments, "price": 1})

    def right(told: str) -> Sequence[ToolCall]:
        return [CALL] if "wrong" in told else []

    rates = dict.fromkeys(only or tuple(Error), rate)
    return ErringModel(right=right, contrary=contrary, seed=seed, rates=rates)


def said(erring: ErringModel, times: int) -> list[AIMessage]:
    bound = erring.bind_tools([{"type": "function", "function": {"name": "set_price"}}])
    return [bound.invoke("tea is wrong") for _ in range(times)]


def test_without_errors_it_says_what_is_right_and_all_is_well_when_it_is():
    (reply,) = said(model(0.0), 1)
    assert [(call["name"], call["args"]) for call in reply.tool_calls] == [(CALL.name, dict(CALL.arguments))]
    assert not any(call["name"] == "set_price" for call in model(0.0).invoke("all is well").tool_calls)


def test_the_same_seed_errs_in_the_same_way():
    one, two, other = (said(model(seed=seed), 30) for seed in (1, 1, 2))
    assert [(m.content, m.tool_calls) for m in one] == [(m.content, m.tool_calls) for m in two]
    assert [(m.content, m.tool_calls) for m in one] != [(m.content, m.tool_calls) for m in other]


def test_it_errs_in_every_way_about_as_often_as_asked():
    counted = Counter[Error]()
    for error in Error:
        erring = model(0.2, 0, error)
        said(erring, 300)
        counted += Counter(erring.made)
    assert set(counted) == set(Error)
    assert all(30 < count < 100 for count in counted.values())


@pytest.mark.parametrize("error", Error)
def test_each_error_shows(error: Error):
    right = [(CALL.name, dict(CALL.arguments))]
    replies = said(model(1.0, 0, error), 20)
    texts = [str(reply.text) for reply in replies]
    called = [[(call["name"], call["args"]) for call in reply.tool_calls] for reply in replies]
    match error:
        case Error.INVENTED:
            assert all(names != "set_price" for calls in called for names, _ in calls)
        case Error.EARLY_DONE:
            assert not any(name == "set_price" for calls in called for name, _ in calls)
        case Error.LOOP:
            assert all(calls == right for calls in called)
        case Error.MALFORMED:
            assert not any(called)
            assert any(_is_read(text) for text in texts)
        case Error.BAD_ARGUMENTS | Error.CONTRADICTION:
            assert all(calls != right for calls in called)


def _is_read(text: str) -> bool:
    try:
        return bool(calls_of(AIMessage(content=text)))
    except Rejected:
        return False


async def test_runs_end_right_or_say_that_they_did_not_and_keep_to_their_limits(tmp_path: Path):
    outcomes = await asyncio.wait_for(play_all(range(40), tmp_path), 120)
    assert {error for each in outcomes for error, count in each.made.items() if count} == set(Error)
    assert [str(each) for each in outcomes if each.is_false_achieved or each.over] == []
    assert [str(each) for each in outcomes if not (each.ended_right or each.is_honest)] == []
    assert sum(each.ended_right for each in outcomes) >= 20
    assert [figure.name for figure in figures_of(outcomes) if figure.is_met is False] == []


def test_what_a_run_says_is_held_against_the_world():
    right = Outcome(0, Verdict.ACHIEVED, is_right=True, is_as_found=False, written=1, over=(), made={})
    lie, spoilt = replace(right, is_right=False), replace(right, verdict=Verdict.ESCALATED, is_right=False)
    needless = replace(right, verdict=Verdict.NOTHING_TO_DO)
    assert (right.ended_right, lie.is_false_achieved, spoilt.is_honest, needless.ended_right) == (
        True, True, False, False,
    )  # fmt: skip
    missed = [figure.name for figure in figures_of([right, lie, spoilt]) if figure.is_met is False]
    assert missed == ["right or honest", "false ACHIEVED"]


def test_some_shelves_are_right_from_the_start_and_most_are_not():
    right = [shelf(seed).is_right for seed in range(100)]
    assert 2 <= sum(right) <= 25
