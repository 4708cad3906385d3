"""A setting that is asked for and is not there: where it should stand, and with which value."""

import re
from collections import Counter
from collections.abc import Iterator

from prunella.brains.reflex.beside import commented_out, orphans
from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.names import leaf, likeness, normal, tokens
from prunella.brains.reflex.places import replace_lines
from prunella.brains.reflex.values import Guess
from prunella.domain.facts import ConfigFacts
from prunella.domain.plan import Step
from prunella.domain.setting import Format

_HOST_WORDS = frozenset({"url", "uri", "endpoint", "upstream", "target", "base", "addr", "address"})


def candidates(case: Case) -> Iterator[Candidate]:
    for hint in case.hints:
        for key in hint.missing:
            for service in readers(case, hint.clue):
                if not is_there(case, service, key):
                    yield from _supply(case, service, key, hint.clue)


def readers(case: Case, clue: Clue) -> tuple[str, ...]:
    """Who may have written a line: its own service, else the suspects."""
    return (clue.service,) if clue.service in case.facts.services and clue.service else case.suspects


def is_there(case: Case, service: str, key: str) -> bool:
    """A setting of that name with a value exists in the service's files; in another case or style it does not count."""
    named = [place for place in case.places_of(service) if place.value and likeness(place.key, key) >= 0.9]
    return any(place.leaf == leaf(key) or normal(place.leaf) != normal(key) for place in named)


def _supply(case: Case, service: str, key: str, clue: Clue) -> Iterator[Candidate]:
    weight = clue.weight * case.scope(service)
    for config in case.service(service).files:
        for twin in commented_out(config, key):
            step = replace_lines(
                config.path, config.text, twin.line, twin.line, (twin.indent + twin.text.strip(),),
                why=f"Line {twin.line} sets {key} and is commented out.",
            )  # fmt: skip
            cause = f"{service} needs {key}, which is commented out in line {twin.line} of {config.path.name}."
            yield from repair(case, "missing", 0.8 * weight, cause, [step], because=[], explains=[clue])
    for file, full_key, guess in _homes(case, service, key, clue):
        step = Step(
            tool="config.set",
            arguments={"file": str(file.path), "key": full_key, "value": guess.value},
            why=f"{guess.reason}.",
        )
        cause = f"{service} needs {full_key}, which {file.path.parent.name}/{file.path.name} lacks; {guess.reason}."
        yield from repair(case, "missing", guess.surety * weight, cause, [step], because=[], explains=[clue])


def _homes(case: Case, service: str, key: str, clue: Clue) -> Iterator[tuple[ConfigFacts, str, Guess]]:
    """(file, full key, value) for a key that the service lacks."""
    for config in case.service(service).files:
        if config.fault or config.format is Format.TEXT:
            continue
        for reference in case.references(config.path):
            surety = 0.95 if reference.origin == "known good" else 0.9 if reference.origin.startswith("git") else 0.85
            for setting in reference.settings:
                if likeness(setting.key, key) >= 0.9 and setting.value is not None:
                    yield config, setting.key, Guess(setting.value, surety, f"{reference.origin} has {setting.value}")
        if _suits(case, service, config, key):
            for guess in (*_values(case, service, key), *_from_orphans(config)):
                for full_key, share in _full_keys(config, key, clue):
                    yield config, full_key, Guess(guess.value, guess.surety * share, guess.reason)


def _suits(case: Case, service: str, config: ConfigFacts, key: str) -> bool:
    """A file in whose manner the key is written, or the only one."""
    if len(case.service(service).files) == 1:
        return True
    is_env_like = key.isupper() or (re.fullmatch(r"[A-Z][A-Z0-9_]+", key) is not None)
    return is_env_like == (config.format is Format.ENV)


def _full_keys(config: ConfigFacts, key: str, clue: Clue) -> Iterator[tuple[str, float]]:
    """The key under the parents where it may stand, with how likely each is."""
    if "." in key or config.format is Format.ENV:
        yield key, 1.0
        return
    parents = Counter(setting.key.rpartition(".")[0] for setting in config.settings)
    parents.update({p.rpartition(".")[0]: 0 for p in parents if "." in p})
    head = tokens(key)[0]
    named = next((p for p in parents if p and normal(p) == head and len(tokens(key)) > 1), None)
    if named:
        yield f"{named}.{key[len(head) + 1 :]}", 1.0
    spoken = " ".join((*clue.before[-4:], clue.line))
    ranked = sorted(parents, key=lambda p: (not _speaks_of(spoken, p), p.count("."), -parents[p]))
    usable = [p for p in ranked if not leaf(p).isdigit() and (p or config.format is not Format.INI)]
    for rank, parent in enumerate(usable[:4]):
        yield f"{parent}.{key}".lstrip("."), (0.95, 0.6, 0.5, 0.4)[rank]
    if not usable:
        yield key, 0.9


def _speaks_of(text: str, parent: str) -> bool:
    return bool(parent) and re.search(rf"\b{re.escape(leaf(parent))}\b", text) is not None


def _values(case: Case, service: str, key: str) -> Iterator[Guess]:
    for secret in case.service(service).service.secrets:
        if likeness(secret.name, key) >= 0.9:
            yield Guess(f"secret:{secret.name}", 0.9, f"the secret {secret.name} is declared for {service}")
    others = [p for p in case.places if p.service != service and p.value and likeness(p.key, key) >= 0.9]
    for other in others:
        related = other.service in case.needs(service) or service in case.needs(other.service)
        yield Guess(other.value, 0.7 if related else 0.5, f"{other.name} of {other.service} is {other.value}")
    yield from _from_the_named(case, service, key)
    yield from _from_fleet(case, service, key)


def _from_the_named(case: Case, service: str, key: str) -> Iterator[Guess]:
    """`LEDGER_TOKEN` is what the service `ledger` calls its token."""
    for need in case.needs(service):
        rest = [word for word in tokens(key) if word not in tokens(need)]
        if rest and len(rest) < len(tokens(key)) and not set(rest) & {"port", "host", "url", "path", "address"}:
            for place in case.places_of(need):
                if place.value and likeness(place.key, "_".join(rest)) >= 0.9:
                    yield Guess(place.value, 0.75, f"{place.name} of {need} is {place.value}")


def _from_orphans(config: ConfigFacts) -> Iterator[Guess]:
    notes = orphans(config.text)
    for note in notes:
        if note.default:
            yield Guess(note.default, 0.65 / len(notes) ** 0.5, f"a comment without its setting says: {note.text}")
        for choice in note.choices if not note.default else ():
            yield Guess(choice, 0.35 / len(notes) ** 0.5, f"a comment without its setting says: {note.text}")


def _from_fleet(case: Case, service: str, key: str) -> Iterator[Guess]:
    """An address that the probes know: the service's own, or that of the one that the key names."""
    words = set(tokens(key))
    whose = case.meant_service(key, case.needs(service)) or service
    for scheme, host, port in case.probed(whose):
        said = f"the probe of {whose} looks at {host}:{port}"
        if "port" in words:
            yield Guess(str(port), 0.85, said)
        elif "host" in words or "hostname" in words:
            yield Guess(host, 0.75, said)
        elif words & _HOST_WORDS and whose != service and not (scheme == "tcp" and words & {"url", "uri"}):
            yield Guess(f"{scheme}://{host}:{port}" if scheme != "tcp" else f"{host}:{port}", 0.75, said)
