import gc
import json
import math
from pathlib import Path

import ormsgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from prunella.domain.evidence import Observation
from prunella.domain.plan import Plan, Step
from prunella.domain.report import Reach, Reading, Report, Symptoms
from prunella.domain.run import Verdict
from prunella.domain.setting import FileState
from prunella.errors import Misuse
from prunella.storage.checkpoints import domain_types
from prunella.storage.serializer import DomainSerializer

_KINDS = (Plan, Step, Symptoms, Observation, FileState)
_ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(name="serializer")
def _serializer() -> DomainSerializer:
    return _fresh()


def _fresh() -> DomainSerializer:
    return DomainSerializer(_KINDS, domain_types())


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(_ANY_TEXT, _ANY_JSON, max_size=3))
def test_nothing_of_a_value_is_lost(arguments: dict[str, object]):
    """Lone surrogates, infinity and large numbers too, which JSON or MessagePack alone would refuse or change."""
    step = Step.model_validate({"tool": "t", "arguments": arguments})
    plan = Plan(cause="c", because=("b",), steps=(step,))
    assert _fresh().loads_typed(_fresh().dumps_typed([step, plan])) == [step, plan]


def test_what_is_not_a_number_stays_so(serializer: DomainSerializer):
    back = serializer.loads_typed(serializer.dumps_typed(Step(tool="t", arguments={"x": math.nan})))
    assert math.isnan(back.arguments["x"])


def test_tuples_sets_closed_sets_and_paths_of_a_value_come_back_as_such(serializer: DomainSerializer):
    reading = Reading(probe="p", reach=Reach.SILENT, detail="d")
    symptoms = Symptoms(report=Report(readings=(reading,)), errors=frozenset({"a", "b"}))
    state = FileState(path=Path("/a/b"), exists=True)
    assert serializer.loads_typed(serializer.dumps_typed([symptoms, state])) == [symptoms, state]


def test_values_stand_anywhere_within_what_is_none(serializer: DomainSerializer):
    step = Step(tool="t")
    nested = {"a": [step, {"b": step}], "c": Verdict.FROZEN, "d": None, 3: frozenset({"x"}), "e": b"raw"}
    assert serializer.loads_typed(serializer.dumps_typed(nested)) == nested
    assert [serializer.loads_typed(serializer.dumps_typed(each)) for each in (None, b"raw", step)] == [
        None,
        b"raw",
        step,
    ]


def test_a_value_is_written_once_while_it_lives(serializer: DomainSerializer):
    plan = Plan(cause="c", steps=(Step(tool="t"),))
    first = serializer.dumps_typed({"plan": plan})
    object.__setattr__(plan, "cause", "no value ever changes; this one does, to show that it is not read again")
    assert serializer.dumps_typed({"plan": plan}) == first


def test_a_value_in_the_place_of_one_that_died_is_not_taken_for_it(serializer: DomainSerializer):
    for number in range(500):
        step = Step(tool=f"t{number}")
        assert serializer.loads_typed(serializer.dumps_typed([step])) == [step]
        del step
    gc.collect()
    assert len(vars(serializer)["_written"]) == 0


def test_what_langgraph_wrote_is_still_read(serializer: DomainSerializer):
    plan = Plan(cause="c", steps=(Step(tool="t", arguments={"a": 1}),))
    written = JsonPlusSerializer().dumps_typed({"plan": plan, "verdict": Verdict.FROZEN})
    assert serializer.loads_typed(written) == {"plan": plan, "verdict": Verdict.FROZEN}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("os:system", "true"),
        ("prunella.domain.run:RunRecord", {"id": "r", "goal": "g", "started": 0}),
        ("prunella.domain.plan:Step", {"tool": "t", "added_later": 1}),
        ("prunella.domain.plan:Step", None),
    ],
)
def test_a_value_of_another_kind_or_shape_is_refused(serializer: DomainSerializer, name: str, fields: object):
    content = ormsgpack.packb(ormsgpack.Ext(64, json.dumps([name, fields]).encode()))
    with pytest.raises(Misuse, match=f"holds a {name} that this version [^`]+ `prunella undo`"):
        serializer.loads_typed((serializer.dumps_typed({})[0], content))
