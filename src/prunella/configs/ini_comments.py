"""Comments of an INI file, moved to where configupdater does not stumble over them; no line changes its length."""

import re

_SECTION = re.compile(r"\[[^\]]+\]")


def settled(text: str) -> str:
    """Comments inside a value stand indented, and so belong to it; all others begin their line, and so are comments."""
    lines = text.split("\n")
    waiting: list[int] = []
    level: int | None = None
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith((";", "#")):
            waiting.append(number)
        elif bare:
            indent = len(line) - len(line.lstrip())
            is_more = level is not None and indent > level
            _move(lines, waiting, is_inside=is_more)
            waiting = []
            if not is_more:
                level = None if _SECTION.match(bare) else indent
    _move(lines, waiting, is_inside=False)
    return "\n".join(lines)


def _move(lines: list[str], numbers: list[int], *, is_inside: bool) -> None:
    for number in numbers:
        line = lines[number]
        is_indented = line[0].isspace()
        if is_inside and not is_indented:
            lines[number] = " " + line[0] * (len(line.rstrip()) - 1) + line[len(line.rstrip()) :]
        elif not is_inside and is_indented:
            mark = line.lstrip()[0]
            lines[number] = mark * (len(line) - len(line.lstrip())) + line.lstrip()
