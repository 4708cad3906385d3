"""The keys that seal the state folder, from where the operator put them."""

from collections.abc import Mapping
from typing import get_args

from prunella.domain.service import SecretRef
from prunella.errors import Misuse, Rejected
from prunella.fleet.secrets import resolve
from prunella.sealing import Sealer, parse_keys

KEY, KEY_FILE = "PRUNELLA_KEY", "PRUNELLA_KEY_FILE"
_SOURCES = get_args(SecretRef.model_fields["source"].annotation)


async def sealer_of(environ: Mapping[str, str]) -> Sealer | None:
    """What PRUNELLA_KEY (a key, or `file:…`, `command:…`, `env:…`) or PRUNELLA_KEY_FILE say; None: neither is set.

    Reads the file or runs the command. Raises Misuse, never with a key in it, for anything that is no key, within ten
    seconds; a variable that is set and empty is one: what was to be sealed is not written plain.
    """
    given, path = environ.get(KEY), environ.get(KEY_FILE)
    if given is not None and path is not None:
        raise Misuse(f"{KEY} and {KEY_FILE} are both set. Unset one: which of them counts must not be a guess.")
    if given is None and path is None:
        return None
    return Sealer(parse_keys(await _fetched(given if given is not None else f"file:{path}", environ)))


async def _fetched(given: str, environ: Mapping[str, str]) -> str:
    source, _, where = given.strip().partition(":")
    if source not in _SOURCES:
        return given
    reference = SecretRef.model_validate({"name": KEY, "source": source, "where": where.strip()})
    try:
        return await resolve(reference, environ)
    except Rejected as error:
        raise Misuse(str(error)) from error
