"""What is known of one incident, looked at once and shared by all mechanisms."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from prunella.brains.reflex.clues import Clue, is_errorish, read_clues
from prunella.brains.reflex.endpoints import Endpoint, endpoints_of, probed_endpoints
from prunella.brains.reflex.hints import Hint, read_hints
from prunella.brains.reflex.index import Index
from prunella.brains.reflex.names import names_service, normal, tokens
from prunella.brains.reflex.places import Place, places_in
from prunella.brains.reflex.vocabulary import words_in
from prunella.domain.brief import Brief
from prunella.domain.facts import ConfigFacts, Facts, Reference, ServiceFacts
from prunella.domain.supervisor import Listener


@dataclass(frozen=True, eq=False)
class Case:
    """Facts and brief with the indexes that reasoning needs; touches nothing."""

    facts: Facts
    brief: Brief

    @cached_property
    def clues(self) -> tuple[Clue, ...]:
        return read_clues(self.facts, self.brief)

    @cached_property
    def hints(self) -> tuple[Hint, ...]:
        return tuple(hint for clue in self.clues for hint in read_hints(clue))

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every setting of every service; a file that two services share counts for the first of them."""
        seen: set[Path] = set()
        found: list[Place] = []
        for name, service in self.facts.services.items():
            for config in service.files:
                if config.path not in seen:
                    seen.add(config.path)
                    found.extend(places_in(name, config))
        return tuple(found)

    @cached_property
    def words(self) -> frozenset[str]:
        """What this fleet writes again and again in its configuration, and wrote at better times."""
        return words_in((*(config.text for _, config in self.files()), *(each.text for each in self.facts.references)))

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(endpoint for place in self.places for endpoint in endpoints_of(place))

    @cached_property
    def suspects(self) -> tuple[str, ...]:
        """The targets and all they need, directly or not, nearest first; then who needs a target and complains."""
        order = [name for name in self.facts.targets if name in self.facts.services]
        for name in order:
            order.extend(n for n in self.needs(name) if n not in order)
        return (*order, *(name for name in self._complaining_dependents if name not in order))

    @cached_property
    def _complaining_dependents(self) -> tuple[str, ...]:
        """Services that need a target and log errors: a target's probe may lead through them."""
        speaking = {clue.service for clue in self.clues if clue.weight >= 0.7 and is_errorish(clue.line)}
        targets = set(self.facts.targets)
        return tuple(n for n in self.facts.services if n in speaking and targets & set(self.needs(n)))

    @cached_property
    def index(self) -> Index:
        return Index(self.places)

    @cached_property
    def _endpoints(self) -> dict[str, tuple[Endpoint, ...]]:
        found: dict[str, list[Endpoint]] = {}
        for endpoint in self.endpoints:
            found.setdefault(endpoint.place.service, []).append(endpoint)
        return {service: tuple(endpoints) for service, endpoints in found.items()}

    @cached_property
    def names(self) -> frozenset[str]:
        """The words that the names of services are made of."""
        return frozenset(word for name in self.facts.services for word in tokens(name))

    @cached_property
    def _needs(self) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(n for n in s.service.needs if n in self.facts.services)
            for name, s in self.facts.services.items()
        }

    @cached_property
    def _all_needs(self) -> dict[str, tuple[str, ...]]:
        return {name: self._closure(name) for name in self.facts.services}

    def _closure(self, name: str) -> tuple[str, ...]:
        found = list(self._needs[name])
        for need in found:
            found.extend(n for n in self._needs[need] if n not in found and n != name)
        return tuple(found)

    def service(self, name: str) -> ServiceFacts:
        return self.facts.services[name]

    def needs(self, name: str) -> tuple[str, ...]:
        """What a service of this fleet needs directly."""
        return self._needs.get(name, ())

    def all_needs(self, name: str) -> tuple[str, ...]:
        """What it needs, directly or not, nearest first."""
        return self._all_needs.get(name, ())

    def places_of(self, service: str) -> tuple[Place, ...]:
        return self.index.of(service)

    def endpoints_of(self, service: str) -> tuple[Endpoint, ...]:
        return self._endpoints.get(service, ())

    def files(self) -> Iterator[tuple[str, ConfigFacts]]:
        for name, service in self.facts.services.items():
            for config in service.files:
                yield name, config

    def config(self, path: str) -> ConfigFacts | None:
        """The file at that whole path, as it was found."""
        return self._configs.get(path)

    @cached_property
    def _configs(self) -> dict[str, ConfigFacts]:
        return {str(config.path): config for _, config in self.files()}

    def owners(self, file: Path) -> tuple[str, ...]:
        """The services that read this file, in the order of the fleet."""
        return tuple(name for name, s in self.facts.services.items() if any(c.path == file for c in s.files))

    def references(self, file: Path) -> tuple[Reference, ...]:
        return tuple(reference for reference in self.facts.references if reference.file == file)

    def listeners(self, port: int) -> tuple[Listener, ...]:
        return tuple(listener for listener in self.facts.listeners if listener.port == port)

    @cached_property
    def _probed(self) -> dict[str, tuple[tuple[str, str, int], ...]]:
        return {name: tuple(probed_endpoints(s.service)) for name, s in self.facts.services.items()}

    def probed(self, service: str) -> tuple[tuple[str, str, int], ...]:
        """Where the operator says that the service answers: (scheme, host, port), in the order of its probes."""
        return self._probed.get(service, ())

    def ports(self, service: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(port for _, _, port in self.probed(service)))

    def is_running(self, service: str) -> bool | None:
        status = self.service(service).status
        return None if status is None else status.running

    def is_troubled(self, service: str) -> bool:
        """Its own probe fails, it does not run, a file of its does not parse, its pre-flight is red, or something is
        amiss with what it needs.
        """
        facts = self.service(service)
        failing = any(reading.service == service for reading in self.brief.report.failing)
        red = facts.preflight is not None and not facts.preflight.ok
        broken = any(c.fault for c in facts.files)
        return failing or red or broken or bool(facts.server) or self.is_running(service) is False

    def is_accepted(self, service: str) -> bool:
        """It runs, and its pre-flight (if any) is green: its values are legal, whatever else they are."""
        preflight = self.service(service).preflight
        return self.is_running(service) is True and (preflight is None or preflight.ok)

    def scope(self, service: str) -> float:
        """How near a service is to the trouble, 0 to 1: what weight a repair in it deserves."""
        if service in self.facts.targets:
            return 1.0 if service in self._focus else 0.4
        if service in self._complaining_dependents:
            return 0.6
        if service in self.suspects:
            return 1.0 if self.is_troubled(service) else 0.8
        return 0.4

    @cached_property
    def _focus(self) -> frozenset[str]:
        """The targets in which trouble shows with what they need; all of them where it shows in none."""
        troubled = [name for name in self.facts.targets if name in self.facts.services and self.is_troubled(name)]
        if not troubled:
            return frozenset(self.facts.targets)
        needed = {need for name in troubled for need in self.all_needs(name)}
        return frozenset({*troubled, *needed, *self._complaining_dependents})

    def meant_service(self, text: str, among: tuple[str, ...] | None = None) -> str | None:
        """The service that a key or host names, the longest name first; None when it names none."""
        names = sorted(among if among is not None else tuple(self.facts.services), key=lambda n: -len(normal(n)))
        return next((name for name in names if names_service(text, name)), None)

    def mentions(self, text: str) -> tuple[Clue, ...]:
        """The clues in which this text stands as a word of its own."""
        wanted = text.lower()
        return tuple(clue for clue in self.clues if wanted and _stands_in(wanted, clue.line.lower()))


def _stands_in(word: str, line: str) -> bool:
    start = line.find(word)
    while start >= 0:
        before, after = line[max(0, start - 2) : start], line[start + len(word) : start + len(word) + 2]
        if not _goes_on(before[::-1], word[0]) and not _goes_on(after, word[-1]):
            return True
        start = line.find(word, start + 1)
    return False


def _goes_on(beyond: str, end: str) -> bool:
    """The word does not end there: a letter or digit follows, or a number goes on behind its dot."""
    is_more = beyond[:1].isalnum() and end.isalnum()
    return is_more or (end.isdigit() and beyond[:1] == "." and beyond[1:2].isdigit())
