"""What a change does, for the people who are asked about it."""

from collections.abc import Sequence

from prunella.domain.frozen import JsonValue
from prunella.redaction.redactor import Redactor
from prunella.tools.packs.sql.image import Image, Touch

_MOST_ROWS = 5
_MOST_COLUMNS = 8
_LONGEST_VALUE = 60


def tell(name: str, image: Image) -> str:
    """`orders: 3 rows: status paid → refunded`; secrets blacked out. `name` is the table's."""
    added = [touch for touch in image.touches if touch.was is None]
    gone = [touch for touch in image.touches if touch.becomes is None]
    changed = [touch for touch in image.touches if touch.was and touch.becomes]
    parts = [
        f"{name}: {_rows(changed)}: {_changes(image, changed)}" if changed else "",
        f"{name}: {_rows(added)} added: {_keys(image, added)}" if added else "",
        f"{name}: {_rows(gone)} deleted: {_keys(image, gone)}" if gone else "",
    ]
    return "\n".join(part for part in parts if part) or f"{name}: 0 rows"


def count(touches: int) -> str:
    return f"{touches:,} row{'' if touches == 1 else 's'}"


def _rows(touches: Sequence[Touch]) -> str:
    return count(len(touches))


def _keys(image: Image, touches: Sequence[Touch]) -> str:
    return _some(
        [
            " ".join(f"{name} {_value(name, cell)}" for name, cell in zip(image.key, image.key_of(touch), strict=True))
            for touch in touches
        ]
    )


def _changes(image: Image, touches: Sequence[Touch]) -> str:
    """Each column that changes, with what becomes of what."""
    columns = [(place, name) for place, name in enumerate(image.columns) if name in image.changed]
    told = [f"{name} {_some(_pairs(place, name, touches))}" for place, name in columns]
    more = f", and {len(told) - _MOST_COLUMNS} more columns" if len(told) > _MOST_COLUMNS else ""
    return (", ".join(told[:_MOST_COLUMNS]) or "nothing changes") + more


def _pairs(place: int, name: str, touches: Sequence[Touch]) -> list[str]:
    pairs = [(touch.was[place], touch.becomes[place]) for touch in touches if touch.was and touch.becomes]
    return list(dict.fromkeys(f"{_value(name, was)} → {_value(name, then)}" for was, then in pairs if was != then))


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _MOST_ROWS} more" if len(texts) > _MOST_ROWS else ""
    return "; ".join(texts[:_MOST_ROWS]) + more


def _value(name: str, cell: JsonValue) -> str:
    shown = Redactor().value({name: _plain(cell)})
    text = str(shown[name]) if isinstance(shown, dict) else ""
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _plain(cell: JsonValue) -> JsonValue:
    match cell:
        case None:
            return "NULL"
        case {"real": str(text)}:
            return str(float.fromhex(text))
        case {"blob": str(text)} | {"text": str(text)}:
            return f"({len(text) * 3 // 4} bytes)"
        case _:
            return str(cell)
