"""Rows as they were and as they shall be: what an undo needs, and whether the world is at the one or the other."""

import json
from collections.abc import Iterable, Sequence

from prunella.domain.frozen import Frozen, JsonValue
from prunella.errors import Conflict
from prunella.tools.packs.sql.catalog import Table
from prunella.tools.packs.sql.engine import Row, Session


class Touch(Frozen):
    """One row before and after; None: it is not there."""

    was: Row | None
    becomes: Row | None


class Image(Frozen):
    """Rows of one table. `columns` are all of the table's, in the rows' order; `loose` are those whose new value is
    known only when it is there.
    """

    table: tuple[str, str]
    columns: tuple[str, ...]
    key: tuple[str, ...]
    loose: tuple[str, ...]
    touches: tuple[Touch, ...]

    @property
    def keys(self) -> tuple[Row, ...]:
        return tuple(self.key_of(touch) for touch in self.touches)

    @property
    def changed(self) -> tuple[str, ...]:
        """The columns that differ in any row that is there before and after."""
        pairs = [(touch.was, touch.becomes) for touch in self.touches if touch.was and touch.becomes]
        return tuple(
            name
            for place, name in enumerate(self.columns)
            if name in self.loose or any(was[place] != becomes[place] for was, becomes in pairs)
        )

    def key_of(self, touch: Touch) -> Row:
        row = touch.was or touch.becomes or ()
        return tuple(row[self.columns.index(name)] for name in self.key)

    def agrees(self, row: Row | None, meant: Row | None) -> bool:
        """Are they the same but for loose columns?"""
        if row is None or meant is None:
            return row is meant
        return all(
            now == then or name in self.loose for name, now, then in zip(self.columns, row, meant, strict=True)
        )  # fmt: skip

    def same_start(self, other: "Image") -> bool:
        """Do both touch the same rows, in the same state?"""
        return {_id(t.was or self.key_of(t)) for t in self.touches} == {
            _id(t.was or other.key_of(t)) for t in other.touches
        }

    def same_end(self, other: "Image") -> bool:
        """Do both make the same of the same rows, but for loose columns?"""
        ends = {_id(other.key_of(touch)): touch.becomes for touch in other.touches}
        keys = [_id(key) for key in self.keys]
        return ends.keys() == set(keys) and all(
            self.agrees(ends[key], touch.becomes) for key, touch in zip(keys, self.touches, strict=True)
        )


def rows_by_key(session: Session, table: Table, keys: Sequence[Row]) -> dict[str, Row]:
    """The rows that are there, by `identity` of their keys."""
    places = table.positions(table.key)
    rows = session.image(table, keys) if keys else []
    return {_id([row[place] for place in places]): tuple(row) for row in rows}


def identity(key: Iterable[JsonValue]) -> str:
    return _id(key)


def is_at(image: Image, session: Session, table: Table) -> bool | None:
    """True when every row is as it shall be, False when every row is as it was, None when neither."""
    now = rows_by_key(session, table, image.keys)
    found = [(now.get(_id(key)), touch) for key, touch in zip(image.keys, image.touches, strict=True)]
    if all(row == touch.was for row, touch in found):
        return False
    return True if all(image.agrees(row, touch.becomes) for row, touch in found) else None


def put_back(image: Image, session: Session, table: Table) -> None:
    """Every row as it was; what is so already is left alone. Raises Conflict, before anything is written, when
    somebody else changed one of them since.
    """
    now = rows_by_key(session, table, image.keys)
    moved = [touch for touch in image.touches if now.get(_id(image.key_of(touch))) != touch.was]
    foreign = [touch for touch in moved if not image.agrees(now.get(_id(image.key_of(touch))), touch.becomes)]
    if foreign:
        raise Conflict(
            f"{table.name}: {_listed(image, foreign)} changed by somebody else since; nothing was put back. "
            "Compare by hand."
        )
    if added := [image.key_of(touch) for touch in moved if touch.was is None]:
        session.delete(table, added)
    writable = [column.name for column in table.columns if column.writable and column.name in image.changed]
    if writable and (changed := [touch.was for touch in moved if touch.was and touch.becomes]):
        session.update(table, writable, changed)
    if gone := [touch.was for touch in moved if touch.was and touch.becomes is None]:
        session.insert(table, gone)


def _listed(image: Image, touches: Sequence[Touch]) -> str:
    names = [
        ", ".join(f"{name} {value}" for name, value in zip(image.key, image.key_of(touch), strict=True))
        for touch in touches[:5]
    ]
    more = f" and {len(touches) - 5} more" if len(touches) > 5 else ""
    return f"{'; '.join(names)}{more} {'was' if len(touches) == 1 else 'were'}"


def _id(values: Iterable[JsonValue]) -> str:
    return json.dumps(list(values), sort_keys=True)
