"""The tables of a database in words."""

from prunella.tools.packs.sql.catalog import Table
from prunella.tools.packs.sql.engine import Session, quoted
from prunella.tools.packs.sql.faults import unknown_table
from prunella.tools.packs.sql.words import count

_MOST_TABLES = 30
_MOST_COUNTED = 10_000


def describe(session: Session, name: str) -> str:
    """One table, or all of them; of many only the names. Raises Rejected for an unknown one."""
    catalog = session.catalog()
    if name:
        found = catalog.find(name)
        if found is None:
            raise unknown_table(name, catalog)
        return found.describe(_about(session, found))
    if len(catalog.tables) > _MOST_TABLES:
        names = ", ".join(table.name for table in catalog.tables)
        return f"{len(catalog.tables)} tables; ask for one to see its columns: {names}"
    return "\n\n".join(table.describe(_about(session, table)) for table in catalog.tables) or "There are no tables."


def _about(session: Session, table: Table) -> str:
    if table.kind != "table":
        return ""
    if table.estimate is not None and table.estimate > _MOST_COUNTED:
        return f"about {table.estimate:,} rows"
    return exactly(session, table)


def exactly(session: Session, table: Table) -> str:
    """How many rows it holds, counted as far as that is cheap."""
    rows = session.count(source(table), _MOST_COUNTED + 1)
    return f"over {_MOST_COUNTED:,} rows" if rows > _MOST_COUNTED else count(rows)


def source(table: Table) -> str:
    """The table as SQL names it, schema and all."""
    return ".".join(quoted(part) for part in table.path)
