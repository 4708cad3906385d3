"""A link that leads to another release than on a better day, or to a newer one that fails: back to the one before."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.waking import in_order, wake
from prunella.domain.plan import Step
from prunella.domain.setting import FileState

_FAILING = re.compile(
    r"out of memory|MemoryError|cannot allocate|\boom\b|heap space|\bleak|SIGKILL|SIGSEGV"
    r"|segmentation fault|core dumped|ImportError|ModuleNotFound|AttributeError|NameError|SyntaxError",
    re.IGNORECASE,
)
"""What programs say that a change of their code does, and hardly one of their settings."""


def candidates(case: Case) -> Iterator[Candidate]:
    good = {state.path: state.link for state in case.facts.good_paths if state.link is not None}
    for service in case.suspects:
        for link in (each.state for each in case.service(service).paths if each.state.link is not None):
            before = good.get(link.path)
            if before is not None and before != link.link:
                yield from _turn_back(case, service, link, before, known=True)
            elif before is None and (previous := _previous(case, service, link)):
                yield from _turn_back(case, service, link, previous, known=False)


def _turn_back(case: Case, service: str, link: FileState, target: str, *, known: bool) -> Iterator[Candidate]:
    """Without a better day to go by, only what a failing process says speaks for it, and only while all is well with
    those it needs, who may be what it speaks of.
    """
    clues = _failures(case, service)
    if not known and (not clues or any(case.is_troubled(need) for need in case.all_needs(service))):
        return
    score = (0.9 if clues or case.is_troubled(service) else 0.6) if known else 0.45
    step = Step(tool="files.link", arguments={"path": str(link.path), "target": target}, why="It worked with that one.")
    cause = f"{link.path.parent.name}/{link.path.name} leads to {link.link} rather than {target}."
    origin = "known good" if known else "the releases that lie there"
    because = [f"{origin}: {link.path} → {target}."]
    users = [name for name in case.facts.services if any(p.state.path == link.path for p in case.service(name).paths)]
    then = [wake(case, name, f"{name} runs what the link leads to.") for name in in_order(case, users)]
    score *= case.scope(service)
    yield from repair(case, "releases", score, cause, [step], because=because, explains=clues, then=then)


def _previous(case: Case, service: str, link: FileState) -> str | None:
    """The release just below the present one, by its number, that lies beside it; None where names have no order."""
    now = PurePosixPath(link.link or "")
    folder = Path(link.path.parent / now).parent
    own = _number(now.name)
    lying = [each.state.path for each in case.service(service).paths if each.is_folder and each.state.exists]
    older = [path.name for path in lying if path.parent == folder and _number(path.name) < own]
    return str(now.with_name(max(older, key=_number))) if own and older else None


def _number(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", name))


def _failures(case: Case, service: str) -> tuple[Clue, ...]:
    """What it says of its own end, or the supervisor of it; heard lately."""
    own = (clue for clue in case.clues if clue.service == service and clue.weight >= 0.6)
    return tuple(clue for clue in own if _FAILING.search(clue.line))[:3]
