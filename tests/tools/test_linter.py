from collections.abc import Callable
from typing import Annotated, Any, cast

import pytest
from inline_snapshot import snapshot
from pydantic import Field

from prunella.errors import Misuse
from prunella.tools.linter import lint
from prunella.tools.tool import tool

GOOD = "Tell how the service with this name is doing."


def named(name: str, doc: str = GOOD) -> Callable[[], None]:
    def function() -> None: ...

    function.__name__, function.__doc__ = name, doc
    return function


@pytest.mark.parametrize(
    "name",
    [
        "process_data", "handle_x", "do_it", "run", "execute", "manage", "util", "helper", "data", "info", "tool_1",
        "processData", "get_data", "perform_action", "my_tool", "run_it", "handle", "do_stuff", "func2", "data.process",
        "get_info", "helper_function", "_", "x",
    ],
)  # fmt: skip
def test_vague_names_are_refused(name: str):
    with pytest.raises(Misuse, match="say what it does, as `format_csv_for_accounting_upload` does"):
        tool(named(name))


@pytest.mark.parametrize(
    "name",
    [
        "check_service_status", "update_service_config", "set_price", "get_weather", "search", "fetch", "config.set",
        "services.restart", "files.list", "http.get", "shell.run", "format_csv_for_accounting_upload", "run_tests",
        "getWeather", "process_refund", "retry", "add", "multiply", "send_mail", "list_tasks", "execute_sql",
    ],
)  # fmt: skip
def test_names_that_tell_are_accepted(name: str):
    assert tool(name=name)(named("f")).spec.name == name


@pytest.mark.parametrize("doc", ["", "Sets.", "Set the price.", "Set prices of the price.", "This tool sets the price"])
def test_thin_docstrings_are_refused(doc: str):
    with pytest.raises(Misuse, match=r"too thin|only repeats the name"):
        tool(named("set_price", doc))


@pytest.mark.parametrize("doc", ["Set an article's shelf price.", "指定した商品の価格を変更する。"])
def test_docstrings_that_say_more_are_accepted(doc: str):
    tool(named("set_price", doc))


def set_price(sku, price: int, currency: Annotated[str, Field(description="ISO 4217 code")]):  # type: ignore[no-untyped-def] # noqa: ANN001 - the fault under test
    """Set the shelf price of one article.

    Args:
        sku: The article's number.
        prise: The new price.
    """


def test_everything_wrong_is_said_at_once():
    with pytest.raises(Misuse) as refused:
        tool(name="do_it")(cast("Callable[..., object]", set_price))
    assert str(refused.value) == snapshot("""\
Brains could not use the tool do_it rightly:
- `do_it` does not tell: say what it does, as `format_csv_for_accounting_upload` does.
- Parameter `price` is not described: add it to `Args:` or use Annotated with Field.
- `Args:` describes `prise`, which is no parameter.
- Parameter `sku` has no type.
- What it returns has no type: write `-> None` for nothing.\
""")


def test_a_good_tool_has_no_problems():
    def good(name: Annotated[Any, Field(description="which one")]) -> Any:
        """Tell how the service is doing."""
        return name

    made = tool(name="check_status")(good)
    assert lint(made.spec, good) == ()
