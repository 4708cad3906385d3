"""One SQL statement: what it does, as its text says. The database's own guards do not depend on this reading."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from prunella.errors import Rejected, Unparsable

if TYPE_CHECKING:
    from sqlglot import Token, exp


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EXPLAIN = re.compile(r"(?:/\*.*?\*/|--[^\n]*\n|\s)*EXPLAIN\b", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(r"\s*(?:\([^)]*\)|ANALY[SZ]E\b|VERBOSE\b|QUERY\s+PLAN\b)", re.IGNORECASE)
_COMPUTES = _words("""
    Abs And Avg Between Bracket Case Cast Ceil Coalesce Concat ConcatWs Count DPipe Exists Floor Greatest If JSONExtract
    JSONExtractScalar JSONArray JSONObject Least Left Length Like Lower LPad LTrim Max Min Mod Nullif Or Pad Pow
    RegexpLike RegexpReplace Repeat Replace Right Round RPad RTrim Sign Sqrt StrPosition Substring Sum Trim Upper Xor
""")


class Kind(StrEnum):
    """What a statement is for."""

    READ = "read"
    ROWS = "rows"  # INSERT, UPDATE, DELETE
    DEFINITION = "definition"  # CREATE, ALTER, DROP, TRUNCATE, MERGE: what nobody can foresee row by row
    OTHER = "other"


@dataclass(frozen=True)
class Statement:
    """`text` is without a final semicolon or comment; `verb` is its first word; `tree` is sqlglot's."""

    text: str
    verb: str
    kind: Kind
    tree: "exp.Expr"
    dialect: str

    @property
    def target(self) -> tuple[str, str]:
        """Schema ("" for none) and name of the table that INSERT, UPDATE or DELETE is about."""
        table = self._target()
        return (table.db, table.name) if table else ("", "")

    @property
    def alias(self) -> str:
        """What the target is called within the statement."""
        table = self._target()
        return table.alias_or_name if table else ""

    @property
    def tables(self) -> tuple[tuple[str, str], ...]:
        """Schema and name of every table that it names, those of its own WITH left out."""
        from sqlglot import exp

        own = {each.alias.casefold() for each in self.tree.find_all(exp.CTE)}
        found = (path for _, path in self.aliases)
        return tuple(dict.fromkeys(each for each in found if each[0] or each[1].casefold() not in own))

    @property
    def aliases(self) -> tuple[tuple[str, tuple[str, str]], ...]:
        """What each table is called in it, beside its schema and name."""
        from sqlglot import exp

        return tuple((table.alias_or_name, (table.db, table.name)) for table in self.tree.find_all(exp.Table))

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions that it calls by names of the database's own, as written."""
        from sqlglot import exp

        return tuple(dict.fromkeys(each.name for each in self.tree.find_all(exp.Anonymous)))

    @property
    def assigned(self) -> tuple[str, ...]:
        """The columns that an UPDATE, or an INSERT's DO UPDATE, gives a value."""
        return tuple(name for name, _ in self._assignments())

    @property
    def listed(self) -> tuple[str, ...] | None:
        """The columns that an INSERT gives; None: all of them, or it is none."""
        from sqlglot import exp

        schema = self.tree.this if isinstance(self.tree, exp.Insert) else None
        return tuple(each.name for each in schema.expressions) if isinstance(schema, exp.Schema) else None

    @property
    def uncertain(self) -> tuple[str, ...]:
        """The columns whose new value may be another each time: it comes from a clock, from chance or from afar."""
        return tuple(name for name, value in (*self._assignments(), *self._inserted()) if not _computes(value))

    @property
    def simple_source(self) -> str:
        """Table and WHERE of an UPDATE or DELETE of nothing more, to count its rows by; "" for any other."""
        from sqlglot import exp

        plain = {"this", "expressions", "where"}
        if not isinstance(self.tree, exp.Update | exp.Delete) or any(
            value for name, value in self.tree.args.items() if name not in plain
        ):
            return ""
        where, dialect = self.tree.args.get("where"), self.dialect
        table = self.tree.this.sql(dialect=dialect)
        return f"{table} {where.sql(dialect=dialect)}" if where else table

    @property
    def outputs(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What each column of a query's answer is called, beside the columns that it is made of; not for `*`."""
        from sqlglot import exp

        chosen = self.tree.selects if isinstance(self.tree, exp.Query) else []
        return tuple((each.alias_or_name, tuple(inner.name for inner in each.find_all(exp.Column))) for each in chosen)

    @property
    def has_returning(self) -> bool:
        return bool(self.tree.args.get("returning"))

    @property
    def replaces(self) -> bool:
        """Is it an INSERT that first deletes whatever is in its way?"""
        return str(self.tree.args.get("alternative") or "").upper() == "REPLACE"

    @property
    def must_ask(self) -> str:
        """Why a human is asked whatever else holds; "" when for nothing in its text."""
        return next((reason for node in self.tree.walk() if (reason := _grave(node))), "")

    @property
    def dropped(self) -> tuple[tuple[str, str], ...]:
        """Schema and name of the tables that must exist for it to work: it alters, drops or empties them."""
        from sqlglot import exp

        tree = self.tree
        is_table = str(tree.args.get("kind") or "TABLE").upper() in {"TABLE", "VIEW"}
        match tree:
            case exp.Drop() | exp.TruncateTable() if is_table and not tree.args.get("exists"):
                named = tree.args.get("tables") or tree.expressions
            case exp.Alter() if is_table and not tree.args.get("exists"):
                named = [tree.this]
            case _:
                named = []
        return tuple((each.db, each.name) for each in named if isinstance(each, exp.Table))

    def _target(self) -> "exp.Table | None":
        from sqlglot import exp

        this = self.tree.this
        table = this.this if isinstance(this, exp.Schema) else this
        return table if isinstance(table, exp.Table) else None

    def _assignments(self) -> "Iterator[tuple[str, exp.Expr]]":
        from sqlglot import exp

        conflict = self.tree.args.get("conflict")
        changes = self.tree.expressions if isinstance(self.tree, exp.Update) else []
        for each in (*changes, *(conflict.expressions if conflict else ())):
            columns = each.this.expressions if isinstance(each.this, exp.Tuple) else [each.this]
            yield from ((column.name, each.expression) for column in columns)

    def _inserted(self) -> "Iterator[tuple[str, exp.Expr]]":
        """The columns that an INSERT lists beside their values; beside the whole SELECT when there is one."""
        from sqlglot import exp

        source, listed = self.tree.args.get("expression"), self.listed or ()
        if not isinstance(self.tree, exp.Insert) or source is None:
            return
        rows = source.expressions if isinstance(source, exp.Values) else []
        for row in rows:
            yield from zip(listed, row.expressions, strict=False)
        if not rows:
            yield from ((name, source) for name in listed)


def parse(sql: str, dialect: str) -> Statement:
    """Raises Rejected for none or several, Unparsable for what sqlglot cannot read."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, SqlglotError

    logging.getLogger("sqlglot").addHandler(logging.NullHandler())  # it would write to stderr what it cannot read
    try:
        tokens = sqlglot.tokenize(sql, read=dialect)
        found = [each for each in sqlglot.parse(sql, read=dialect) if each and not isinstance(each, exp.Semicolon)]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        said = f"{first.get('description', 'it cannot be read')} near {first.get('highlight', '')!r}"
        raise Unparsable(f"{said}, line {first.get('line', 1)}", first.get("line")) from error
    except (SqlglotError, RecursionError) as error:
        raise Unparsable(f"The statement cannot be read: {_first_line(error)}") from error
    if len(found) != 1:
        raise Rejected(f"{len(found) or 'No'} statements were given in one text. Give one at a time.")
    return _statement(_trimmed(sql, tokens), found[0], dialect)


def explained(statement: Statement, dialect: str) -> Statement | None:
    """The statement inside an EXPLAIN; None when it is none."""
    start = _EXPLAIN.match(statement.text) if statement.verb == "EXPLAIN" else None
    if start is None:
        return None
    rest = statement.text[start.end() :]
    while option := _OPTION.match(rest):
        rest = rest[option.end() :]
    return parse(rest, dialect)


def _statement(text: str, tree: "exp.Expr", dialect: str) -> Statement:
    from sqlglot import exp

    verb = str(tree.this).upper() if isinstance(tree, exp.Command) else _verb(tree)
    return Statement(text, verb, _kind(tree, verb, dialect), tree, dialect)


def _verb(tree: "exp.Expr") -> str:
    from sqlglot import exp

    names = {exp.TruncateTable: "TRUNCATE", exp.SetOperation: "SELECT"}
    return next((name for kind, name in names.items() if isinstance(tree, kind)), type(tree).__name__.upper())


def _kind(tree: "exp.Expr", verb: str, dialect: str) -> Kind:
    from sqlglot import exp

    if isinstance(tree, exp.Insert | exp.Update | exp.Delete):
        return Kind.ROWS
    if isinstance(tree, exp.Query | exp.Values):
        writes = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Create, exp.Drop)
        return Kind.OTHER if tree.find(*writes) else Kind.READ
    is_definition = isinstance(tree, exp.Create | exp.Drop | exp.Alter | exp.TruncateTable | exp.Merge)
    if is_definition or verb in {"ALTER", "CREATE", "DROP", "REPLACE"}:
        return Kind.DEFINITION
    return Kind.READ if verb == "SHOW" and dialect == "postgres" else Kind.OTHER


def _trimmed(sql: str, tokens: "list[Token]") -> str:
    from sqlglot import TokenType

    ends = [token.end for token in tokens if token.token_type is not TokenType.SEMICOLON]
    return sql[: ends[-1] + 1] if ends else sql


def _grave(node: "exp.Expr") -> str:
    from sqlglot import exp

    match node:
        case exp.Drop():
            return f"it drops a {str(node.args.get('kind') or 'thing').lower()}"
        case exp.TruncateTable():
            return "it empties whole tables"
        case exp.Delete() | exp.Update() if not node.args.get("where"):
            return f"it is {'an UPDATE' if isinstance(node, exp.Update) else 'a DELETE'} without WHERE"
        case exp.Delete() | exp.Update() if not node.args["where"].find(exp.Column):
            return f"its WHERE ({node.args['where'].this.sql()}) looks at no column"
        case exp.Command() if str(node.this).upper() in {"DROP", "ALTER"}:
            return f"it is a {str(node.this).upper()} that cannot be read"
        case _:
            return ""


def _computes(value: "exp.Expr") -> bool:
    from sqlglot import exp

    return all(type(each).__name__ in _COMPUTES for each in value.find_all(exp.Func))


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "")
