"""What is in a database: tables, columns, keys; and what somebody probably meant."""

from collections.abc import Iterable
from dataclasses import dataclass

from prunella.nearest import nearest


@dataclass(frozen=True)
class Column:
    """`default` is SQL, None for none. `writable` is False for what the database computes itself."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    writable: bool = True


@dataclass(frozen=True)
class Link:
    """A foreign key: `columns` hold what `to_columns` of `to` hold; `to_columns` is empty for its primary key."""

    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """`name` is as a query may write it, with its schema only where it needs one; `path` is schema and name.

    `kind` is `table`, `view` or what else the database calls it. `estimate` is the planner's count of rows, None
    when it has none. `triggers` are those that people made.
    """

    name: str
    path: tuple[str, str]
    kind: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    triggers: tuple[str, ...] = ()
    estimate: int | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def positions(self, names: Iterable[str]) -> tuple[int, ...]:
        known = self.column_names
        return tuple(known.index(name) for name in names)

    def describe(self, rows: str) -> str:
        """One line for the table, one for each column. `rows` says how many it holds."""
        lines = [f"{self.name} ({', '.join(part for part in (self._kind(), rows) if part)})"]
        lines += [f"  {self._column(column)}" for column in self.columns]
        if len(self.key) > 1:
            lines.append(f"  primary key ({', '.join(self.key)})")
        lines += [f"  {link.columns} → {link.to}" for link in self._wide_links()]
        return "\n".join(lines)

    def _kind(self) -> str:
        return "" if self.kind == "table" else self.kind

    def _column(self, column: Column) -> str:
        parts = [f"{column.name} {column.type}".strip()]
        if self.key == (column.name,):
            parts.append("primary key")
        elif not column.nullable:
            parts.append("not null")
        parts += [f"→ {_target(link)}" for link in self.links if link.columns == (column.name,)]
        return ", ".join(parts)

    def _wide_links(self) -> Iterable["Link"]:
        return (link for link in self.links if len(link.columns) > 1)


@dataclass(frozen=True)
class Catalog:
    """Everything that can be asked for. `folds` says how a name without quotes is read: `lower`, or any `case`."""

    tables: tuple[Table, ...]

    def find(self, name: str, schema: str = "") -> Table | None:
        """By name, exact before any case; a name may hold its schema."""
        wanted = f"{schema}.{name}" if schema else name
        exact = [table for table in self.tables if wanted in {table.name, ".".join(table.path)}]
        folded = wanted.casefold()
        loose = [table for table in self.tables if folded in {table.name.casefold(), ".".join(table.path).casefold()}]
        return next(iter((*exact, *loose)), None)

    def near_tables(self, name: str) -> tuple[str, ...]:
        """The names most like it; all of them when there are few and none is like it."""
        known = [table.name for table in self.tables]
        bare = {known_name.rpartition(".")[2]: known_name for known_name in known}
        found = nearest(name, known) or tuple(bare[each] for each in nearest(name.rpartition(".")[2], bare))
        return found or (tuple(known) if len(known) <= _MANY else ())

    def near_columns(self, name: str, tables: tuple[Table, ...]) -> tuple[str, ...]:
        """`table.column`, likeliest first, those of `tables` before others; all of `tables` when none is like it."""
        others = tuple(table for table in self.tables if table not in tables)
        found = (*near_in(tables, name), *near_in(others, name))
        return found[:_FEW] or tuple(f"{table}.{column}" for table, column in _columns(tables)[:_MANY])


def near_in(tables: tuple[Table, ...], name: str) -> tuple[str, ...]:
    """`table.column` of these tables that are like a name, likeliest first."""
    known = _columns(tables)
    likely = nearest(name, (column for _, column in known))
    return tuple(f"{table}.{column}" for near in likely for table, column in known if column == near)


def _columns(tables: tuple[Table, ...]) -> list[tuple[str, str]]:
    return [(table.name, column) for table in tables for column in table.column_names]


def _target(link: Link) -> str:
    return f"{link.to}.{link.to_columns[0]}" if link.to_columns else link.to


_FEW = 5
_MANY = 30
