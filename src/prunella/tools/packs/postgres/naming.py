"""Which table, view or sequence a brain means, and what it is called in SQL."""

from typing import Annotated

from pydantic import Field

from prunella.domain.frozen import Frozen
from prunella.errors import Rejected
from prunella.nearest import nearest
from prunella.servers.postgres import PostgresSession, statement

ServiceName = Annotated[str, Field(description="a PostgreSQL service of the fleet, as listed")]
TABLES = ("r", "p", "v", "m", "f")
SEQUENCES = ("S",)
_KINDS = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table",
          "S": "sequence"}  # fmt: skip


class Relation(Frozen):
    """`quoted` is schema and name as SQL takes them; `kind` is the catalog's letter."""

    oid: int
    schema_name: str
    name: str
    quoted: str
    kind: str
    owner: str

    @property
    def word(self) -> str:
        return _KINDS[self.kind]


async def find_relation(session: PostgresSession, name: str, kinds: tuple[str, ...]) -> Relation:
    """By its name, with its schema where there are several; exact before any case.

    Raises Rejected with the nearest, or with all that are meant.
    """
    rows = await session.rows(statement("relations"), list(kinds))
    known = [Relation(schema_name=row.pop("schema"), **row) for row in rows]
    bare = name.replace('"', "").strip()
    exact = [each for each in known if bare in {each.name, f"{each.schema_name}.{each.name}"}]
    meant = exact or [each for each in known if bare.lower() in {each.name.lower(), _path(each).lower()}]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise Rejected(f"{name} may be {' or '.join(map(_path, meant))}: give it with its schema.")
    near = nearest(bare, [*(each.name for each in known), *(_path(each) for each in known)])
    listed = near or tuple(_path(each) for each in known[:20])
    raise Rejected(f"There is no {_KINDS[kinds[0]]} {name}. Did you mean {', '.join(listed) or 'another database'}?")


def _path(relation: Relation) -> str:
    return f"{relation.schema_name}.{relation.name}"
