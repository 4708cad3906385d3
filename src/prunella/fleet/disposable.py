"""Which files an operator declares disposable: globs that say something, and match nothing that a service lives on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from prunella.domain.service import Service
from prunella.fleet.globs import EVERY_DEPTH, absolute_glob, beginning, is_wild, matches
from prunella.fleet.places import missing_on_the_way
from prunella.fleet.table import Table

_KEY = "disposable"
_EXAMPLE = 'Write the files that may go, such as "spool/*.tmp".'
_ANY_NAME = "any-name-at-all"


def disposable_globs(table: Table) -> tuple[str, ...]:
    """Globs over absolute paths, each of which says which files it means."""
    folder, found = table.page.path.parent, list[str]()
    for text in table.texts(_KEY, '["spool/*.tmp"]'):
        pattern = absolute_glob(folder, text)
        if pattern in found:
            table.note_item(_KEY, text, f"{text} is listed twice.")
        elif fault := _fault(text, pattern):
            table.note_item(_KEY, text, *fault)
        else:
            found.append(pattern)
    return tuple(found)


def check_disposable(tables: Mapping[str, Table], services: Mapping[str, Service]) -> None:
    """Notes every glob that takes in what a service of the fleet declares, the fleet file itself, or a whole folder
    that one needs.
    """
    for name, service in services.items():
        table = tables[name]
        needed = (
            ("the fleet file", table.page.path),
            *(each for other in services.values() for each in _needed(other)),
        )
        for text, pattern in _written(table, service):
            hit = next(((what, path) for what, path in needed if matches(pattern, path)), None)
            whole = next(
                (path for other in services.values() for path in other.paths if _takes_all(pattern, path)), None
            )
            if hit:
                table.note_item(_KEY, text, f"{text} takes in {hit[1]}, which is {hit[0]}.", _EXAMPLE)
            elif whole:
                table.note_item(_KEY, text, f"{text} takes in all that lies in {whole}.", _EXAMPLE)


def _fault(text: str, pattern: str) -> tuple[str, str] | None:
    """What is wrong with it by itself, and what may help."""
    path = Path(text).expanduser()
    parts = path.parts[1:] if path.is_absolute() else path.parts
    if ".." in path.parts:
        return f"{text} leads out of its folder by `..`.", "Write where it leads to."
    if text.endswith("/") or not parts or Path(pattern).is_dir():
        return f"{text} is a folder; only files are disposable.", _EXAMPLE
    if parts[0] == EVERY_DEPTH or (path.is_absolute() and is_wild(parts[0])):
        return f"{text} begins anywhere; its folder comes first.", _EXAMPLE
    if parts[-1] == EVERY_DEPTH:
        return f"{text} is a folder with all that lies in it; only files are disposable.", _EXAMPLE
    missing, suggestion = missing_on_the_way(beginning(pattern))
    return (f"There is no folder {missing}.", suggestion) if suggestion else None


def _written(table: Table, service: Service) -> Iterator[tuple[str, str]]:
    """(as it is written, as it is meant) of each that was accepted."""
    items = cast("list[object]", table.values[_KEY]) if service.disposable else []
    for text in (item for item in items if isinstance(item, str)):
        pattern = absolute_glob(table.page.path.parent, text)
        if pattern in service.disposable:
            yield text, pattern


def _needed(service: Service) -> Iterator[tuple[str, Path]]:
    """What a service lives on, with what it is to it."""
    yield from ((f"configuration of {service.name}", path) for path in service.config)
    yield from ((f"needed by {service.name}", path) for path in service.paths)
    yield from ((f"a log of {service.name}", path) for path in service.logs)
    yield from ((f"a secret of {service.name}", Path(ref.where)) for ref in service.secrets if ref.source == "file")
    named = (*service.probes, *((service.supervisor,) if service.supervisor else ()))
    values = (value for each in named for _, value in each)
    yield from ((f"used by {service.name}", value) for value in values if isinstance(value, Path))


def _takes_all(pattern: str, folder: Path) -> bool:
    return matches(pattern, folder / _ANY_NAME)
