"""Files and folders that those who need them may no longer read or enter: their rights as they should be."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.domain.facts import ServerFact
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.setting import FileState

_CLOSED = "path.closed"
_EVERYBODY_WRITES = 0o002


def candidates(case: Case) -> Iterator[Candidate]:
    for service in case.suspects:
        told = [fact for fact in case.service(service).server if fact.code == _CLOSED]
        for fact in told:
            yield from _open_again(case, service, fact)
        closed = {fact.fields["path"] for fact in told}
        for now, good in _changed(case, service):
            if str(now.path) not in closed:
                yield from _as_before(case, service, now, good)


def _open_again(case: Case, service: str, fact: ServerFact) -> Iterator[Candidate]:
    """The usual rights of it; nothing where none are known, or where everybody could write then."""
    has, usual = fact.fields, fact.fields.get("usual_mode", "")
    if not usual or int(usual, 8) & ~int(has["mode"], 8) & _EVERYBODY_WRITES:
        return
    arguments: dict[str, JsonValue] = {"path": has["path"]}
    arguments |= {"mode": usual} if usual != has["mode"] else {}
    arguments |= {"owner": has["usual_owner"]} if has["usual_owner"] != has["owner"] else {}
    if len(arguments) == 1:
        return
    clues = _denials(case, has["path"])
    score = (0.93 if has.get("known_from") == "known good" else 0.85 if clues else 0.6) * case.scope(service)
    step = Step(tool="files.set_mode", arguments=arguments, why=f"By {has['known_from']} it is so.")
    yield from _given(case, service, step, f"The mode or owner of {has['path']} is wrong: {fact.text}.", (score, clues))


def _changed(case: Case, service: str) -> Iterator[tuple[FileState, FileState]]:
    """(as it is, as it was on a better day) of what has other rights now."""
    good = {state.path: state for state in case.facts.good_paths if state.exists and state.link is None}
    for facts in case.service(service).paths:
        now, was = facts.state, good.get(facts.state.path)
        if was and now.exists and now.link is None and (now.mode, now.uid, now.gid) != (was.mode, was.uid, was.gid):
            yield now, was


def _as_before(case: Case, service: str, now: FileState, good: FileState) -> Iterator[Candidate]:
    arguments: dict[str, JsonValue] = {"path": str(now.path)}
    arguments |= {"mode": f"{good.mode:04o}"} if good.mode != now.mode else {}
    arguments |= {"owner": f"{good.uid}:{good.gid}"} if (good.uid, good.gid) != (now.uid, now.gid) else {}
    clues = _denials(case, str(now.path))
    score = (0.9 if clues else 0.5 if case.is_troubled(service) else 0.3) * case.scope(service)
    has, had = (f"{each.mode:04o} {each.uid}:{each.gid}" for each in (now, good))
    cause = f"The mode or owner of {now.path} is {has}; it was {had} in known good."
    step = Step(tool="files.set_mode", arguments=arguments, why="It was so in known good.")
    yield from _given(case, service, step, cause, (score, clues))


def _given(
    case: Case, service: str, step: Step, cause: str, strength: tuple[float, tuple[Clue, ...]]
) -> Iterator[Candidate]:
    """Rights count at once; only who is down or could not read its files has to be told."""
    preflight = case.service(service).preflight
    red = preflight is not None and not preflight.ok
    waking = (service,) if red or case.is_running(service) is False else ()
    score, clues = strength
    yield from repair(case, "rights", score, cause, [step], explains=clues, wakes=waking)


def _denials(case: Case, path: str) -> tuple[Clue, ...]:
    """Lines that speak of the path, or of what lies below it, as denied."""
    denied = (hint.clue for hint in case.hints if "denied" in hint.topics)
    return tuple(dict.fromkeys(clue for clue in denied if path in clue.line))[:3]
