"""The kinds of mistakes, each a function from one file to the same file got wrong, or None where it does not apply."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from bench.incidents import mutator_slips as slips
from bench.incidents.mutator_lines import Line, settings_of, with_lines
from bench.incidents.mutator_slips import Slip


@dataclass(frozen=True)
class Mutation:
    """What a file becomes: `text`, and `mode` where that is the mistake. `key` is the setting that is wrong."""

    kind: str
    file: str
    key: str
    said: str
    text: str
    mode: int | None = None


Kind = Callable[[str, str, Random], Mutation | None]
"""File (relative), its text, chance → a mutation of it."""

_PORT = re.compile(r"(?<=[:\s=])(\d{4,5})(?!\d)")
_MODES = (0o000, 0o200, 0o111)


def _edited(kind: str, file: str, text: str, line: Line, *after: str) -> Mutation | None:
    mutated = with_lines(text, line.number, *after)
    said = f"{file}:{line.number + 1}: {str(line)!r} → {' / '.join(after)!r}"
    return Mutation(kind, file, line.key, said, mutated) if mutated != text else None


def _chosen(file: str, text: str, rng: Random) -> Line | None:
    lines = settings_of(text, file)
    return rng.choice(lines) if lines else None


def of_value(kind: str, slip: Slip) -> Kind:
    """`slip` in the value of one setting, among those where it can be made."""

    def mutate(file: str, text: str, rng: Random) -> Mutation | None:
        lines = settings_of(text, file)
        rng.shuffle(lines)
        for line in lines:
            value = line.value.strip("\"'")
            wrong = slip(value, rng) if value else None
            if wrong is not None and wrong != value:
                return _edited(kind, file, text, line, str(line.valued(line.value.replace(value, wrong, 1))))
        return None

    return mutate


def of_name(kind: str, slip: Slip) -> Kind:
    """`slip` in the name of one setting."""

    def mutate(file: str, text: str, rng: Random) -> Mutation | None:
        line = _chosen(file, text, rng)
        wrong = slip(line.name, rng) if line else None
        return _edited(kind, file, text, line, str(line.named(wrong))) if line and wrong else None

    return mutate


def omission(file: str, text: str, rng: Random) -> Mutation | None:
    line = _chosen(file, text, rng)
    return _edited("omission", file, text, line) if line else None


def duplication(file: str, text: str, rng: Random) -> Mutation | None:
    """A setting stands twice, the second time with another value where it has a number or a switch."""
    line = _chosen(file, text, rng)
    if line is None:
        return None
    other = slips.other_choice(line.value, rng) or slips.wrong_number(line.value, rng) or line.value
    return _edited("duplication", file, text, line, str(line), str(line.valued(other)))


def misplaced(file: str, text: str, rng: Random) -> Mutation | None:
    """A setting moved into another section: to the line before or after a setting of that section."""
    lines = settings_of(text, file)
    pairs = [(line, there) for line in lines for there in lines if line.section != there.section]
    if not pairs:
        return None
    line, there = rng.choice(pairs)
    rows = text.splitlines(keepends=True)
    moved = rows[line.number] if rows[line.number].endswith("\n") else rows[line.number] + "\n"
    at = there.number if there.number < line.number else there.number - 1
    rest = rows[: line.number] + rows[line.number + 1 :]
    mutated = "".join([*rest[:at], moved, *rest[at:]])
    said = f"{file}:{line.number + 1}: {str(line).strip()!r} moved from [{line.section}] into [{there.section}]"
    return Mutation("misplaced section", file, line.key, said, mutated) if mutated != text else None


def broken_syntax(file: str, text: str, rng: Random) -> Mutation | None:
    """A sign lost or added: tab for blanks, a quote or brace or semicolon too few, the equals sign gone."""
    line = _chosen(file, text, rng)
    if line is None:
        return None
    whole = str(line)
    ways = [f"\t{whole.lstrip()}", f" {whole}", f'{line.indent}{line.name}{line.sign}"{line.value}{line.tail}']
    ways += [whole.replace(sign, "", 1) for sign in (";", "=", ":", " ") if sign in whole.strip()]
    return _edited("syntax", file, text, line, rng.choice(ways))


def wrong_mode(file: str, text: str, rng: Random) -> Mutation | None:
    """A mode under which the program that needs the file cannot read it (root may read all the same)."""
    mode = rng.choice(_MODES)
    return Mutation("wrong mode", file, "mode", f"{file}: mode → {mode:04o}", text, mode)


def inconsistent(file: str, texts: Mapping[str, str], rng: Random) -> Mutation | None:
    """A number that another file names too, and that this one alone now has otherwise."""
    text = texts[file]
    others = " ".join(each for name, each in texts.items() if name != file)
    shared = [
        line for line in settings_of(text, file)
        if (found := _PORT.search(f" {line.value}")) and re.search(rf"\b{found[1]}\b", others)
    ]  # fmt: skip
    if not shared:
        return None
    line = rng.choice(shared)
    wrong = _PORT.sub(lambda port: slips.wrong_number(port[1], rng) or port[1], f" {line.value}", count=1)[1:]
    return _edited("inconsistent pair", file, text, line, str(line.valued(wrong)))


def _illegal(word: str, rng: Random) -> str | None:
    return slips.illegal_number(word, rng) or slips.illegal_word(word, rng)


def _legal(word: str, rng: Random) -> str | None:
    return slips.other_choice(word, rng) or slips.wrong_number(word, rng)


_OF_NAMES: dict[str, Slip] = {"typo in a name": slips.typo, "case of a name": slips.other_case}
_OF_VALUES: dict[str, Slip] = {
    "typo in a value": slips.typo,
    "case of a value": slips.other_case,
    "illegal value": _illegal,
    "legal but wrong value": _legal,
    "wrong host": slips.wrong_host,
    "wrong unit": slips.wrong_unit,
    "wrong path": slips.wrong_path,
}
KINDS: tuple[Kind, ...] = (
    *(of_name(name, slip) for name, slip in _OF_NAMES.items()),
    *(of_value(name, slip) for name, slip in _OF_VALUES.items()),
    omission,
    duplication,
    misplaced,
    broken_syntax,
    wrong_mode,
)
"""All but the inconsistent pair, which has to see more than one file."""


def draw(texts: Mapping[str, str], rng: Random) -> Mutation:
    """One mutation of one of `texts` (by relative path), every kind as likely as another."""
    kinds, files = [*KINDS, None], sorted(texts)
    while True:
        kind, file = rng.choice(kinds), rng.choice(files)
        drawn = kind(file, texts[file], rng) if kind else inconsistent(file, texts, rng)
        if drawn is not None:
            return drawn
