"""The path of a URL: where a service is asked, where it answers, and a slip of the fingers between the two."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.endpoints import DEFAULT_PORTS, is_loopback
from prunella.brains.reflex.names import distance, is_near, tokens
from prunella.brains.reflex.places import Place
from prunella.domain.probe import HttpProbe
from prunella.domain.report import Reach

_NOWHERE = re.compile(r"\b404\b|no (?:such )?route|no handler|not found on|unknown (?:path|route)", re.IGNORECASE)
_ASKED = re.compile(r"(?:(?P<url>https?://[^\s/\"'<>]+))?(?P<path>(?<![\w.])/[\w\-./]*[\w\-])")
_PREFIX = frozenset({"path", "context", "prefix", "base", "root", "mount", "basepath", "servlet"})


def candidates(case: Case) -> Iterator[Candidate]:
    clues = [clue for clue in case.clues if clue.weight >= 0.6 and _NOWHERE.search(clue.line)]
    for place in (p for name in case.suspects for p in case.places_of(name)) if clues else ():
        yield from _calls(case, place, clues)
        yield from _serves(case, place, clues)
        yield from _lists(case, place, clues)


def _calls(case: Case, place: Place, clues: list[Clue]) -> Iterator[Candidate]:
    """A URL of ours leads to a service that answers right under a path one slip away."""
    parts = _split(place.value)
    quoting = [clue for clue in clues if clue.service == place.service and _is_asked(clue.line, place.value)]
    if parts is None or not quoting:
        return
    port, path = parts
    for peer in (name for name in case.facts.services if name != place.service and port in case.ports(name)):
        if _serves_under(case, peer, path):
            continue
        for right in dict.fromkeys((*_answering(case, peer, port, path), *_declared(case, peer, path))):
            cause = f"{place.name} asks {peer} under {path}, which answers under {right}."
            value = place.value.replace(path, right, 1)
            step = place.set_to(value, f"{peer} answers under {right}.")
            score = 0.9 if right in _declared(case, peer, path) else 0.75
            score *= case.scope(place.service)
            yield from repair(case, "routes", score, cause, [step], explains=quoting[:3])


def _serves(case: Case, place: Place, clues: list[Clue]) -> Iterator[Candidate]:
    """The path that a service mounts itself under is a slip away from where its own probe does not find it."""
    failing = {reading.probe for reading in case.brief.report.failing if reading.reach is Reach.WRONG}
    spoken = [clue for clue in clues if clue.service == place.service and clue.source.startswith("probe")]
    if not spoken or not failing or not place.value.startswith("/") or not _PREFIX & set(tokens(place.key)):
        return
    wanted = {right for path in _probed_paths(case, place.service) for right in _slips(place.value, path)}
    others = [p for p in (_split(e.place.value) for e in case.endpoints if e.place.service != place.service) if p]
    for right in wanted:
        agreed = any(port in case.ports(place.service) and path.startswith(right) for port, path in others)
        cause = f"{place.name} is {place.value}, but the probe of {place.service} asks under {right}."
        step = place.set_to(right, f"The probe asks under {right}.")
        score = (0.9 if agreed else 0.75) * case.scope(place.service)
        yield from repair(case, "routes", score, cause, [step], explains=spoken[:3])


def _lists(case: Case, place: Place, clues: list[Clue]) -> Iterator[Candidate]:
    """A list of paths, quoted by the error, has a slip of the one that was asked for."""
    listed = re.split(r"(\s*,\s*|\s+)", place.value)
    for clue in clues if place.value.startswith("/") else ():
        asked = [found["path"] for found in _ASKED.finditer(clue.line.replace(place.value, " "))]
        if place.value not in clue.line:
            continue
        for path in dict.fromkeys(asked):
            near = [item for item in listed if item.startswith("/") and is_near(item, path)]
            if path not in listed and len(near) == 1:
                value = "".join(path if item == near[0] else item for item in listed)
                cause = f"{place.name} has {near[0]}, and {path} is what is asked for."
                step = place.set_to(value, f"{path} is asked for.")
                score = 0.75 * clue.weight * case.scope(place.service)
                yield from repair(case, "routes", score, cause, [step], explains=[clue])


def _split(value: str) -> tuple[int, str] | None:
    """(port, path) of a URL on this machine that has a path."""
    if not re.match(r"https?://", value):
        return None
    try:
        parts = urlsplit(value)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except ValueError:
        return None
    path = parts.path.rstrip("/")
    return (port, path) if path and is_loopback(parts.hostname or "") else None


def _is_asked(line: str, url: str) -> bool:
    """The URL stands in the line, whole or with more of a path behind it."""
    return re.search(rf"{re.escape(url.rstrip('/'))}(?![\w\-])", line) is not None


def _probed_paths(case: Case, service: str, *, port: int | None = None) -> tuple[str, ...]:
    probes = [p for p in case.service(service).service.probes if isinstance(p, HttpProbe)]
    return tuple(urlsplit(p.url).path for p in probes if port is None or urlsplit(p.url).port == port)


def _answering(case: Case, service: str, port: int, path: str) -> Iterator[str]:
    """Beginnings of probed paths a slip away from `path`, as long as all probes of the service are green."""
    if not any(reading.service == service for reading in case.brief.report.failing):
        yield from (right for probed in _probed_paths(case, service, port=port) for right in _slips(path, probed))


def _declared(case: Case, service: str, path: str) -> tuple[str, ...]:
    """What the service's own settings say that it mounts itself under."""
    mounts = [p for p in case.places_of(service) if p.value.startswith("/") and _PREFIX & set(tokens(p.key))]
    return tuple(right for place in mounts for right in _slips(path, place.value))


def _serves_under(case: Case, service: str, path: str) -> bool:
    known = [p.value for p in case.places_of(service) if p.value.startswith("/")]
    return any(under == path or under.startswith(path + "/") for under in (*known, *_probed_paths(case, service)))


def _slips(path: str, longer: str) -> Iterator[str]:
    """The beginning of `longer`, as many parts as `path` has, when it differs in one part, and by a slip."""
    ours = path.rstrip("/").split("/")
    theirs = longer.rstrip("/").split("/")[: len(ours)]
    differing = [(a, b) for a, b in zip(ours, theirs, strict=False) if a != b]
    is_slip = len(differing) == 1 and (is_near(*differing[0]) or distance(*differing[0]) == 1)
    if len(theirs) == len(ours) and is_slip:
        yield "/".join(theirs)
