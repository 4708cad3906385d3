"""What a query gave, as a brain reads it."""

from collections.abc import Sequence
from itertools import islice
from typing import cast

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue
from prunella.redaction.redactor import Redactor
from prunella.tools.packs.sql.engine import Answer

_MOST_COUNTED = 100_000
_LONGEST_CELL = 2_000
_PASSWORD = "password"  # noqa: S105 -- the name of a field that hides its value


class Rows(Frozen):
    """The rows of an answer, each in the order of `columns`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[JsonValue, ...], ...]
    left_out: int = Field(default=0, description="how many more rows there are")
    note: str = ""


def collect(answer: Answer, most: int, hidden: frozenset[str]) -> Rows:
    """The first `most` rows, with secrets blacked out: those of columns named like one, and of `hidden` columns."""
    redactor = Redactor()
    names = tuple(_PASSWORD if name in hidden else name for name in answer.columns)
    kept = tuple(_row(row, names, redactor) for row in islice(answer.rows, most))
    left_out = sum(1 for _ in islice(answer.rows, _MOST_COUNTED))
    note = f"at least {left_out} more rows were not counted further" if left_out == _MOST_COUNTED else ""
    return Rows(columns=answer.columns, rows=kept, left_out=left_out, note=note)


def _row(row: Sequence[object], names: Sequence[str], redactor: Redactor) -> tuple[JsonValue, ...]:
    return tuple(_cell(name, value, redactor) for name, value in zip(names, row, strict=True))


def _cell(name: str, value: object, redactor: Redactor) -> JsonValue:
    shown = redactor.value({name: as_shown(value)})
    return shown[name] if isinstance(shown, dict) else shown


def as_shown(value: object) -> JsonValue:
    """A value that JSON can hold; bytes in hex, what JSON has no form for as text, long texts cut."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if abs(value) < float("inf") else str(value)
        case bytes():
            return _cut(f"\\x{value.hex()}", len(value), "bytes")
        case list() | tuple():
            return [as_shown(item) for item in cast("Sequence[object]", value)]
        case dict():
            return {str(key): as_shown(item) for key, item in cast("dict[object, object]", value).items()}
        case _:
            text = str(value).encode("utf-8", "replace").decode()
            return _cut(text, len(text), "characters")


def _cut(text: str, size: int, unit: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}… ({size:,} {unit})"
