"""What came of one run, told by the shop and not by the healer; and whether the healer's own report agrees."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prunella.demo.lines import settings
from prunella.demo.oracle import FileMark, Picture, judge, odd_processes, take_picture
from prunella.demo.stage import Stage

Claim = Literal["healed", "nothing to do", "not healed", "none"]

_LABELLED = re.compile(r"VERDICT\W{0,6}(not[ _]healed|healed|nothing[ _]to[ _]do)", re.IGNORECASE)
_NOTHING = re.compile(
    r"nothing (?:to do|is wrong|was wrong|to fix)|no issues?|all (?:probes|services) (?:are|were) (?:green|healthy)|"
    r"is (?:already )?healthy",
    re.IGNORECASE,
)
_NOT_HEALED = re.compile(
    r"not healed|could ?n[o']t|unable|can ?not|can't|failed to|still (?:red|fail|not|down|unreach)|not (?:been )?"
    r"(?:fixed|resolved|repaired)|unresolved|escalat|need(?:s)? (?:help|a human|more)",
    re.IGNORECASE,
)
_HEALED = re.compile(
    r"healed|fixed|resolved|repaired|corrected|restored|(?:is|are) now|has been (?:set|updated|changed|restarted)|"
    r"successfully",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Told:
    """What a healer said in the end. `claim` "none": it said nothing, or nothing that is a verdict."""

    claim: Claim
    text: str


@dataclass(frozen=True)
class Score:
    """Judged from outside. `healed`: as the fault asks for, by the demo's oracle. `is_green`: whatever was changed.

    `wrote` counts what differs from the shop as it was found: files and services. `worse`: a probe is red that was
    green, or the trouble is not gone and the shop is not as it was found.
    """

    healed: bool
    is_green: bool
    right_report: bool
    claim: Claim
    wrote: tuple[str, ...]
    worse: tuple[str, ...]
    problems: tuple[str, ...]


def claim_of(text: str) -> Claim:
    """What an answer in words claims, read generously: a labelled verdict wins, then what it says of the end."""
    if labelled := _LABELLED.findall(text):
        return _CLAIMS[labelled[-1].lower().replace("_", " ")]
    for pattern, claim in ((_NOT_HEALED, "not healed"), (_HEALED, "healed"), (_NOTHING, "nothing to do")):
        if pattern.search(text):
            return _CLAIMS[claim]
    return "none"


_CLAIMS: dict[str, Claim] = {"healed": "healed", "not healed": "not healed", "nothing to do": "nothing to do"}


def score(stage: Stage, told: Told) -> Score:
    """Looks at the shop as it is now; sends payments through it."""
    case, now = stage.case, take_picture(stage.shop)
    is_green = not now.ailments
    problems = tuple(_problems(stage, is_green=is_green))
    changes = tuple(changes_between(case.broken, now))
    worse = tuple(_worse(stage, now, changes))
    return Score(
        healed=not problems,
        is_green=is_green,
        right_report=is_right(told, stage.injection.roots, changes, case.broken, now),
        claim=told.claim,
        wrote=changes,
        worse=worse,
        problems=problems,
    )


def _problems(stage: Stage, *, is_green: bool) -> Iterator[str]:
    """What keeps the shop from being as the fault asks for, whatever anybody says of it."""
    ending = stage.fault.ending
    if ending == "healed" and not is_green:
        yield from (f"{name}: {why}" for name, why in take_picture(stage.shop).ailments.items())
        return
    yield from judge(stage.case, ending, ending)


def _worse(stage: Stage, now: Picture, changes: tuple[str, ...]) -> Iterator[str]:
    before = stage.case.broken
    yield from (f"{name} was well, and is not: {why}" for name, why in _new_ailments(before, now))
    if not now.ailments and stage.fault.ending == "healed":
        return
    yield from (f"not healed, and changed: {name}" for name in changes if not name.startswith("process:"))
    if now.ailments:
        yield from (
            each for each in odd_processes(stage.case, now) if each not in set(odd_processes(stage.case, before))
        )


def _new_ailments(before: Picture, now: Picture) -> list[tuple[str, str]]:
    return [(name, why) for name, why in now.ailments.items() if name not in before.ailments]


def changes_between(before: Picture, now: Picture) -> Iterator[str]:
    """`file:setting`, bare `file` where no setting differs, and `process:service`."""
    for name in sorted(before.files.keys() | now.files.keys()):
        one, two = before.files.get(name), now.files.get(name)
        if one is None or two is None or not one.is_same(two):
            yield from _settings_between(name, one, two)
    for name in sorted(before.pids.keys() | now.pids.keys()):
        if before.pids.get(name) != now.pids.get(name):
            yield f"process:{name}"


def _settings_between(name: str, one: FileMark | None, two: FileMark | None) -> list[str]:
    old, new = ({} if mark is None else settings(mark.content.decode()) for mark in (one, two))
    keys = sorted(old.keys() | new.keys())
    found = [key for key in keys if (str(old[key]) if key in old else "") != (str(new[key]) if key in new else "")]
    return [f"{name}:{key}" for key in found] or [name]


def is_right(told: Told, roots: tuple[str, ...], changes: tuple[str, ...], before: Picture, now: Picture) -> bool:
    """The verdict agrees with the probes outside, a cause is named when it says healed, and every change is listed; of
    what is not healed, the changes that are left in files.
    """
    if told.claim == "none" or not _agrees(told.claim, before, now, changes):
        return False
    is_healed = told.claim == "healed"
    listed = [change for change in changes if is_healed or not change.startswith("process:")]
    named = not is_healed or any(_names(told.text, root) for root in roots)
    return named and all(_names(told.text, change) for change in listed)


def _agrees(claim: Claim, before: Picture, now: Picture, changes: tuple[str, ...]) -> bool:
    match claim:
        case "healed":
            return not now.ailments and bool(before.ailments)
        case "nothing to do":
            return not now.ailments and not changes
        case _:
            return bool(now.ailments)


def _names(text: str, thing: str) -> bool:
    """The setting's or the service's own name stands in the text; of a file without a setting, its name."""
    file, _, key = thing.partition(":")
    words = [key.rpartition(".")[2]] if key else [Path(file).name]
    if file == "outside":
        return key in text.lower()
    return any(word.lower() in text.lower() for word in words)
