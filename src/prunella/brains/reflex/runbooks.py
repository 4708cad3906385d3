"""Promoted runbooks: what healed this very trouble before, as far as it is not so already."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from prunella.brains.reflex.candidate import PROVED, Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.waking import wake
from prunella.domain.facts import ConfigFacts
from prunella.domain.lesson import Lesson, Standing
from prunella.domain.plan import Plan, Step
from prunella.memory.standing import fits
from prunella.memory.trouble import trouble_in

_SCORE, _LESS = 0.97, 0.01
_WAKES = frozenset({"services.start", "services.restart", "services.reload"})


def candidates(case: Case) -> Iterator[Candidate]:
    """In the order of the brief. A plan like any other: vetted, judged, and put back where it does not help."""
    promoted = [lesson for lesson in case.brief.lessons if lesson.standing is Standing.RUNBOOK]
    if not promoted:
        return
    now = trouble_in(case.facts, case.brief.report, case.brief.evidence)
    for place, lesson in enumerate(each for each in promoted if fits(each, now)):
        steps = _due(case, lesson)
        if steps:
            yield Candidate(_plan(lesson, steps), max(0.5, _SCORE - place * _LESS), PROVED)


def _plan(lesson: Lesson, steps: tuple[Step, ...]) -> Plan:
    times = f"{lesson.healed} times" if lesson.healed > 1 else "once"
    because = (f"Runbook {lesson.id} healed this {times}; {lesson.by} found it in run {lesson.run}.",)
    return Plan(cause=lesson.cause, because=because, steps=steps, lesson=lesson.id)


def _due(case: Case, lesson: Lesson) -> tuple[Step, ...]:
    """The steps that would change something, as this fleet takes them.

    None when every edit is made already, so that it cannot be the repair, or when a file or service is gone.
    """
    steps = [_fitted(case, step) for step in lesson.steps]
    known = [step for step in steps if step is not None]
    due = tuple(step for step in known if not _is_so(case, step))
    if len(known) < len(steps) or (_has_edits(known) and not _has_edits(due)):
        return ()
    return due


def _has_edits(steps: Iterable[Step]) -> bool:
    return any(step.tool.startswith(("config.", "files.")) for step in steps)


def _fitted(case: Case, step: Step) -> Step | None:
    """With the file's whole path; a service is started when it is down, reloaded or restarted when it runs."""
    if step.tool.startswith("config."):
        file = _file(case, step)
        return file and step.model_copy(update={"arguments": {**step.arguments, "file": str(file.path)}})
    name = str(step.arguments.get("service", ""))
    if name and name not in case.facts.services:
        return None
    is_as_it_should = step.tool == "services.reload" and case.is_running(name) is not False
    return step if is_as_it_should or step.tool not in _WAKES else wake(case, name, step.why)


def _is_so(case: Case, step: Step) -> bool:
    """The world is already as this step would make it."""
    check = _CHECKS.get(step.tool)
    return check is not None and check(case, step)


def _is_set(case: Case, step: Step) -> bool:
    file, key = _file(case, step), step.arguments.get("key")
    wanted = str(step.arguments.get("value"))
    return file is not None and any(each.key == key and each.value == wanted for each in file.settings)


def _is_removed(case: Case, step: Step) -> bool:
    file, key = _file(case, step), step.arguments.get("key")
    return file is not None and not file.fault and all(each.key != key for each in file.settings)


def _is_replaced(case: Case, step: Step) -> bool:
    file, old, new = _file(case, step), str(step.arguments.get("old")), str(step.arguments.get("new"))
    return file is not None and old not in file.text and new in file.text


def _is_restored(case: Case, step: Step) -> bool:
    file, origin = _file(case, step), step.arguments.get("origin")
    if file is None or not file.exists:
        return False
    return any(each.text == file.text for each in case.references(file.path) if each.origin == origin)


def _file(case: Case, step: Step) -> ConfigFacts | None:
    """As the step names it: absolute, from the fleet's folder, or bare where that is enough."""
    wanted = str(step.arguments.get("file"))
    files = [config for _, config in case.files()]
    exact = [each for each in files if each.path in {Path(wanted), case.facts.fleet.folder / wanted}]
    named = exact or [each for each in files if each.path.name == wanted]
    return named[0] if named else None


_CHECKS: Mapping[str, Callable[[Case, Step], bool]] = {
    "config.set": _is_set,
    "config.remove": _is_removed,
    "config.replace_text": _is_replaced,
    "config.restore": _is_restored,
}
