import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from pydantic import BaseModel, Field

from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.errors import Conflict, Lost, Misuse, Rejected
from prunella.protocols import Tool, Toolbox
from prunella.tools.tool import tool
from prunella.tools.toolbox import Tools

Text = Annotated[str, Field(description="any text")]


class Address(BaseModel):
    host: str
    port: int


@tool(name="config.set")
def set_config(
    file: Text,
    value: Text,
    port: Annotated[int, Field(description="TCP port")] = 80,
    kind: Annotated[Literal["env", "ini"], Field(description="its format")] = "env",
) -> list[JsonValue]:
    """Change one setting; every other byte stays."""
    return [file, value, port, kind]


@tool
async def open_connection(
    address: Annotated[Address, Field(description="where to")],
    rate: Annotated[float, Field(description="per second")],
    tags: Annotated[list[str], Field(description="labels")],
) -> str:
    """Open a connection to an address."""
    return f"{address.host}:{address.port} {rate} {','.join(tags)}"


def box(*more: Tool) -> Toolbox:
    return Tools([set_config, open_connection, *more], timeout_s=5)


async def call(name: str, **arguments: JsonValue) -> Observation:
    return await box().call(Step(tool=name, arguments=arguments))


async def test_calls_by_either_name():
    for name in ("config.set", "config_set"):
        assert await call(name, file="a", value="b") == Observation(
            tool="config.set", arguments={"file": "a", "value": "b"}, ok=True, output=["a", "b", 80, "env"]
        )


async def test_an_unknown_tool_is_answered_with_the_nearest():
    seen = await call("config.sett")
    assert (seen.error, seen.message) == ("UnknownTool", "There is no tool called 'config.sett'.")
    assert seen.hint == snapshot("Did you mean config.set (Change one setting; every other byte stays)?")
    assert (await call("zzz")).hint == snapshot("The tools are: config.set, open_connection.")
    assert Tools([]).find(Step(tool="zzz")) == Observation(
        tool="zzz",
        arguments={},
        ok=False,
        error="UnknownTool",
        message="There is no tool called 'zzz'.",
        hint="There are no tools.",
    )


async def test_bad_arguments_name_every_field_at_fault():
    seen = await call("config.set", vaule="b", port="eighty", kind="toml")
    assert (seen.error, seen.traceback) == ("BadArguments", "")
    assert seen.message.split("; ") == snapshot(
        [
            "config.set was not called: file: missing, expected string (any text)",
            "value: missing, expected string (any text)",
            'port: given "eighty", expected a valid integer, unable to parse string as an integer',
            "kind: given \"toml\", expected 'env' or 'ini'",
            '"vaule" is no parameter (nearest: value).',
        ]
    )
    assert seen.hint == snapshot(
        'It is called as config.set(file: string, value: string, port?: integer, kind?: one of "env", "ini").'
    )


async def test_faults_deep_inside_are_named_by_their_path():
    seen = await call("open_connection", address={"host": "a", "port": "x"}, rate=1, tags=["a", None])
    assert "address.port: given" in seen.message
    assert "tags.1: given null" in seen.message


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        ({"port": "8080"}, ["a", "b", 8080, "env"]),
        ({"port": 8080.0}, ["a", "b", 8080, "env"]),
        ({"value": 8080}, ["a", "8080", 80, "env"]),
        ({"value": 1.5}, ["a", "1.5", 80, "env"]),
        ({"value": "08"}, ["a", "08", 80, "env"]),
    ],
)
async def test_conversions_that_lose_nothing_are_made(arguments: dict[str, JsonValue], output: list[JsonValue]):
    assert (await call("config.set", **{"file": "a", "value": "b", **arguments})).output == output


@pytest.mark.parametrize("port", [True, 80.5, "80.5", None, [80], {"port": 80}, "eighty", ""])
async def test_conversions_that_lose_something_are_refused(port: JsonValue):
    seen = await call("config.set", file="a", value="b", port=port)
    assert (seen.ok, seen.error) == (False, "BadArguments")
    assert "port: given" in seen.message


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"rate": 2**53 + 1}, "rate"),
        ({"rate": "nan"}, "rate"),
        ({"rate": True}, "rate"),
        ({"address": {"host": "a", "port": False}}, "address.port"),
        ({"tags": [True]}, "tags.0"),
    ],
)
async def test_losses_are_found_at_any_depth(changed: dict[str, JsonValue], place: str):
    fitting: dict[str, JsonValue] = {"address": {"host": "a", "port": 1}, "rate": 0.1, "tags": ["x", 1]}
    assert (await call("open_connection", **fitting)).output == "a:1 0.1 x,1"
    seen = await call("open_connection", **{**fitting, **changed})
    assert f"{place}: given" in seen.message


def _fail_deep() -> None:
    raise LookupError("the shelf is empty, token=hunter2")


@tool(name="shelf.empty")
def empty_shelf() -> None:
    """Empty the shelf, which always fails."""
    json.loads("[1]", object_hook=None)
    _fail_deep()


async def test_an_exception_is_an_observation_with_the_frames_that_matter():
    seen = await box(empty_shelf).call(Step(tool="shelf_empty"))
    assert (seen.tool, seen.ok, seen.error) == ("shelf.empty", False, "LookupError")
    assert seen.message == "the shelf is empty, token=hunter2"
    assert "_fail_deep" in seen.traceback
    assert seen.traceback.endswith("LookupError: the shelf is empty, token=hunter2\n")
    assert "threading.py" not in seen.traceback
    assert "prunella/tools" not in seen.traceback


class Blackout:
    def text(self, text: str) -> str:
        return text.replace("hunter2", "***")

    def value(self, value: JsonValue) -> JsonValue:
        return json.loads(self.text(json.dumps(value)))


async def test_nothing_secret_leaves_the_toolbox():
    tools = Tools([set_config, open_connection, empty_shelf], redacts=Blackout())
    secret: dict[str, JsonValue] = {"file": "a", "value": "hunter2"}
    steps = (
        Step(tool="config.set", arguments=secret),
        Step(tool="config.set", arguments={**secret, "port": "hunter2"}),
        Step(tool="nothing", arguments=secret),
        Step(tool="shelf.empty"),
    )
    seen = [await tools.call(step) for step in steps]
    assert [each.error for each in seen] == ["", "BadArguments", "UnknownTool", "LookupError"]
    assert "hunter2" not in "".join(each.model_dump_json() for each in seen)
    assert all("***" in each.model_dump_json() for each in seen)


def raising(error: BaseException) -> Tool:
    @tool(name="shelf.burn")
    async def burn_shelf() -> None:
        """Burn the shelf, and all that is on it."""
        raise error

    return burn_shelf


@pytest.mark.parametrize("error", [Lost("gone"), Misuse("wrong"), Conflict("changed"), asyncio.CancelledError()])
async def test_what_is_not_for_brains_goes_through(error: BaseException):
    with pytest.raises(type(error)):
        await box(raising(error)).call(Step(tool="shelf.burn"))


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Rejected("the shelf is not ours"), "the shelf is not ours"),
        (Unprintable(), "<exception str() failed>"),
        (ValueError(), "no message"),
        (ValueError("name \udcff"), "name ?"),
        (ExceptionGroup("two", [ValueError("a"), KeyError("b")]), "two (2 sub-exceptions)"),
        (SystemExit("bye"), "shelf.burn called sys.exit('bye')"),
    ],
)
async def test_every_other_error_is_an_observation(error: BaseException, message: str):
    seen = await box(raising(error)).call(Step(tool="shelf.burn"))
    assert (seen.ok, seen.message, seen.output) == (False, message, None)
    assert bool(seen.traceback) is not isinstance(error, Rejected)


async def test_long_errors_are_cut():
    seen = await box(raising(ValueError("x" * 1_000_000))).call(Step(tool="shelf.burn"))
    assert len(seen.message) <= 2001
    assert len(seen.traceback) <= 2000


async def test_a_cause_is_told():
    @tool
    async def read_shelf() -> None:
        """Read what is on the shelf."""
        try:
            _fail_deep()
        except LookupError as error:
            raise OSError("unreadable") from error

    seen = await box(read_shelf).call(Step(tool="read_shelf"))
    assert seen.traceback.endswith("OSError: unreadable\ncaused by LookupError: the shelf is empty, token=hunter2\n")


async def test_a_broken_contract_is_told():
    @tool
    async def count_shelves() -> int:
        """Count the shelves of the whole shop."""
        return "many"  # type: ignore[return-value] # the fault under test

    seen = await box(count_shelves).call(Step(tool="count_shelves"))
    assert seen.error == "BrokenContract"
    assert seen.message.split(": ") == snapshot(
        [
            'count_shelves ran, but gave "many", which breaks its contract (integer)',
            "Input should be a valid integer, unable to parse string as an integer. Its effect may have taken place.",
        ]
    )


async def test_cancellation_reaches_the_tool():
    stopped = asyncio.Event()

    @tool
    async def wait_forever() -> None:
        """Wait for something that never comes."""
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    running = asyncio.create_task(box(wait_forever).call(Step(tool="wait_forever")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert stopped.is_set()


async def test_a_tool_that_hangs_is_a_failed_call():
    @tool
    async def wait_forever() -> None:
        """Wait for something that never comes."""
        await asyncio.sleep(60)

    seen = await Tools([wait_forever], timeout_s=0.05).call(Step(tool="wait_forever"))
    assert (seen.error, seen.message) == ("TimeoutError", "wait_forever: no answer within 0.05 s; it was cancelled.")


class Foreign:
    """A tool that knows nothing of ours: schemas only."""

    def __init__(self, output: JsonValue = 1) -> None:
        self.output = output
        self.spec = ToolSpec(
            name="foreign",
            description="A foreign tool",
            risk=Risk.READ,
            parameters={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
            returns={"type": "integer"},
        )
        self.seen: list[Mapping[str, JsonValue]] = []

    async def before(self, arguments: Mapping[str, JsonValue]) -> Prepared:
        return Prepared(before=dict(arguments))

    async def run(self, arguments: Mapping[str, JsonValue]) -> JsonValue:
        self.seen.append(arguments)
        return self.output

    async def undo(self, before: JsonValue) -> None: ...

    async def applied(self, arguments: Mapping[str, JsonValue], before: JsonValue) -> bool | None: ...


async def test_a_foreign_tool_is_held_to_its_schemas():
    foreign = Foreign()
    tools = Tools([foreign])
    assert (await tools.call(Step(tool="foreign", arguments={"n": "3"}))).ok
    assert foreign.seen == [{"n": 3}]
    assert (await tools.call(Step(tool="foreign", arguments={"m": 3}))).error == "BadArguments"
    broken = Tools([Foreign("x")])
    assert (await broken.call(Step(tool="foreign", arguments={"n": 3}))).error == "BrokenContract"


def nested(levels: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", ["\ud800", nested(250), nested(1000)], ids=["surrogate", "deep", "deeper"])
async def test_what_cannot_be_written_down_reaches_no_tool(value: JsonValue):
    called: list[JsonValue] = []

    @tool
    def note_value(value: Annotated[JsonValue, Field(description="anything")]) -> None:
        """Note the value that is given."""
        called.append(value)

    step = Step.model_construct(tool="note_value", arguments={"value": value}, why="")
    seen = await box(note_value).call(step)
    assert (seen.error, called) == ("BadArguments", [])
    seen.model_dump_json()


async def test_numbers_too_long_for_python_to_write_raise_nothing():
    seen = await call("config.set", file="a", value="b", kind=10**5000)
    assert (seen.error, "kind: given something of type int" in seen.message) == ("BadArguments", True)


@pytest.mark.parametrize("levels", [10, 200, 225, 250, 1000])
async def test_an_output_that_is_given_on_can_be_written_down(levels: int):
    @tool
    def nest_value() -> JsonValue:
        """Nest a value into many lists."""
        return nested(levels)

    seen = await box(nest_value).call(Step(tool="nest_value"))
    assert seen.ok or seen.error == "BrokenContract"
    assert seen.ok or levels > 200
    seen.model_dump_json()


def test_specs_keep_their_order():
    assert [spec.name for spec in box(empty_shelf).specs] == ["config.set", "open_connection", "shelf.empty"]


def test_two_tools_with_one_name_on_the_wire_are_refused():
    @tool
    def config_set() -> None:
        """Change some other setting of another file."""

    with pytest.raises(Misuse, match=r"called config_set and config\.set"):
        box(config_set)


def test_find_gives_the_guarded_tool():
    found = box().find(Step(tool="config_set", arguments={"file": "a", "value": "b"}))
    assert not isinstance(found, Observation)
    assert found.spec == set_config.spec
    wrong = box().find(Step(tool="config_set", arguments={"file": "a"}))
    assert isinstance(wrong, Observation)
    assert wrong.error == "BadArguments"


_text = st.text(st.characters(exclude_categories=()), max_size=8)  # half surrogate pairs too
_json: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from(["config.set", "config_set", "open_connection"]) | st.text(max_size=80) | _text
_keys = st.sampled_from(["file", "value", "port", "kind", "address", "rate", "tags"]) | _text


@given(name=_names, arguments=st.dictionaries(_keys, _json, max_size=5))
@settings(max_examples=150, deadline=None)
def test_whatever_a_brain_invents_nothing_raises(name: str, arguments: dict[str, JsonValue]):
    step = Step(tool=name, arguments=arguments)
    tools = box()
    found = tools.find(step)
    seen = asyncio.run(tools.call(step))
    assert seen.ok is not isinstance(found, Observation)
    assert seen.ok or (seen.message and seen.hint)
    seen.model_dump_json()
