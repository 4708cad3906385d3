"""What the operator wrote, read anew: the goal, the fleet file, declared configuration, better versions of it.

Whose word counts, and why. An attacker writes logs, answers, names, and files that nobody declared; so none of those is
a source, nor is the output of any program. He does not write declared configuration: who could, would need no agent to
change it. Therefore a value that stands in another declared file of the fleet is vouched for, but only for a setting of
the same name, or for an address of the very service that it belongs to.
"""

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from os import geteuid
from pathlib import Path

from prunella.configs.files import decode
from prunella.configs.reading import parsed, read_config
from prunella.domain.facts import ConfigFacts
from prunella.domain.probe import CommandProbe
from prunella.domain.service import Fleet
from prunella.domain.setting import Setting
from prunella.errors import Rejected
from prunella.policy.words import names_service
from prunella.world.references import GIT_HEAD, KNOWN_GOOD

WORD = re.compile(r"[^\s\"'`;,{}()\[\]<>=|]+")
_ENDS = ".:!?"
_MOST_PROGRAM = 200_000


@dataclass(frozen=True)
class Stated:
    """One value that the operator wrote down for a service. `where` is as people find it."""

    where: str
    service: str
    key: str
    value: str


@dataclass(frozen=True)
class Version:
    """A file as it was at a better time, or as an example shows it. `is_good`: it was the operator's own state."""

    where: str
    is_good: bool
    facts: ConfigFacts

    @cached_property
    def values(self) -> dict[str, str | None]:
        return {setting.key: setting.value for setting in self.facts.settings}


@dataclass(frozen=True)
class Sources:
    """Everything that is looked into for one step. `listening` are the ports of each service's own process."""

    goal: str
    fleet: Fleet
    declared: tuple[Stated, ...]
    configs: tuple[Stated, ...]
    programs: tuple[tuple[str, str], ...]
    listening: dict[str, frozenset[int]]

    @cached_property
    def goal_words(self) -> frozenset[str]:
        return frozenset(words_in(self.goal))

    def owners(self, path: Path) -> tuple[str, ...]:
        return tuple(name for name, service in self.fleet.services.items() if path in service.config)

    def related(self, owners: tuple[str, ...], key: str) -> frozenset[str]:
        """Whose addresses and values a setting may hold: a service that its key names, if it needs it; else those of
        its own, and of all that it needs.
        """
        reached = list(owners)
        for name in reached:
            reached += [n for n in self.fleet.services[name].needs if n not in reached and n in self.fleet.services]
        named = [name for name in self.fleet.services if name not in owners and names_service(key, name)]
        return frozenset(named or reached)

    def short(self, path: Path) -> str:
        """As the operator writes it: from the fleet's folder."""
        return str(path).removeprefix(f"{self.fleet.folder}/")


def words_in(text: str) -> Iterator[str]:
    """Whole words: an address, a path or `KEY=value` side is one; punctuation at its end is none of it."""
    for found in WORD.finditer(text):
        yield found[0]
        yield found[0].rstrip(_ENDS)


def read_sources(goal: str, fleet: Fleet, listening: dict[str, frozenset[int]]) -> Sources:
    """Reads the fleet file, every declared configuration file and the programs of probes; writes nothing."""
    files = {path: name for name, service in fleet.services.items() for path in service.config}
    return Sources(
        goal=goal,
        fleet=fleet,
        declared=tuple(_declared(fleet)),
        configs=tuple(stated for path, name in files.items() for stated in _stated(fleet, path, name)),
        programs=tuple(_programs(fleet)),
        listening=listening,
    )


def read_versions(path: Path, known: dict[str, bytes]) -> tuple[Version, ...]:
    """`known` is what `versions_of` gave. A copy beside the file that others may write is nobody's word."""
    return tuple(version for where, data in known.items() for version in _version(path, where, data))


def _version(path: Path, where: str, data: bytes) -> Iterator[Version]:
    is_good = where in {KNOWN_GOOD, GIT_HEAD}
    try:
        text = decode(data).text
    except Rejected:
        return
    if is_good or _is_trusted(Path(where), path):
        yield Version(where, is_good, parsed(path, text, read_config(path).format))


def _is_trusted(copy: Path, path: Path) -> bool:
    try:
        facts = copy.stat()
        owners = {geteuid(), 0} | ({path.stat().st_uid} if path.exists() else set[int]())
    except OSError:
        return False
    return facts.st_uid in owners and not facts.st_mode & stat.S_IWOTH


def _declared(fleet: Fleet) -> Iterator[Stated]:
    """What the tables of services hold; rules and limits are no values."""
    for setting in read_config(fleet.path).settings:
        kind, _, rest = setting.key.partition(".")
        name = next((n for n in fleet.services if rest.replace('"', "").startswith(f"{n}.")), None)
        if kind == "service" and name is not None and setting.value:
            yield Stated(f"{fleet.path.name}:{setting.line}", name, rest.removeprefix(f"{name}."), setting.value)


def _stated(fleet: Fleet, path: Path, service: str) -> Iterator[Stated]:
    short = str(path).removeprefix(f"{fleet.folder}/")
    for setting in _settings(path):
        if setting.value:
            yield Stated(f"{short}:{setting.line}", service, setting.key, setting.value)


def _settings(path: Path) -> tuple[Setting, ...]:
    return read_config(path).settings


def _programs(fleet: Fleet) -> Iterator[tuple[str, str]]:
    """The text of each program that a probe's command names: it decides what is green, so its words are believed."""
    probes = [p for service in fleet.services.values() for p in service.probes if isinstance(p, CommandProbe)]
    for path in dict.fromkeys(path for probe in probes for path in _named_files(probe)):
        try:
            if path.is_file() and path.stat().st_size < _MOST_PROGRAM:
                yield str(path).removeprefix(f"{fleet.folder}/"), path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue


def _named_files(probe: CommandProbe) -> Iterator[Path]:
    """Below the probe's folder only: an interpreter's own text vouches for nothing."""
    for before, word in zip(("", *probe.command), probe.command, strict=False):
        name = f"{word.replace('.', '/')}.py" if before == "-m" else word
        path = probe.cwd / name
        if path.resolve().is_relative_to(probe.cwd.resolve()):
            yield path
