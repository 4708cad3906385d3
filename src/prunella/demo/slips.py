"""How people get a value wrong: pure functions from a right text to a wrong one, chosen by a random generator."""

from random import Random

_KEYBOARD = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_LOOK_ALIKE = {"0": "O", "1": "l", "5": "S", "8": "B"}


def typo(word: str, rng: Random) -> str:
    """`word` with one slip of the fingers: left out, doubled, swapped, or the key beside it. Never `word` itself."""
    if len(word) < 2:
        return word + word
    slips = [_left_out, _doubled, _swapped, _key_beside]
    while (slipped := rng.choice(slips)(word, rng.randrange(len(word) - 1), rng)) == word:
        pass
    return slipped


def _left_out(word: str, at: int, _: Random) -> str:
    return word[:at] + word[at + 1 :]


def _doubled(word: str, at: int, _: Random) -> str:
    return word[: at + 1] + word[at:]


def _swapped(word: str, at: int, _: Random) -> str:
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _key_beside(word: str, at: int, rng: Random) -> str:
    beside = neighbours(word[at])
    return word[:at] + rng.choice(beside) + word[at + 1 :] if beside else word


def neighbours(letter: str) -> list[str]:
    """The keys left and right of `letter`, in its case; empty for what is on no row."""
    for row in _KEYBOARD:
        if (place := row.find(letter.lower())) >= 0:
            found = [row[at] for at in (place - 1, place + 1) if 0 <= at < len(row)]
            return [key.upper() if letter.isupper() else key for key in found]
    return []


def other_case(word: str, _: Random) -> str:
    return word.capitalize() if word.islower() else word.lower()


def wrong_digit(number: int, rng: Random) -> int:
    """`number` as somebody gets it who is off by one, swaps two digits or hits the key beside."""
    digits = str(number)
    at = rng.randrange(len(digits) - 1)
    swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    beside = digits[: at + 1] + rng.choice(neighbours(digits[at + 1])) + digits[at + 2 :]
    return rng.choice([number - 1, number + 1, number + 10, int(swapped), int(beside)])


def not_a_number(number: str, rng: Random) -> str:
    """`number` with a letter in it, with a unit, as a word, or left empty."""
    at = rng.randrange(len(number))
    letter = number[:at] + _LOOK_ALIKE.get(number[at], "a") + number[at + 1 :]
    return rng.choice([letter, f"{number}ms", f"{number}a", f"{number}.5", "many"])


def out_of_range(number: int, least: int, most: int, rng: Random) -> int:
    """A number outside of `least` to `most`, as a wrong unit, a held key or a lost digit gives it."""
    thousandfold = [number * 10**power for power in (2, 3, 4) if number * 10**power > most]
    return rng.choice([least - 1, -number, most * 10, *thousandfold])
