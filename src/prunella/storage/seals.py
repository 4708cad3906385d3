"""Which keys sealed the state folder, and whether they are all here."""

import sqlite3

from prunella.sealing import Sealer, missing_key
from prunella.storage.database import reading, transaction
from prunella.storage.statements import sql


def require_keys(connection: sqlite3.Connection, sealer: Sealer | None) -> None:
    """Raises Misuse when anything in the state folder was sealed with a key that is not here.

    From now on the newest key is one of those. Call it right after `connect`, with what will be sealed with.
    """
    with reading():
        used = [str(row["key"]) for row in connection.execute(sql("seal_keys"))]
    known = sealer.key_ids if sealer else ()
    for key in used:
        if key not in known:
            raise missing_key("The state folder", key, known)
    if sealer is not None and sealer.key_id not in used:
        with transaction(connection):
            connection.execute(sql("seal_note"), {"key": sealer.key_id})
