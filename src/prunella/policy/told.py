"""One thing that a configuration says, and one guard that it speaks of."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from prunella.domain.posture import Aspect
from prunella.domain.setting import Setting
from prunella.policy import guard_words as words
from prunella.policy.strengths import plain
from prunella.policy.words import tokens

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^.]+')


@dataclass(frozen=True)
class Told:
    """One thing that a configuration says: `parts` lead to it from the top, places in lists left out."""

    parts: tuple[str, ...]
    value: str

    @property
    def key(self) -> str:
        return ".".join(f'"{part}"' if "." in part else part for part in self.parts)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Of the last part; with those of the part before it where the last one is a switch of that."""
        own = tokens(self.parts[-1])
        if len(self.parts) > 1 and all(word in words.SWITCH_WORDS or word.isdigit() for word in own):
            return (*tokens(self.parts[-2]), *own)
        return own

    @cached_property
    def path_words(self) -> frozenset[str]:
        return frozenset(word for part in self.parts[-3:] for word in tokens(part))


@dataclass(frozen=True)
class Guard:
    """How one guard stands; `what` tells it from others of the same setting, "" for the setting itself. `of` is what
    it is called after in place of the setting ("": the setting).
    """

    aspect: Aspect
    says: str
    strength: float
    what: str = ""
    may_go: bool = False
    of: str = ""


def told_by(settings: Iterable[Setting], bare: str = "") -> Iterator[Told]:
    """`bare` is what a key without a value means: in an ini file (`skip-name-resolve`) it is switched on."""
    for setting in settings:
        yield from told_as(setting.key, bare if setting.value is None else setting.value)


def told_as(key: str, value: str) -> Iterator[Told]:
    """Nothing for a key that is all numbers."""
    parts = tuple(part.strip('"') for part in _PART.findall(key) if not part.isdigit())
    if parts:
        yield Told(parts, value)


def is_answer(value: str) -> bool:
    """Yes, no or nothing, rather than an address or a list."""
    word = plain(value)
    return word != "" and word in (words.YES | words.NO) - {"all", "0", "1"}
