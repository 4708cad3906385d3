"""The fleet file `prunella.toml` as a Fleet: accepted whole, or refused with every mistake that is in it."""

import codecs
import re
import tomllib
from pathlib import Path

from prunella.domain.service import Fleet, WatchSpec
from prunella.errors import BadFleet, Mistake, Misuse
from prunella.fleet.brains import brains_of
from prunella.fleet.limits import limits_of
from prunella.fleet.lines import lines_of
from prunella.fleet.policy import policy_of
from prunella.fleet.services import services_of
from prunella.fleet.table import Page, Table

FILE_NAME = "prunella.toml"
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_TWICE = re.compile(r"Cannot declare (\(.*\)) twice")


def find_fleet(start: Path) -> Path:
    """The fleet file in `start` or the nearest folder above it. Raises Misuse when there is none."""
    folder = start.resolve()
    for place in (folder, *folder.parents):
        if (place / FILE_NAME).is_file():
            return place / FILE_NAME
    raise Misuse(
        f"No {FILE_NAME} in {folder} or above. "
        'Write one (see "The fleet file" in the documentation) or pass --fleet FILE.'
    )


def load_fleet(path: Path) -> Fleet:
    """The fleet that `path` declares. Reads only. Raises BadFleet with every mistake, in the order of the file."""
    path = path.parent.resolve() / path.name
    text = _read(path)
    document = _parse(path, text)
    page = Page(path, lines_of(text))
    fleet = _fleet(Table(page, (), document))
    if page.mistakes:
        raise BadFleet(tuple(sorted(page.mistakes, key=lambda mistake: mistake.line or 0)))
    return fleet


def _read(path: Path) -> str:
    """Without a BOM."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise _refusal(path, None, "There is no such file.", "Pass --fleet FILE or write one.") from error
    except IsADirectoryError as error:
        raise _refusal(path, None, "This is a folder.", f"Pass the file in it: {path / FILE_NAME}.") from error
    except OSError as error:
        raise _refusal(path, None, f"The file cannot be read: {error.strerror}.") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        line = 1 if is_utf16 else raw.count(b"\n", 0, error.start) + 1
        what = "UTF-16" if is_utf16 else f"not UTF-8: byte 0x{raw[error.start]:02x}"
        raise _refusal(path, line, f"The file is {what}.", "Save it as UTF-8.") from error


def _parse(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken(path, text, str(error)) from error
    except RecursionError as error:
        raise _refusal(path, None, "The file is nested too deeply.") from error


def _broken(path: Path, text: str, said: str) -> BadFleet:
    place = _PLACE.search(said)
    last = len(text.splitlines())
    line = int(place[1]) if place and place[1] else last
    what = _PLACE.sub("", said)
    if twice := _TWICE.fullmatch(what):
        name = ".".join(re.findall(r"'([^']*)'", twice[1]))
        return _refusal(path, line, f"[{name}] is there twice.", "Rename one, or make them one table.")
    suggestion = "Look for a missing quote, bracket or comma here or just above."
    return _refusal(path, line, f"This is not TOML: {what[:1].lower()}{what[1:]}.", suggestion)


def _refusal(path: Path, line: int | None, message: str, suggestion: str = "") -> BadFleet:
    return BadFleet((Mistake(path, line, message, suggestion),))


def _fleet(document: Table) -> Fleet:
    document.refuse_unknown("fleet", "policy", "brains", "limits", "watch", "service")
    path = document.page.path
    head = document.table("fleet")
    head.refuse_unknown("name")
    tables = document.table("service", "Write [service.NAME].")
    services = services_of(tables)
    return Fleet(
        name=head.text("name", path.parent.name or "fleet"),
        path=path,
        policy=policy_of(document.table("policy"), tables, services),
        limits=limits_of(document.table("limits")),
        brains=brains_of(document.table("brains")),
        watch=_watch(document.table("watch")),
        services=services,
    )


def _watch(table: Table) -> WatchSpec:
    table.refuse_unknown("damping", "retry")
    usual = WatchSpec()
    return WatchSpec(
        damping_s=table.seconds("damping", usual.damping_s, or_none=True), retry_s=table.seconds("retry", usual.retry_s)
    )
