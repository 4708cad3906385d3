import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pytest
from inline_snapshot import snapshot
from pydantic import BaseModel, Field

from prunella.domain.frozen import JsonValue
from prunella.domain.tool import Prepared, Risk
from prunella.errors import Irrecoverable, Misuse, Rejected
from prunella.protocols import Tool
from prunella.tools.contract import BadArguments, BrokenContract
from prunella.tools.tool import FunctionTool, tool, wire_name

Shelf = dict[str, int]


class Snapshot(BaseModel):
    sku: str
    price: int | None


def shelf_tool(shelf: Shelf, **options: Any) -> FunctionTool[..., int]:
    def before(sku: str, price: int, currency: str) -> Snapshot:
        assert isinstance(price, int)
        assert currency
        return Snapshot(sku=sku, price=shelf.get(sku))

    def undo(before: Snapshot) -> None:
        if before.price is None:
            shelf.pop(before.sku, None)
        else:
            shelf[before.sku] = before.price

    def is_applied(arguments: dict[str, JsonValue], before: Snapshot) -> bool | None:
        return shelf.get(before.sku) == arguments["price"] if arguments["currency"] == "EUR" else None

    hooks: dict[str, Any] = {"risk": "change", "before": before, "undo": undo, "applied": is_applied}

    @tool(**{**hooks, **options})
    def set_price(sku: str, price: int, currency: str = "EUR") -> int:
        """Set the shelf price of one article.

        Args:
            sku: The article's number.
            price: The new price,
                in cents.
            currency (str): ISO 4217 code.

        Returns:
            The price that is shown now.
        """
        shelf[sku] = price
        return price

    return set_price


def test_the_spec_says_what_brains_need():
    assert shelf_tool({}).spec.model_dump(mode="json") == snapshot(
        {
            "name": "set_price",
            "description": "Set the shelf price of one article.",
            "risk": "change",
            "parameters": {
                "additionalProperties": False,
                "properties": {
                    "sku": {"description": "The article's number.", "type": "string"},
                    "price": {"description": "The new price, in cents.", "type": "integer"},
                    "currency": {"default": "EUR", "description": "ISO 4217 code.", "type": "string"},
                },
                "required": ["sku", "price"],
                "type": "object",
            },
            "returns": {"type": "integer"},
            "settles": False,
        }
    )


async def test_a_change_is_recorded_made_looked_up_and_put_back():
    shelf = {"a": 1}
    deed = shelf_tool(shelf)
    arguments: dict[str, JsonValue] = {"sku": "a", "price": "3"}
    prepared = await deed.before(arguments)
    assert prepared == Prepared(before={"sku": "a", "price": 1}, touches=("tool:set_price",))
    assert await deed.applied(arguments, prepared.before) is False
    assert await deed.run(arguments) == 3
    assert shelf == {"a": 3}
    assert await deed.applied(arguments, prepared.before) is True
    assert await deed.applied({**arguments, "currency": "USD"}, prepared.before) is None
    await deed.undo(prepared.before)
    assert shelf == {"a": 1}


def test_called_like_a_function_it_is_the_function():
    shelf: Shelf = {}
    deed = shelf_tool(shelf)
    assert deed("x", price=3) == 3
    assert shelf == {"x": 3}
    assert deed.__name__ == "set_price"  # type: ignore[attr-defined] # copied from the function


async def test_bare_tool_only_reads():
    @tool
    async def get_weather(city: Annotated[str, Field(description="Its English name.")]) -> str:
        """Tell today's weather in a city."""
        return f"sunny in {city}"

    prepared = await get_weather.before({"city": "Rome"})
    assert get_weather.spec.risk is Risk.READ
    assert prepared == Prepared(before={"city": "Rome"})
    assert await get_weather.run({"city": "Rome"}) == "sunny in Rome"
    assert await get_weather("Rome") == "sunny in Rome"


@pytest.mark.parametrize("risk", ["change", "interrupt", "irreversible"])
async def test_without_undo_all_but_a_read_is_irreversible(risk: str):
    deed = shelf_tool({}, risk=risk, undo=None)
    prepared = await deed.before({"sku": "a", "price": 3})
    assert deed.spec.risk is Risk.IRREVERSIBLE
    assert (prepared.reversible, prepared.note) == (False, "set_price has no undo")
    with pytest.raises(Irrecoverable, match="set_price cannot be undone"):
        await deed.undo(prepared.before)


async def test_without_before_the_arguments_are_what_undo_gets():
    undone: list[object] = []
    deed = shelf_tool({}, before=None, undo=undone.append, applied=None)
    prepared = await deed.before({"sku": "a", "price": 3})
    await deed.undo(prepared.before)
    assert undone == [{"sku": "a", "price": 3}]
    assert await deed.applied({"sku": "a", "price": 3}, prepared.before) is None


async def test_prepared_goes_through_as_it_is():
    given = Prepared(before=[1], touches=("file:/a",), difference="-a\n+b", reversible=False, note="too late")

    async def before(**_: object) -> Prepared:
        return given

    assert await shelf_tool({}, before=before).before({"sku": "a", "price": 3}) == given


async def test_bytes_and_files_survive_the_journal(tmp_path: Path):
    file = tmp_path / "blob"
    file.write_bytes(b"\xff\x00old")

    def snapshot_file(text: str) -> bytes:
        del text
        return file.read_bytes()

    def restore(before: bytes) -> None:
        file.write_bytes(before)

    @tool(risk="change", before=snapshot_file, undo=restore)
    def write_blob(text: Annotated[str, Field(description="what it holds")]) -> None:
        """Write a text into the one file there is."""
        file.write_text(text)

    prepared = await write_blob.before({"text": "new"})
    assert await write_blob.run({"text": "new"}) is None
    assert file.read_bytes() == b"new"
    await write_blob.undo(Prepared.model_validate_json(prepared.model_dump_json()).before)
    assert file.read_bytes() == b"\xff\x00old"


class Thermostat:
    def __init__(self) -> None:
        self.degrees = 20.0

    def tools(self) -> tuple[Tool, ...]:
        return (tool(name="heating.set", risk="change", before=self.now, undo=self.put_back)(self.set),)

    async def now(self, degrees: float) -> float:
        del degrees
        return self.degrees

    async def put_back(self, before: float) -> None:
        self.degrees = before

    async def set(self, degrees: Annotated[float, Field(ge=5, le=30, description="in Celsius")]) -> float:
        """Set what the room is heated to."""
        self.degrees = degrees
        return degrees


async def test_bound_methods_are_tools_too():
    thermostat = Thermostat()
    (deed,) = thermostat.tools()
    prepared = await deed.before({"degrees": 25})
    assert await deed.run({"degrees": 25}) == 25
    await deed.undo(prepared.before)
    assert (deed.spec.description, thermostat.degrees) == ("Set what the room is heated to.", 20.0)
    with pytest.raises(BadArguments, match="less than or equal to 30"):
        await deed.run({"degrees": 31})


async def test_the_function_keeps_its_own_defaults():
    nothing = object()
    seen: list[object] = []

    def note_arguments(text: str, mark: Any = nothing) -> None:
        """Note down what it was given.

        Args:
            text: Anything at all.
            mark: Anything, or nothing.
        """
        seen.extend((text, mark))

    await tool(note_arguments).run({"text": "a"})
    assert seen == ["a", nothing]


async def test_parameters_may_be_called_like_model_attributes():
    @tool
    def find_schema(schema: str, model_config: int, _hidden: bool, copy: list[str]) -> list[object]:
        """Tell a schema by these strange names.

        Args:
            schema: One.
            model_config: Two.
            _hidden: Three.
            copy: Four.
        """
        return [schema, model_config, _hidden, *copy]

    given: dict[str, JsonValue] = {"schema": "s", "model_config": 1, "_hidden": "yes", "copy": ["c"]}
    assert await find_schema.run(given) == ["s", 1, True, "c"]


def returning(annotation: Any, result: Callable[[], object]) -> FunctionTool[..., object]:
    def tell_answer() -> object:
        """Tell the answer to everything that is asked."""
        return result()

    tell_answer.__annotations__["return"] = annotation
    return tool(tell_answer)


@pytest.mark.parametrize(
    ("annotation", "result", "said"),
    [
        (int, "three", "valid integer"),
        (int, True, "expected a number"),
        (float, float("nan"), "finite number"),
        (None, 3, "should be None"),
        (Snapshot, {"sku": "a"}, "price: Field required"),
        (list[int], [1, "x"], "1: Input should be a valid integer"),
        (str, "\udc80", "surrogates not allowed"),
        (Any, object(), "Unable to serialize"),
    ],
)
async def test_output_that_breaks_its_promise_is_a_failed_call(annotation: Any, result: object, said: str):
    with pytest.raises(BrokenContract, match=said):
        await returning(annotation, lambda: result).run({})


async def test_output_that_holds_itself_is_a_failed_call():
    ring: list[object] = []
    ring.append(ring)
    with pytest.raises(BrokenContract, match="tell_answer ran, but gave something of type list"):
        await returning(Any, lambda: ring).run({})


@pytest.mark.parametrize(
    ("annotation", "result", "output"),
    [
        (None, None, None),
        (Path, Path("/a"), "/a"),
        (Snapshot, Snapshot(sku="a", price=None), {"sku": "a", "price": None}),
        (tuple[int, ...], (1, 2), [1, 2]),
        (float, 3, 3),
        (JsonValue, {"a": [None, 1.5]}, {"a": [None, 1.5]}),
    ],
)
async def test_output_is_json(annotation: Any, result: object, output: JsonValue):
    assert await returning(annotation, lambda: result).run({}) == output


async def test_ordinary_functions_do_not_block_the_loop():
    thread = threading.get_ident()
    seen: list[int] = []

    def wait_briefly() -> None:
        seen.append(threading.get_ident())
        time.sleep(0.1)

    deed = returning(None, wait_briefly)
    running = asyncio.create_task(deed.run({}))
    await asyncio.sleep(0.01)
    assert not running.done()
    await running
    assert seen != [thread]


def raising(error: BaseException) -> Callable[[], object]:
    def fail() -> object:
        raise error

    return fail


@pytest.mark.parametrize("error", [SystemExit(2), StopIteration("end"), KeyboardInterrupt(), GeneratorExit()])
async def test_what_would_end_or_hang_the_process_is_an_ordinary_error(error: BaseException):
    with pytest.raises(RuntimeError, match=type(error).__name__):
        async with asyncio.timeout(5):
            await returning(None, raising(error)).run({})


async def test_an_async_tool_cannot_end_the_process():
    @tool
    async def leave_building() -> None:
        """Leave the building for good, now."""
        sys.exit(3)

    with pytest.raises(RuntimeError, match=r"leave_building called sys.exit\(3\)"):
        await leave_building.run({})


async def test_undo_waits_for_a_call_that_was_given_up():
    shelf = {"a": 1}
    started = threading.Event()

    def set_slowly(before: Shelf) -> None:
        shelf.update(before)

    @tool(risk="change", before=lambda: dict(shelf), undo=set_slowly)
    def raise_price() -> None:
        """Raise the price of the one article."""
        started.set()
        time.sleep(0.2)
        shelf["a"] = 99

    prepared = await raise_price.before({})
    running = asyncio.create_task(raise_price.run({}))
    await asyncio.to_thread(started.wait, 5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await raise_price.undo(prepared.before)
    await asyncio.sleep(0.3)
    assert shelf == {"a": 1}


async def test_an_undo_is_given_only_what_it_says_it_takes():
    with pytest.raises(ValueError, match="price"):
        await shelf_tool({}).undo({"sku": "a"})


async def test_bad_arguments_reach_neither_the_hook_nor_the_function():
    shelf: Shelf = {}
    deed = shelf_tool(shelf)
    for call in (deed.before, deed.run):
        with pytest.raises(Rejected, match="price: missing"):
            await call({"sku": "a"})
    assert shelf == {}


def by_sku(sku: str) -> str:
    return sku


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"risk": "read"}, "has an undo but only reads"),
        ({"before": by_sku}, "`before` must take the tool's own parameters"),
        ({"undo": lambda: None}, "`undo` must take what `before` gave"),
        ({"applied": by_sku}, "`applied` must take the arguments"),
        ({"name": "set price"}, "no name for a tool"),
        ({"name": "a.b.c"}, "no name for a tool"),
        ({"name": f"set_{'p' * 61}"}, "no name for a tool"),
        ({"name": "process_data"}, "say what it does, as `format_csv_for_accounting_upload` does"),
    ],
)
def test_misfits_are_refused_when_decorated(options: dict[str, Any], said: str):
    with pytest.raises(Misuse, match=said):
        shelf_tool({}, **options)


def star(*names: str) -> None:
    """Take as many names as there are."""


def only_by_place(name: str, /) -> None:
    """Take a name by its place only."""


def with_field(name: str = Field("x", description="a name")) -> None:
    """Take a name with a field default."""


def of_threads(lock: threading.Thread) -> None:
    """Take something that has no JSON form."""


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (star, "name each parameter"),
        (only_by_place, "name each parameter"),
        (with_field, "inside Annotated"),
        (of_threads, "type without a JSON form"),
        (Thermostat.set, "method without its object"),
        (lambda: None, "no name for a tool"),
    ],
)
def test_signatures_that_brains_cannot_call_are_refused(function: Callable[..., object], said: str):
    with pytest.raises(Misuse, match=said):
        tool(function)


def test_wire_names():
    assert (wire_name("config.set"), wire_name("get_weather"), wire_name("a b/ü-1")) == (
        "config_set",
        "get_weather",
        "a_b__-1",
    )
    assert len(wire_name("x" * 100)) == 64


async def test_an_object_with_an_async_call_is_a_tool():
    class Greeter:
        """Greet somebody by the given name.

        Args:
            name: Whom to greet.
        """

        async def __call__(self, name: str) -> str:
            return f"hello {name}"

    assert await tool(name="greet_person")(Greeter()).run({"name": "Ada"}) == "hello Ada"


async def test_a_partial_is_run_where_it_is_awaited():
    async def greet(greeting: str, before: object) -> None:
        shown.append(f"{greeting} {before}")

    shown: list[str] = []
    await shelf_tool({}, undo=partial(greet, "hello"), before=None).undo("you")
    assert shown == ["hello you"]


def test_importing_it_loads_no_framework():
    code = "import sys, prunella.tools.tool, prunella.tools.toolbox; print([m for m in sys.modules if 'lang' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"
