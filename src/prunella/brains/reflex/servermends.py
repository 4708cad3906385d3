"""Small edits that may make the file of a server parse again: nginx's blocks, and the lines of the others."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.mends import Mend
from prunella.brains.reflex.names import nearest
from prunella.domain.setting import Format

SERVER_FORMATS = frozenset({Format.NGINX, Format.HAPROXY, Format.POSTGRES, Format.PG_HBA, Format.REDIS})
_LIST = re.compile(r"\((?P<list>\w+(?:, \w+)+)\)")
_GLUED = re.compile(r"(\d+\.\d+\.\d+\.\d+(?:/(?:3[0-2]|[12]?\d))?|::\d+/\d+|samehost|samenet)(?=[A-Za-z])")
_CLOSER = re.compile(r"\s*\}\s*(?:#.*)?$")


def line_mends(fmt: Format, lines: list[str], number: int, fault: str) -> Iterator[Mend]:
    """Edits of line `number`, likely ones first; `fault` is what the parser says."""
    line = lines[number - 1].rstrip("\r")
    if not line.strip() or line.lstrip().startswith("#"):
        return
    for new, cost, what in _edits(fmt, line, fault):
        if new != line:
            yield Mend(number, number, (new,), cost, f"Line {number}: {what}.")


def block_mends(fmt: Format, lines: list[str]) -> Iterator[Mend]:
    """Braces that are missing or one too many, told by how the lines are indented."""
    if fmt is not Format.NGINX:
        return
    open_, surplus = _unmatched(lines)
    for opened, before in open_:
        lead = lines[opened - 1][: _depth(lines[opened - 1])]
        what = f"The block that line {opened} opens is not closed."
        is_inline = not _parted(lines[opened - 1])[0].endswith("{")
        yield Mend(before, before - 1, (f"{lead}}}",), 0.06 if is_inline else 0.02, what)
    for number in surplus:
        yield Mend(number, number, (), 0.03, f"Line {number}: this brace closes nothing.")


def _edits(fmt: Format, line: str, fault: str) -> Iterator[tuple[str, float, str]]:
    body, comment = _parted(line)
    if fmt is Format.NGINX:
        yield from _of_nginx(body, comment)
    if fmt is Format.POSTGRES:
        yield from _of_postgres(body, comment)
    if fmt is Format.PG_HBA:
        yield from _of_hba(line, fault)
    for quote in ("'", '"'):
        if body.count(quote) % 2:
            yield from _quotes(body, comment, quote)


def _of_nginx(body: str, comment: str) -> Iterator[tuple[str, float, str]]:
    end = re.search(r"[;:,.\s]*$", body)
    bare = body[: end.start()] if end else body
    if bare and bare[-1] not in "{}":
        yield f"{bare};{comment}", 0.02, "the semicolon is missing"
        yield f"{bare} {{{comment}", 0.03, "the brace that opens the block is missing"
    first = re.match(r"^(\s*[\w.]+)\s+([^{]*;\s*\}.*)$", body)
    if first:
        yield f"{first[1]} {{ {first[2]}{comment}", 0.02, "the brace that opens the block is missing"
    inner = re.search(r"([^;{}\s])\s*(\}\s*)$", body)
    if inner:
        yield f"{body[: inner.end(1)]}; {inner[2]}{comment}", 0.02, "the semicolon is missing"
    if body.count("{") > body.count("}"):
        yield f"{body} }}{comment}", 0.05, "the brace that closes the block is missing"
    for doubled in (";;", "{{", "}}"):
        at = body.find(doubled)
        if at >= 0:
            yield body[:at] + body[at + 1 :] + comment, 0.01, f"{doubled[0]} is written twice"
    yield re.sub(r"\s*;\s*;", ";", body) + comment, 0.02, "; is written twice"
    yield re.sub(r";(\s*\{)", r"\1", body) + comment, 0.03, "there is a semicolon before the brace"


def _of_postgres(body: str, comment: str) -> Iterator[tuple[str, float, str]]:
    found = re.match(r"^(\s*[A-Za-z_][\w.]*)\s*(?P<mark>[:=;~\s]+)\s*(?P<value>\S.*?)\s*$", body)
    if found is None:
        return
    value = found["value"].strip("\"'`")
    kept = found["value"] if found["value"] == f"'{value}'" else ""
    for written, cost in ((kept or value, 0.02), (f"'{value}'", 0.03)):
        yield f"{found[1]} = {written}{comment}", cost, "it is not written as `name = value`"


def _of_hba(line: str, fault: str) -> Iterator[tuple[str, float, str]]:
    listed = _LIST.search(fault)
    words = line.split()
    near = nearest(words[0], tuple(listed["list"].split(", "))) if listed and words else None
    if near:
        yield line.replace(words[0], near, 1), 0.02, f"the record begins with {near}"
    glued = re.sub(
        r"(\d+\.\d+\.\d+\.\d+(?:/(?:3[0-2]|[12]?\d))?|::\d+/\d+|samehost|samenet)(?=[A-Za-z])", r"\1  ", line
    )
    yield glued, 0.02, "the method is not apart from the address"


def _quotes(body: str, comment: str, quote: str) -> Iterator[tuple[str, float, str]]:
    tail = re.search(r"\s*[;{]?\s*$", body)
    at = tail.start() if tail else len(body)
    yield body[:at] + quote + body[at:] + comment, 0.02, "a quote is not closed"
    last = body.rfind(quote)
    start = body.rfind(" ", 0, last) + 1
    yield body[:start] + quote + body[start:] + comment, 0.03, "a quote is not opened"
    yield body[:last] + body[last + 1 :] + comment, 0.05, "a quote is one too many"
    lone = body.find(quote)
    yield body[:lone] + body[lone + 1 :] + comment, 0.05, "a quote is one too many"


def _unmatched(lines: list[str]) -> tuple[list[tuple[int, int]], list[int]]:
    """(open blocks as (their line, the line before which they should end), closing lines that close nothing)."""
    stack: list[int] = []
    lost: list[tuple[int, int]] = []
    surplus: list[int] = []
    for number, line in enumerate(lines, 1):
        body = _parted(line)[0]
        while stack and body.strip() and _is_outside(line, lines[stack[-1] - 1]):
            lost.append((stack.pop(), number))
        opened = body.count("{") - body.count("}")
        if opened > 0:
            stack += [number] * opened
        elif opened < 0 and stack:
            stack.pop()
        elif opened < 0 and _CLOSER.match(line):
            surplus.append(number)
    lost += [(number, len(lines) + bool(lines[-1].strip())) for number in reversed(stack)]
    return lost[:4], surplus[:3]


def _is_outside(line: str, opener: str) -> bool:
    """By its indentation it is no more in the block, and does not close it either."""
    depth, own = _depth(opener), _depth(line)
    return own < depth or (own == depth and not _CLOSER.match(line))


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _parted(line: str) -> tuple[str, str]:
    """(content without blanks behind it, comment with the space before it)."""
    found = re.search(r"\s+#.*$", line)
    return (line[: found.start()], found[0]) if found else (line.rstrip(), "")
