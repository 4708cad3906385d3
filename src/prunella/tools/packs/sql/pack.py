"""SqlPack: the tools over one database."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Annotated

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.service import SecretRef
from prunella.domain.tool import Prepared
from prunella.errors import Irrecoverable, Misuse, PrunellaError, Rejected, Unparsable
from prunella.fleet.secrets import resolve
from prunella.protocols import Tool
from prunella.redaction.keys import is_secret_key
from prunella.tools.packs.sql.address import PostgresAddress, parse_address
from prunella.tools.packs.sql.catalog import Catalog, Table
from prunella.tools.packs.sql.engine import Engine, EngineFailure, Fault, Session
from prunella.tools.packs.sql.faults import complaint, unknown_table
from prunella.tools.packs.sql.image import Image, is_at, put_back
from prunella.tools.packs.sql.postgres import PostgresEngine
from prunella.tools.packs.sql.reading import Rows, collect
from prunella.tools.packs.sql.rehearsal import Irreversible, carry_out, rehearse
from prunella.tools.packs.sql.schema import describe, exactly, source
from prunella.tools.packs.sql.sqlite import SqliteEngine
from prunella.tools.packs.sql.statement import Kind, Statement, explained, parse
from prunella.tools.packs.sql.words import count, tell
from prunella.tools.tool import tool

TableName = Annotated[str, Field(description="one table, or empty for all")]
Query = Annotated[str, Field(description="one SELECT, WITH … SELECT, VALUES, EXPLAIN or SHOW statement", min_length=1)]
Change = Annotated[
    str, Field(description="one INSERT, UPDATE, DELETE, CREATE, ALTER, DROP or TRUNCATE statement", min_length=1)
]


class Before(Frozen):
    """A change ahead of its effect: its rows, or (`image` None) why there is no undo and what the definitions were.

    `shape` is "" where a change leaves them alone.
    """

    statement: str
    image: Image | None = None
    why_not: str = ""
    shape: str = ""


class SqlPack:
    """Tools over the database at `url`: `sqlite:///path` or `postgresql://user@host/database`. Reads only, by the
    database's own guards, unless `writable`.

    The password may stand in the URL; better is `password`, a reference that is looked up (`env:` in `environ`) each
    time a connection is made. No message and no name of a tool shows it. `prefix` tells the tools of several
    databases apart. Raises Misuse for an address that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        writable: bool = False,
        password: SecretRef | None = None,
        environ: Mapping[str, str] | None = None,
        prefix: str = "sql",
        timeout_s: float = 30.0,
        most_undone: int = 10_000,
    ) -> None:
        if find_spec("sqlglot") is None:
            raise Misuse("The sql pack needs a parser that is not installed: pip install 'prunella[sql]'.")
        self._writable, self._prefix, self._most = writable, prefix, most_undone
        self._engine = _engine_at(url, timeout_s, password, environ or {})
        self._expected: dict[str, Before] = {}
        self._done: dict[str, Image] = {}
        self._failed: set[str] = set()

    def __repr__(self) -> str:
        return f"<SqlPack {self._engine.shown}{' writable' if self._writable else ''}>"

    def tools(self) -> tuple[Tool, ...]:
        """Two readers; a writer when that was asked for."""
        readers = (tool(name=f"{self._prefix}.schema")(self.schema), tool(name=f"{self._prefix}.query")(self.query))
        if not self._writable:
            return readers
        writer = tool(
            risk="change", name=f"{self._prefix}.execute", before=self.before, undo=self.undo, applied=self.applied
        )(self.execute)  # fmt: skip
        return (*readers, writer)

    def schema(self, table: TableName = "") -> str:
        """Describe the tables of the database: columns with their types, keys, and about how many rows each holds."""
        try:
            with self._engine.reading() as session:
                return describe(session, table)
        except EngineFailure as failure:
            raise self._complaint(failure, "", None) from failure

    def query(
        self, sql: Query, limit: Annotated[int, Field(description="the most rows wanted", ge=1, le=1000)] = 100
    ) -> Rows:
        """Ask the database with one SQL statement that only reads, and get columns and rows."""
        statement = self._readable(sql)
        try:
            with self._engine.reading() as session:
                self._refuse_effects(session, statement)
                return collect(session.ask(statement.text), limit, _hidden(statement))
        except EngineFailure as failure:
            raise self._complaint(failure, statement.text, statement) from failure

    def execute(self, sql: Change) -> str:
        """Change the database with one SQL statement, and tell which rows it changed."""
        statement = self._writable_statement(sql)
        expected = self._expected.pop(sql, None)
        self._failed.add(sql)
        try:
            with self._engine.writing() as session:
                said = self._do(session, statement, expected)
                self._failed.discard(sql)
                session.commit()
        except EngineFailure as failure:
            raise self._complaint(failure, statement.text, statement) from failure
        return said

    def before(self, sql: str) -> Prepared:
        """Tries the change out in a transaction that is rolled back."""
        statement = self._writable_statement(sql)
        try:
            with self._engine.writing() as session:
                prepared = self._prepared(session, sql, statement)
        except EngineFailure as failure:
            raise self._complaint(failure, statement.text, statement) from failure
        self._expected[sql] = Before.model_validate(prepared.before)
        self._failed.discard(sql)
        return prepared

    def undo(self, before: Before) -> None:
        """Rows as they were. Raises Conflict when somebody else changed them since, Irrecoverable without an image."""
        try:
            with self._engine.writing() as session:
                if before.image is None:
                    self._must_be_undone(session, before)
                    return
                image = self._done.get(before.model_dump_json(), before.image)
                put_back(image, session, _same_table(session.catalog(), image))
                session.commit()
        except EngineFailure as failure:
            raise Irrecoverable(f"{before.statement!r} could not be put back: {failure}.") from failure

    def applied(self, arguments: dict[str, JsonValue], before: Before) -> bool | None:
        self._expected[str(arguments["sql"])] = before
        with self._engine.reading() as session:
            if before.image is not None:
                return is_at(before.image, session, _same_table(session.catalog(), before.image))
            return False if before.shape and session.shape() == before.shape else None

    def _readable(self, sql: str) -> Statement:
        statement = self._parsed(sql)
        inner = explained(statement, self._engine.dialect) or statement
        if inner.kind is not Kind.READ:
            writer = (
                f" Use {self._prefix}.execute for changes." if self._writable else " This database is read-only here."
            )
            verb = f"{statement.verb} {inner.verb}" if inner is not statement else inner.verb
            raise Rejected(
                f"{verb} {'with a part that writes' if inner.verb == 'SELECT' else 'is no read'}: {self._prefix}.query "
                f"takes SELECT, WITH … SELECT, VALUES, EXPLAIN or SHOW.{writer} {self._prefix}.schema lists the tables."
            )
        return statement

    def _writable_statement(self, sql: str) -> Statement:
        statement = self._parsed(sql)
        if statement.kind not in {Kind.ROWS, Kind.DEFINITION}:
            raise Rejected(
                f"{statement.verb} is nothing that {self._prefix}.execute does: it takes INSERT, UPDATE, DELETE, "
                f"MERGE, CREATE, ALTER, DROP or TRUNCATE. To read, use {self._prefix}.query."
            )
        return statement

    def _parsed(self, sql: str) -> Statement:
        try:
            return parse(sql, self._engine.dialect)
        except Unparsable as error:
            raise self._engines_word(sql, error) from error

    def _engines_word(self, sql: str, error: Unparsable) -> PrunellaError:
        """What the database itself says of a text that our parser cannot read; it is planned, not carried out."""
        explain = "EXPLAIN "
        try:
            with self._engine.reading() as session:
                session.ask(f"{explain}{sql}")
        except EngineFailure as failure:
            if failure.place is not None:
                failure.place = max(0, failure.place - len(explain))
            return self._complaint(failure, sql, None)
        return error

    def _refuse_effects(self, session: Session, statement: Statement) -> None:
        inner = explained(statement, self._engine.dialect) or statement
        if effects := session.effects(inner.functions):
            raise Rejected(f"{', '.join(effects)} may do more than read, so it is not called here.")

    def _prepared(self, session: Session, sql: str, statement: Statement) -> Prepared:
        catalog = session.catalog()
        for schema, name in statement.dropped:
            if catalog.find(name, schema) is None:
                raise unknown_table(name, catalog)
        if statement.kind is Kind.DEFINITION:
            return self._definition(session, sql, statement, catalog)
        try:
            image = rehearse(
                session, statement, catalog, self._most, foresees_keys=self._engine.foresees_keys
            )  # fmt: skip
        except Irreversible as why:
            return self._irreversible(sql, statement, str(why), why.rows)
        return self._reversible(session, sql, statement, _same_table(catalog, image), image)

    def _reversible(self, session: Session, sql: str, statement: Statement, table: Table, image: Image) -> Prepared:
        touched = sum(1 for touch in image.touches if touch.was is not None)
        is_all = touched > 1 and session.count(source(table), touched + 1) == touched
        return Prepared(
            before=Before(statement=sql, image=image).model_dump(mode="json"),
            touches=(f"table:{table.name}",),
            difference=tell(table.name, image),
            must_ask=statement.must_ask or (f"it touches all {touched:,} rows of {table.name}" if is_all else ""),
            rows=len(image.touches),
        )

    def _irreversible(self, sql: str, statement: Statement, why: str, rows: str, shape: str = "") -> Prepared:
        told = f"{rows}: " if rows else ""
        return Prepared(
            before=Before(statement=sql, why_not=why, shape=shape).model_dump(mode="json"),
            touches=tuple(f"table:{f'{schema}.{name}' if schema else name}" for schema, name in statement.tables),
            difference=f"{told}{statement.text}",
            reversible=False,
            note=why,
            must_ask=statement.must_ask,
        )

    def _definition(self, session: Session, sql: str, statement: Statement, catalog: Catalog) -> Prepared:
        lost = [table for schema, name in statement.dropped if (table := catalog.find(name, schema))]
        rows = "; ".join(f"{table.name}: {exactly(session, table)}" for table in lost)
        why = f"{statement.verb} changes what the database is, and no image of rows brings that back"
        shape = "" if statement.verb in {"TRUNCATE", "MERGE"} else session.shape()
        return self._irreversible(sql, statement, why, rows, shape)

    def _do(self, session: Session, statement: Statement, expected: Before | None) -> str:
        """Executes; what was rehearsed only if it still comes out the same."""
        if expected is None or expected.image is None:
            changed = session.execute(statement.text)
            return f"{count(changed)} changed" if statement.kind is Kind.ROWS and changed >= 0 else "done"
        table = _same_table(session.catalog(), expected.image)
        done = carry_out(session, statement, table, expected.image)
        self._done[expected.model_dump_json()] = done.model_copy(update={"loose": ()})
        return tell(table.name, done)

    def _must_be_undone(self, session: Session, before: Before) -> None:
        """Nothing to do when it never took effect. Raises Irrecoverable otherwise."""
        if before.statement in self._failed or (before.shape and session.shape() == before.shape):
            return
        raise Irrecoverable(f"{before.statement!r} cannot be put back: {before.why_not}.")

    def _complaint(self, failure: EngineFailure, sql: str, statement: Statement | None) -> PrunellaError:
        return complaint(failure, sql, statement, self._catalog)

    def _catalog(self) -> Catalog:
        with self._engine.reading() as session:
            return session.catalog()


def _engine_at(url: str, timeout_s: float, ref: SecretRef | None, environ: Mapping[str, str]) -> Engine:
    address = parse_address(url)
    if not isinstance(address, PostgresAddress):
        return SqliteEngine(address, timeout_s)

    def password() -> str:
        """In a thread of its own: where we are called from a loop may run."""
        if ref is None:
            return address.password
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, resolve(ref, environ)).result()

    return PostgresEngine(address, timeout_s, password)


def _same_table(catalog: Catalog, image: Image) -> Table:
    """The table of the image. Raises EngineFailure when it is not what it was."""
    found = next((table for table in catalog.tables if table.path == image.table), None)
    if found is None or found.column_names != image.columns or found.key != image.key:
        raise EngineFailure(f"the table {image.table[1]} is not what it was", Fault.OTHER)
    return found


def _hidden(statement: Statement) -> frozenset[str]:
    """What columns made of secrets are called in the answer."""
    return frozenset(name for name, made_of in statement.outputs if any(is_secret_key(each) for each in made_of))
