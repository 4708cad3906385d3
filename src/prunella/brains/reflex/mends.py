"""Small edits of a line that may make a text parse again: what slips of the hand do to it, backwards."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.domain.setting import Format

_KEYED = re.compile(r"^(?P<lead>\s*(?:-\s+|export\s+)?)(?P<key>[\"']?[A-Za-z_][\w.\-]*[\"']?)(?P<rest>.*)$")
_SEPARATOR = {Format.YAML: ": ", Format.JSON: ": ", Format.TOML: " = ", Format.INI: " = ", Format.ENV: "="}
_MARKER = re.compile(r"^(<{7}|\|{7}|={7}|>{7})(\s|$)")
_CLOSERS = {"[": "]", "{": "}", "(": ")"}


@dataclass(frozen=True)
class Mend:
    """Lines `first` to `last` (from 1) become `new`. `cost` 0 to 1: how unlikely this slip is."""

    first: int
    last: int
    new: tuple[str, ...]
    cost: float
    what: str

    def applied(self, text: str) -> str:
        lines = text.split("\n")
        return "\n".join((*lines[: self.first - 1], *self.new, *lines[self.last :]))


def mends_at(fmt: Format, lines: list[str], number: int) -> Iterator[Mend]:
    """Edits of line `number`, likely ones first."""
    line = lines[number - 1].rstrip("\r")
    if not line.strip() or line.lstrip().startswith("#"):
        return
    for new, cost, what in _line_edits(fmt, lines, number, line):
        if new != line:
            yield Mend(number, number, (new,), cost, f"Line {number}: {what}.")
    yield from _dropped(lines, number, line)


def mends_of_whole(fmt: Format, lines: list[str]) -> Iterator[Mend]:
    """Edits that concern more than one line: conflict markers, tabs everywhere, brackets left open at the end."""
    yield from _conflicts(lines)
    if fmt is Format.YAML and any(re.match(r"^ *\t", line) for line in lines):
        for width in (2, 4, 8):
            new = tuple(_without_tabs(line, width) for line in lines)
            yield Mend(1, len(lines), new, 0.02 + width / 200, "Tabs indent, where YAML wants spaces.")
    closers = _left_open("\n".join(lines))
    if fmt is Format.JSON and closers:
        last = max(i for i, line in enumerate(lines, 1) if line.strip())
        body = lines[last - 1].rstrip().rstrip(",")
        base = 0.09 if re.fullmatch(r"[\s\]}]+", body) else 0.02
        for size in range(1, len(closers) + 1):
            new = (body, *closers[:size])
            yield Mend(last, last, new, base + 0.01 * size, f"The file ends before {''.join(closers[:size])}.")


def _without_tabs(line: str, width: int) -> str:
    content = line.lstrip(" \t")
    return line[: len(line) - len(content)].replace("\t", " " * width) + content


def _line_edits(fmt: Format, lines: list[str], number: int, line: str) -> Iterator[tuple[str, float, str]]:
    yield from _headers(fmt, line)
    yield from _separators(fmt, line)
    yield from _quotes(fmt, line)
    if fmt is Format.YAML:
        yield from _indents(lines, number, line)
    yield from _brackets(fmt, line)
    yield from _bare_values(fmt, line)
    yield from _strays(line)
    yield from _insertions(fmt, line)


def _headers(fmt: Format, line: str) -> Iterator[tuple[str, float, str]]:
    if fmt not in {Format.INI, Format.TOML}:
        return
    found = re.match(r"^(\s*)(\[{0,2})([\w.\-\" ]+?)(\]{0,2})(\s*(?:[#;].*)?)$", line)
    if found and (found[2] or found[4]) and found[2].count("[") != found[4].count("]"):
        for depth in sorted({max(len(found[2]), 1), max(len(found[4]), 1)}):
            fixed = f"{found[1]}{'[' * depth}{found[3]}{']' * depth}{found[5]}"
            yield fixed, 0.02, "the bracket of the section's name is missing"


def _separators(fmt: Format, line: str) -> Iterator[tuple[str, float, str]]:
    found, separator = _KEYED.match(line), _SEPARATOR.get(fmt, "=")
    if found is None:
        return
    lead, key, rest = found["lead"], found["key"], found["rest"]
    value = re.sub(r"^\s*(?:[:=;~|>]+|[,.\-]\s)?\s*", "", rest)
    if fmt is Format.YAML and not rest.strip():
        yield f"{lead}{key}:", 0.04, f"{key} lacks its colon"
    elif value and not re.match(r"^\s*[:=]\s*$", rest[: len(rest) - len(value)]):
        yield f"{lead}{key}{separator}{value}", 0.03, f"{key} lacks its separator"
    elif value:
        yield f"{lead}{key}{separator}{value}", 0.05, f"{key} has the separator of another format"
    glued = re.match(r"^([A-Za-z_]+?)(\d[\w.]*|true|false|\".*\"|'.*')$", line.strip())
    if glued:
        yield f"{lead}{glued[1]}{separator}{glued[2]}", 0.15, f"{glued[1]} lacks its separator"


def _quotes(fmt: Format, line: str) -> Iterator[tuple[str, float, str]]:
    for quote in ('"', "'"):
        count = line.count(quote)
        if count % 2 == 0:
            continue
        tail = re.search(r"\s*[,\]}]*\s*(?:#.*)?$", line)
        at = tail.start() if tail else len(line)
        yield line[:at] + quote + line[at:], 0.02, "a quote is not closed"
        yield f"{line}{quote}", 0.04, "a quote is not closed"
        opening = re.match(r"^(\s*(?:-\s+)?[\w.\-\"']*\s*[:=]\s*)([^\s\"'].*)$", line)
        if opening:
            yield opening[1] + quote + opening[2], 0.03, "a quote is not opened"
        yield re.sub(rf"^(\s*)(\w[\w.\-]*){quote}", rf"\1{quote}\2{quote}", line), 0.03, "a quote is not opened"
        yield re.sub(rf"^(\s*){quote}(\w[\w.\-]*)\s*:", rf"\1{quote}\2{quote}:", line), 0.03, "a quote is not closed"
        yield re.sub(rf"([\[,]\s*)(\w[\w.\-]*){quote}", rf"\1{quote}\2{quote}", line), 0.04, "a quote is not opened"
        yield re.sub(rf"{quote}(\w[\w.\-]*)(\s*[\],])", rf"{quote}\1{quote}\2", line), 0.04, "a quote is not closed"
        for place in (line.rfind(quote), line.find(quote)):
            yield line[:place] + line[place + 1 :], 0.08, "a quote is one too many"
    mixed = re.sub(r"([\"'])([^\"']*)([\"'])", lambda m: m[1] + m[2] + m[1], line)
    yield mixed, 0.04, "a quote is closed by another kind"
    if fmt is Format.JSON:
        yield line.replace("'", '"'), 0.05, "JSON wants double quotes"


def _indents(lines: list[str], number: int, line: str) -> Iterator[tuple[str, float, str]]:
    """Indents as the neighbours', or a step of them, nearest first."""
    near = [lines[i] for i in (number - 2, number, number - 3, number + 1) if 0 <= i < len(lines) and lines[i].strip()]
    depths = [len(other) - len(other.lstrip(" ")) for other in near]
    own = len(line.expandtabs(2)) - len(line.expandtabs(2).lstrip(" "))
    steps = [(own + 2, 0.09), (own - 2, 0.09), (own + 4, 0.12), (own - 1, 0.1)]
    used = [(depth, 0.09) for depth in sorted({len(o) - len(o.lstrip(" ")) for o in lines if o.strip()} | {0})]
    seen: set[int] = set()
    for depth, cost in [*zip(depths, (0.02, 0.03, 0.06, 0.07), strict=False), *used[:8], *steps]:
        if depth >= 0 and depth not in seen:
            seen.add(depth)
            yield " " * depth + line.strip(), cost, "its indentation is off"


def _brackets(fmt: Format, line: str) -> Iterator[tuple[str, float, str]]:
    body, comment = _parted(line)
    closers = "".join(_left_open(body))
    if closers:
        comma = "," if body.rstrip().endswith(",") else ""
        yield body.rstrip().rstrip(",") + closers + comma + comment, 0.03, "a bracket is not closed"
    for opener, closer in _CLOSERS.items():
        if body.count(closer) > body.count(opener):
            at = re.match(r"^(\s*(?:-\s+)?[\w.\-\"']*\s*[:=]\s*)(.*)$", body)
            if at:
                yield at[1] + opener + at[2] + comment, 0.04, "a bracket is not opened"
            last = body.rfind(closer)
            yield body[:last] + body[last + 1 :] + comment, 0.05, "a bracket is one too many"
    if fmt is Format.JSON:
        yield body.rstrip() + ",", 0.03, "a comma is missing"
        yield body.rstrip().removesuffix(","), 0.03, "a comma is one too many"
        yield re.sub(r"([\"\d\w}\]])\s+(\")", r"\1, \2", body), 0.06, "a comma is missing"
    yield re.sub(r",\s*([\]}])", r"\1", line), 0.06, "a comma is one too many"
    yield re.sub(r"([\"'\w])\s+([\"'])", r"\1, \2", body) + comment, 0.1, "a comma is missing"


def _bare_values(fmt: Format, line: str) -> Iterator[tuple[str, float, str]]:
    found = re.match(r"^(\s*(?:-\s+)?[\w.\-\"']+\s*[:=]\s*)([^\"'\[{#\s][^#\"]*?)(\s*,?\s*(?:#.*)?)$", line)
    if found is None:
        return
    literal = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null"}.get(found[2])
    if literal and fmt in {Format.TOML, Format.JSON}:
        yield f"{found[1]}{literal}{found[3]}", 0.03, f"{found[2]} is written {literal} here"
    if fmt in {Format.TOML, Format.JSON, Format.YAML}:
        yield f'{found[1]}"{found[2]}"{found[3]}', 0.05, "the text needs quotes"
    zeros = re.fullmatch(r"0+(\d+)", found[2])
    if zeros and fmt in {Format.TOML, Format.JSON}:
        yield f"{found[1]}{zeros[1]}{found[3]}", 0.05, "a number has no leading zeros"


def _strays(line: str) -> Iterator[tuple[str, float, str]]:
    """One character less: punctuation that does not belong."""
    for at, character in enumerate(line):
        if not character.isalnum() and not character.isspace() and character not in "_.-":
            yield line[:at] + line[at + 1 :], 0.15, f"{character!r} does not belong there"


def _insertions(fmt: Format, line: str) -> Iterator[tuple[str, float, str]]:
    """One character more, between two words of a line that has brackets or quotes."""
    if fmt not in {Format.JSON, Format.TOML, Format.YAML} or not re.search(r"[\[\]{}\"']", line) or len(line) > 200:
        return
    for found in re.finditer(r"\b|(?<=[\"'\]}])(?=\W|$)|(?<=\W)(?=[\"'\[{])", line):
        at = found.start()
        for character in "\",:[]{}'":
            yield line[:at] + character + line[at:], 0.13, f"{character!r} is missing"


def _dropped(lines: list[str], number: int, line: str) -> Iterator[Mend]:
    keyed = re.match(r"^\s*[\"']?([A-Za-z_][\w.\-]*)[\"']?\s*[:=]", line)
    if _MARKER.match(line):
        return
    if keyed is None:
        yield Mend(number, number, (), 0.2, f"Line {number}: it is no setting.")
        return
    again = re.compile(rf"^\s*[\"']?{re.escape(keyed[1])}[\"']?\s*[:=]")
    if sum(bool(again.match(other)) for other in lines) > 1:
        is_repeated = number > 1 and lines[number - 2] == line
        yield Mend(number, number, (), 0.0 if is_repeated else 0.12, f"Line {number}: {keyed[1]} is set twice.")


def _conflicts(lines: list[str]) -> Iterator[Mend]:
    """Both sides of a merge that was left undone; ours first."""
    starts = [i for i, line in enumerate(lines) if line.startswith("<<<<<<<")]
    for start in starts[:1]:
        middle = next((i for i in range(start, len(lines)) if lines[i].startswith("=======")), None)
        end = next((i for i in range(start, len(lines)) if lines[i].startswith(">>>>>>>")), None)
        if middle is None or end is None or not start < middle < end:
            continue
        base = next((i for i in range(start, middle) if lines[i].startswith("|||||||")), middle)
        what = "A merge conflict was left in the file"
        yield Mend(start + 1, end + 1, tuple(lines[start + 1 : base]), 0.02, f"{what}; the first side is kept.")
        yield Mend(start + 1, end + 1, tuple(lines[middle + 1 : end]), 0.05, f"{what}; the second side is kept.")
    for number, line in enumerate(lines, 1):
        if _MARKER.match(line):
            yield Mend(number, number, (), 0.1, f"Line {number}: a marker of a merge was left.")


def _parted(line: str) -> tuple[str, str]:
    """(content, comment with the space before it)."""
    found = re.search(r"\s+#.*$", line)
    return (line[: found.start()], found[0]) if found else (line, "")


def _left_open(text: str) -> list[str]:
    """The closing brackets that are lacking, innermost first; what stands in quotes does not count."""
    stack: list[str] = []
    for character in re.sub(r"\"(?:[^\"\\\n]|\\.)*\"", "", text):
        if character in _CLOSERS:
            stack.append(_CLOSERS[character])
        elif stack and character == stack[-1]:
            stack.pop()
    return stack[::-1]
