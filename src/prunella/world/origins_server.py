"""Which values a server's own catalog and its declared configuration vouch for."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from prunella.configs.files import decode
from prunella.configs.formats import editor_for, format_of
from prunella.configs.reading import read_config
from prunella.domain.facts import ServerFact
from prunella.domain.frozen import JsonValue
from prunella.domain.service import Service
from prunella.domain.setting import Setting
from prunella.errors import PrunellaError
from prunella.policy.taint import Origin
from prunella.policy.words import leaf, normal
from prunella.world.references import KNOWN_GOOD

_NAMED = frozenset({"sequence", "table", "schema", "database", "role", "index", "column"})
"""Fields of facts that are names out of a catalog; what clients say of themselves is not among them."""


def catalog_values(facts: tuple[ServerFact, ...]) -> Iterator[tuple[str, Origin]]:
    """Names that the server itself knows."""
    for fact in facts:
        origin = Origin(f"what {fact.service} says of itself")
        yield from ((text, origin) for name, text in fact.fields.items() if name in _NAMED and text)


def declared_values(
    service: Service, arguments: Mapping[str, JsonValue], good: Mapping[Path, bytes]
) -> Iterator[tuple[str, Origin]]:  # fmt: skip
    """The setting that the argument `name` means, and its values on disk and in the known good. Blocks."""
    wanted = arguments.get("name")
    if not isinstance(wanted, str):
        return
    for path in service.config:
        for where, settings in ((str(path), read_config(path).settings), (KNOWN_GOOD, _settings(path, good))):
            for setting in settings:
                if normal(leaf(setting.key)) == normal(wanted):
                    yield wanted, Origin(where)
                    yield setting.value or "", Origin(f"{where} {setting.key}", is_own=where == KNOWN_GOOD)


def _settings(path: Path, good: Mapping[Path, bytes]) -> tuple[Setting, ...]:
    if path not in good:
        return ()
    try:
        text = decode(good[path]).text
        editor = editor_for(format_of(path, text))
        return editor.settings(text) if editor else ()
    except PrunellaError:
        return ()
