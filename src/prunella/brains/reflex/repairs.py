"""Values that a slip of the fingers may have been, without asking what is right: each is a guess with its reason."""

import re
from collections.abc import Iterator

from prunella.brains.reflex.names import is_near

_LOOKALIKES = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "i": "1", "S": "5", "B": "8", "Z": "2", "g": "9"})
_BOOLEANS = ("true", "false", "yes", "no", "on", "off")
_DURATION = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*([A-Za-zµ]+)?\s*$")
_UNITS = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "millis": "ms", "msec": "ms", "msecs": "ms",
    "milliseconds": "ms", "min": "m", "mins": "m", "minute": "m", "minutes": "m", "hr": "h", "hrs": "h",
    "hour": "h", "hours": "h", "day": "d", "days": "d", "mss": "ms", "sm": "ms", "ss": "s", "mm": "m",
    "mbb": "MB", "kbb": "kB", "gbb": "GB", "kb": "kB", "mb": "MB", "gb": "GB", "bm": "MB", "bg": "GB", "bk": "kB",
}  # fmt: skip
_SIZES = {"K": "kB", "M": "MB", "G": "GB", "KB": "kB"}


def repair_number(text: str) -> Iterator[tuple[str, float, str]]:
    """(number, how likely, reason) for a text that should be a number and is not one."""
    bare = text.strip().strip("\"'").strip()
    if re.fullmatch(r"-?\d+(\.\d+)?", bare):
        if bare != text:
            yield bare, 0.8, "the number without what stands around it"
        return
    plain = re.sub(r"(?<=\d)[,_ ](?=\d)", "", bare)
    if re.fullmatch(r"-?\d+(\.\d+)?", plain):
        yield plain, 0.8, "the number without separators"
    looks = bare.translate(_LOOKALIKES)
    if re.fullmatch(r"-?\d+(\.\d+)?", looks):
        yield looks, 0.75, "letters that look like digits read as digits"
    whole = re.fullmatch(r"(-?\d+)\.0+", bare)
    if whole:
        yield whole[1], 0.75, "the whole number"
    ends = re.fullmatch(r"\W*(-?\d+(?:\.\d+)?)\s*[A-Za-z%\W]*", bare)
    if ends and ends[1] != bare:
        yield ends[1], 0.6, "the number without what follows it"
    digits = re.sub(r"[^\d]", "", bare)
    if digits and len(digits) < len(bare) and not ends:
        yield digits, 0.4, "its digits alone"


def repair_boolean(text: str) -> Iterator[tuple[str, float, str]]:
    """A boolean a slip away, in the same case."""
    word = text.strip().lower()
    for boolean in _BOOLEANS:
        if boolean != word and (is_near(word, boolean) or word == boolean + boolean[-1]):
            yield _in_case_of(text, boolean), 0.85, f"{text!r} is a slip away from {boolean}"
    spoken = {"1": "true", "0": "false", "yes": "true", "no": "false", "on": "true", "off": "false", "y": "true",
              "n": "false", "enabled": "true", "disabled": "false", "enable": "true", "disable": "false",
              "t": "true", "f": "false"}  # fmt: skip
    if word in spoken:
        yield spoken[word], 0.7, f"{text!r} says {spoken[word]}"


def repair_duration(text: str) -> Iterator[tuple[str, float, str]]:
    """An amount with a unit that is usual."""
    found = _DURATION.match(text)
    if found is None:
        return
    amount, unit = found[1], found[2] or ""
    if unit.lower() in _UNITS and _UNITS[unit.lower()] != unit:
        yield amount + _UNITS[unit.lower()], 0.8, f"{_UNITS[unit.lower()]} is how {unit} is written"
    if unit in _SIZES:
        yield amount + _SIZES[unit], 0.75, f"{_SIZES[unit]} is another way to write {unit}"
    if unit and " " in text.strip():
        yield amount + unit, 0.6, "the unit right after the amount"
    if not unit:
        yield f"{amount}s", 0.5, "an amount of time needs a unit"
    else:
        yield amount, 0.3, "the amount alone"


def fit_range(text: str, low: float | None, high: float | None) -> Iterator[tuple[str, float, str]]:
    """Numbers within the range that the value may have been meant as: another unit, a sign, a digit too many."""
    try:
        value = float(text)
    except ValueError:
        return
    if _within(value, low, high):
        return
    limits = f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"
    senses = (
        (-value, 0.7, "without its sign"),
        (value / 1000, 0.6, "in the next larger unit"),
        (value * 1000, 0.6, "in the next smaller unit"),
        (value / 10, 0.4, "without the last digit"),
        (value / 100, 0.35, "without the last two digits"),
    )
    for number, surety, sense in senses:
        if number and number.is_integer() == value.is_integer() and _within(number, low, high):
            yield f"{number:.10g}", surety, f"{text} {sense}, which lies within {limits}"
    bound = low if low is not None and value < low else high
    if bound is not None:
        yield f"{bound:.10g}", 0.5, f"the nearest value within {limits}"


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _in_case_of(text: str, word: str) -> str:
    return word.upper() if text.isupper() else word.capitalize() if text[:1].isupper() else word
