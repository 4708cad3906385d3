"""How the lines of the journal hold on to each other: none can be changed, taken out or moved unnoticed."""

import hashlib
import json
from collections.abc import Sequence

from prunella.errors import Misuse
from prunella.sealing import Sealer, missing_key

GENESIS = "sha256:" + "0" * 64
"""What the first line follows."""

COLUMNS = ("run", "number", "token", "outcome", "at", "plan", "step", "prepared", "observation", "allowed")
"""What a line's hash covers beside the hash of the line before it: all that the line says, as it is stored."""

Column = str | int | float | bytes | None


def link(previous: str, content: Sequence[Column], sealer: Sealer | None = None) -> str:
    """The hash of a line: `sha256:<hex>`, or `hmac:<key id>:<hex>` where there is a key.

    Over the previous line's hash, a line feed, and the columns as a JSON list; bytes as `{"hex": …}`.
    """
    if sealer is None:
        return f"sha256:{hashlib.sha256(_canonical(previous, content)).hexdigest()}"
    return _keyed(previous, content, sealer, sealer.key_id)


def is_linked(hashed: str, previous: str, content: Sequence[Column], sealer: Sealer | None) -> bool:
    """Is that the hash of this content after `previous`? Raises Misuse when the key that made it is not there."""
    kind, _, rest = hashed.partition(":")
    if kind != "hmac":
        return hashed == link(previous, content)
    key_id = rest.partition(":")[0]
    if sealer is None:
        raise missing_key("The journal", key_id, ())
    return hashed == _keyed(previous, content, sealer, key_id)


def is_keyed(hashed: str) -> bool:
    return hashed.startswith("hmac:")


def refuse_plain(newest: str, sealer: Sealer | None) -> None:
    """Raises Misuse when lines were written with a key and the next would not be."""
    if sealer is None and is_keyed(newest):
        raise missing_key("The journal", newest.split(":")[1], ())


def sql_link(previous: str, *content: Column) -> str:
    """`link` without a key, for statements of a migration."""
    if len(content) != len(COLUMNS):
        raise Misuse(f"A line of the journal has {len(COLUMNS)} columns, not {len(content)}.")
    return link(previous, content)


def _keyed(previous: str, content: Sequence[Column], sealer: Sealer, key_id: str) -> str:
    return f"hmac:{key_id}:{sealer.mac(_canonical(previous, content), key_id)}"


def _canonical(previous: str, content: Sequence[Column]) -> bytes:
    columns = [{"hex": each.hex()} if isinstance(each, bytes) else each for each in content]
    return f"{previous}\n{json.dumps(columns)}".encode("ascii")
