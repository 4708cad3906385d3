"""SQL lives in `.sql` files, one statement each."""

from functools import cache
from importlib.resources import files


@cache
def sql(name: str) -> str:
    """The statement in `sql/<name>.sql`."""
    return (files("prunella.storage") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
