"""Where the things that errors speak of stand in the configuration: values, names of settings, addresses."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.facts import Facts, ServiceFacts
from prunella.domain.setting import Setting
from prunella.nearest import likeness

_ADDRESS = re.compile(r"(?:[\w.-]+|\]):(\d{2,5})\b")
_NAME = re.compile(r"[A-Za-z][\w-]*[_-][\w-]*\w|[A-Z][A-Z0-9]{2,}")
_WORD = re.compile(r"[\w.+/:@-]+")
_TELLS_NOTHING = frozenset({"true", "false", "none", "null", "info", "warning", "error", "debug", "localhost"})
_ALMOST, _MOST = 0.8, 8

_Place = tuple[str, Setting]


def crossings(errors: Iterable[str], services: Iterable[ServiceFacts], facts: Facts) -> Evidence | None:
    """One fact that names the settings behind the errors; None when none is behind them. Not yet redacted."""
    errors = tuple(dict.fromkeys(errors))
    places = [
        (str(file.path).removeprefix(f"{facts.fleet.folder}/"), setting)
        for service in services
        for file in service.files
        for setting in file.settings
    ]
    told = dict.fromkeys((*_addresses(errors, places, facts), *_values(errors, places), *_names(errors, places)))
    if not told:
        return None
    text = "\n".join([*told][:_MOST])
    return Evidence(kind=EvidenceKind.SETTING, source="the settings that the errors speak of", text=text)


def _addresses(errors: Iterable[str], places: list[_Place], facts: Facts) -> Iterator[str]:
    """Ports that an error names and nobody listens on."""
    open_ports = {each.port for each in facts.listeners}
    closed = dict.fromkeys(port for line in errors for port in _ADDRESS.findall(line) if int(port) not in open_ports)
    heard = [f"{each.service} on {each.port}" for each in facts.listeners if each.service and not each.is_stray]
    for port in closed:
        naming = [_told(place) for place in places if re.search(rf"(?<!\d){port}(?!\d)", place[1].value or "")]
        if naming:
            who = f"; who listens: {', '.join(dict.fromkeys(heard))}" if heard else ""
            yield f"nobody listens on {port}, which {' and '.join(naming)} says{who}"


def _values(errors: Iterable[str], places: list[_Place]) -> Iterator[str]:
    """Settings whose very value an error quotes."""
    said = {word.strip(".:") for line in errors for word in _WORD.findall(line)}
    for place in places:
        value = (place[1].value or "").strip()
        if value in said and _is_telling(value):
            yield f"an error speaks of {value}, which {_told(place)} says"


def _is_telling(value: str) -> bool:
    """Small numbers and common words occur by chance."""
    if value.casefold() in _TELLS_NOTHING or PurePath(value).suffix == ".py":
        return False
    return len(value) > 3 or (len(value) > 1 and not value.isalpha() and not value.isdigit())


def _names(errors: Iterable[str], places: list[_Place]) -> Iterator[str]:
    """Settings that an error names, and those that are spelt almost like one that it misses."""
    by_name: dict[str, list[_Place]] = {}
    for place in places:
        by_name.setdefault(_last(place[1]).casefold(), []).append(place)
    for name in dict.fromkeys(name for line in errors for name in _NAME.findall(line)):
        exact = by_name.get(name.casefold())
        if exact:
            yield f"an error speaks of {name}, which is set: {', '.join(map(_told, exact))}"
        elif near := [other for other in by_name if likeness(name, other) >= _ALMOST]:
            alike = ", ".join(_told(place) for other in near for place in by_name[other])
            yield f"an error speaks of {name}, which no file has; almost it: {alike}"


def _last(setting: Setting) -> str:
    return setting.key.rpartition(".")[2].strip('"')


def _told(place: _Place) -> str:
    file, setting = place
    return f"{setting.key}={'' if setting.value is None else setting.value} in {file}"
