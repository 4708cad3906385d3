"""A value that is right and has the wrong type in its file: a number in quotes, a text without."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.places import Place, replace_lines
from prunella.brains.reflex.suspicion import suspects_of
from prunella.domain.plan import Step
from prunella.domain.setting import Format

_TYPED = frozenset({Format.TOML, Format.JSON, Format.YAML})


def candidates(case: Case) -> Iterator[Candidate]:
    for hint in case.hints:
        for place, degree in suspects_of(case, hint)[:3] if hint.type else ():
            step = _retyped(place, hint.type) if place.format in _TYPED and place.editable else None
            if step:
                cause = f"{place.name} is a {place.kind}, and {place.service} wants a {hint.type}."
                score = 0.95 * hint.clue.weight * max(degree, 0.6 if place.value in hint.bad else 0.0)
                yield from repair(case, "retype", score, cause, [step], explains=[hint.clue])


def _retyped(place: Place, wanted: str) -> Step | None:
    line = place.text.split("\n")[place.line - 1]
    if wanted == "str":
        written, rewritten = place.value, f'"{place.value}"'
        fits = place.kind in {"int", "float", "bool"}
    else:
        quote = "'" if f"'{place.value}'" in line else '"'
        written, rewritten = f"{quote}{place.value}{quote}", place.value
        fits = place.kind == "str" and _is_a(place.value, wanted)
    at = line.rfind(written, len(line) - len(line.lstrip()) + len(place.leaf))
    if not fits or at < 0:
        return None
    changed = line[:at] + rewritten + line[at + len(written) :]
    why = f"{place.value} as a {wanted}."
    return replace_lines(place.file, place.text, place.line, place.line, (changed,), why=why)


def _is_a(value: str, wanted: str) -> bool:
    if wanted == "bool":
        return value in {"true", "false"}
    try:
        return float(value).is_integer() or wanted == "float"
    except (ValueError, OverflowError):
        return False
