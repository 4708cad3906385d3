"""How people get one word or number wrong; after ConfErr (Keller, Upadhyaya, Candea, DSN 2008). Pure and seeded."""

import re
from collections.abc import Callable
from random import Random

Slip = Callable[[str, Random], str | None]
"""A word → the same word got wrong; None where this slip cannot be made of it."""

_ROWS = ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
_UNITS = ("ms", "s", "min", "m", "h", "d", "B", "kB", "KB", "MB", "GB", "k", "mb", "gb", "%")
_NUMBER = re.compile(r"-?\d+")


def beside(key: str) -> list[str]:
    """The keys within one place of `key` on a US keyboard, in its case; [] for what is on no row."""
    for down, row in enumerate(_ROWS):
        at = row.find(key.lower())
        if at >= 0:
            rows = _ROWS[max(0, down - 1) : down + 2]
            near = [each[place] for each in rows for place in (at - 1, at, at + 1) if 0 <= place < len(each)]
            letters = [each for each in near if each.isalnum() and each != key.lower()]
            return [each.upper() if key.isupper() else each for each in letters]
    return []


def left_out(word: str, rng: Random) -> str | None:
    at = rng.randrange(len(word)) if len(word) > 1 else 0
    return word[:at] + word[at + 1 :] if len(word) > 1 else None


def doubled(word: str, rng: Random) -> str | None:
    at = rng.randrange(len(word)) if word else 0
    return word[: at + 1] + word[at:] if word else None


def swapped(word: str, rng: Random) -> str | None:
    """Two letters beside each other change places."""
    places = [at for at in range(len(word) - 1) if word[at] != word[at + 1]]
    if not places:
        return None
    at = rng.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def key_beside(word: str, rng: Random) -> str | None:
    """One letter becomes a neighbour on the keyboard."""
    places = [at for at, letter in enumerate(word) if beside(letter)]
    if not places:
        return None
    at = rng.choice(places)
    return word[:at] + rng.choice(beside(word[at])) + word[at + 1 :]


def other_case(word: str, rng: Random) -> str | None:
    ways = [word.upper(), word.lower(), word.capitalize(), word.swapcase()]
    others = [each for each in ways if each != word]
    return rng.choice(others) if others else None


def typo(word: str, rng: Random) -> str | None:
    """One slip of the fingers; never `word` itself."""
    ways: list[Slip] = [left_out, doubled, swapped, key_beside, key_beside]
    rng.shuffle(ways)
    return next((slipped for way in ways if (slipped := way(word, rng)) not in (None, word)), None)


def wrong_number(word: str, rng: Random) -> str | None:
    """The first number in `word` as a slip, a lost or an extra digit leaves it: legal to look at, and not meant."""
    found = _NUMBER.search(word)
    if found is None:
        return None
    digits = found[0]
    ways = [str(int(digits) + step) for step in (-1, 1, 10)] + [
        digits + "0",
        digits[:-1],
        key_beside(digits, rng) or "",
    ]
    ways += [swapped(digits, rng) or ""]
    others = [each for each in ways if each and each not in {digits, "-"}]
    return word[: found.start()] + rng.choice(others) + word[found.end() :]


def illegal_number(word: str, rng: Random) -> str | None:
    """A number that few programs take: negative, a letter for a digit, a comma, a fraction, a word, far too large."""
    found = _NUMBER.fullmatch(word)
    if found is None:
        return None
    letter = word.replace("0", "O", 1).replace("1", "l", 1)
    ways = [f"-{word}", letter if letter != word else f"{word}x", f"{word},5", f"{word}.5", "many", word * 5, ""]
    return rng.choice(ways)


def wrong_unit(word: str, rng: Random) -> str | None:
    """A unit dropped, doubled, or another one; a bare number gets one."""
    found = re.fullmatch(r"(\d+)\s*([A-Za-z%]*)", word)
    if found is None:
        return None
    number, unit = found.groups()
    others = [each for each in _UNITS if each != unit]
    ways = [number + rng.choice(others)] + ([number, number + unit + unit[-1]] if unit else [])
    return rng.choice(ways)


def wrong_path(word: str, rng: Random) -> str | None:
    """One part of a path misspelt, left out, or with another ending."""
    if "/" not in word or "://" in word or " " in word:
        return None
    parts = word.split("/")
    at = rng.choice([place for place, part in enumerate(parts) if part] or [0])
    stem, dot, ending = parts[at].rpartition(".")
    ways = [typo(parts[at], rng) or "x", ""] + ([f"{stem}{dot}bak"] if stem and ending else [])
    chosen = rng.choice(ways)
    kept = [*parts[:at], *([chosen] if chosen else []), *parts[at + 1 :]]
    return "/".join(kept)


def other_choice(word: str, _: Random) -> str | None:
    """The opposite of a switch."""
    pairs = (("true", "false"), ("on", "off"), ("yes", "no"), ("1", "0"), ("enabled", "disabled"))
    for pair in pairs:
        for here, there in (pair, pair[::-1]):
            if word == here:
                return there
            if word == here.capitalize():
                return there.capitalize()
    return None


def illegal_word(word: str, rng: Random) -> str | None:
    """A value of the wrong kind: misspelt, quoted on one side, empty, or another word altogether."""
    if not word:
        return None
    return rng.choice([typo(word, rng) or "none", f'"{word}', "", "none", f"{word} {word}"])


def wrong_host(word: str, rng: Random) -> str | None:
    """An address or URL that leads elsewhere."""
    if "127.0.0.1" not in word and "localhost" not in word:
        return None
    ways = ["127.0.0.2", "127.0.1", "192.0.2.10", "locahost", "0.0.0.1"]
    return word.replace("localhost", "127.0.0.1").replace("127.0.0.1", rng.choice(ways), 1)
