"""Mends texts of a format that nobody here parses, where the program's own complaint says what is lacking."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.hints import Hint
from prunella.brains.reflex.places import replace_lines
from prunella.domain.facts import ConfigFacts
from prunella.domain.plan import Step
from prunella.domain.setting import Format

_UNENDED = re.compile(
    r"not terminated by \"?;|missing \"?;|expect(?:ed|ing) \"?;|invalid number of arguments", re.IGNORECASE
)
_UNCLOSED = re.compile(r"expect(?:ed|ing) \"?(?P<closer>[}\])])|unclosed|unexpected end of file", re.IGNORECASE)
_SURPLUS = re.compile(r"unexpected \"?(?P<closer>[}\])])", re.IGNORECASE)


def candidates(case: Case) -> Iterator[Candidate]:
    for hint in case.hints:
        for service, config in case.files():
            is_parsed = config.format is not Format.TEXT and (config.format is not Format.NGINX or config.fault)
            if is_parsed or service not in case.suspects or not hint.locations:
                continue
            for path, line in hint.locations:
                if str(config.path).endswith(path) and (path or service == hint.clue.service):
                    yield from _mend(case, service, config, line, hint)


def _mend(case: Case, service: str, config: ConfigFacts, line: int, hint: Hint) -> Iterator[Candidate]:
    score = 0.9 * hint.clue.weight * case.scope(service)
    cause = f"{config.path.parent.name}/{config.path.name} is cut short near line {line}."
    for step, surety in _steps(config, line, hint.clue.line):
        yield from repair(case, "text mends", score * surety, cause, [step], because=[], explains=[hint.clue])


def _steps(config: ConfigFacts, line: int, complaint: str) -> Iterator[tuple[Step | None, float]]:
    lines = config.text.split("\n")
    if _UNENDED.search(complaint):
        for number in range(min(line, len(lines)), max(0, line - 4), -1):
            text = lines[number - 1].rstrip()
            if text and not text.lstrip().startswith("#") and text[-1] not in ";{}":
                new = (f"{text};",)
                yield (
                    replace_lines(config.path, config.text, number, number, new, why="The line lacks its semicolon."),
                    1.0,
                )
                return
    unclosed, surplus = _UNCLOSED.search(complaint), _SURPLUS.search(complaint)
    if surplus and line <= len(lines) and lines[line - 1].strip() == surplus["closer"]:
        yield replace_lines(config.path, config.text, line, line, (), why="The bracket is one too many."), 0.8
    elif unclosed:
        last = max((i for i, text in enumerate(lines, 1) if text.strip()), default=1)
        new = (lines[last - 1], unclosed["closer"] or "}")
        yield replace_lines(config.path, config.text, last, last, new, why="The last block is not closed."), 0.75
