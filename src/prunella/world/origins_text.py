"""Where the words of changed lines stand already, for a text that no parser vouches for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from prunella.domain.setting import Hunk, SettingChange
from prunella.policy.taint import Filled, Origin
from prunella.policy.weakening import text_weakening
from prunella.policy.words import is_near
from prunella.world.origins_address import address_origin
from prunella.world.origins_setting import GOAL, Lookup, address_like

_WORD = re.compile(r"[^\s\"'`;,{}()\[\]<>=|#:]+|:(?=\s|$)")
_ADDRESS_IN = re.compile(
    r"[A-Za-z][\w+.-]*://[^\s\"'`;,{}()\[\]<>|]+|(?<![\w.-])(?:(?:[\w-]+\.)+[\w-]+|localhost):\d{2,5}(?![\w.:])"
)
_FIGURE = re.compile(r"-?\d+(?:\.\d+)?[A-Za-z]{0,2}|true|false|yes|no|on|off", re.IGNORECASE)


@dataclass(frozen=True)
class TextLookup:
    """`accepted` are the settings of the same edit that were judged by themselves."""

    lookup: Lookup
    accepted: tuple[SettingChange, ...] = ()

    def filled(self, hunks: tuple[Hunk, ...]) -> Iterator[Filled]:
        """Every word of a new line, and every figure that takes the place of another in a line that stays the same."""
        for hunk in hunks:
            for old, new in _paired(hunk):
                yield from self._words(old, new, "\n".join(hunk.old))

    def complaints(self, hunks: tuple[Hunk, ...]) -> Iterator[str]:
        """What the new lines weaken; nothing where they are those of a better time."""
        for hunk in hunks:
            why = text_weakening("\n".join(hunk.old), "\n".join(hunk.new))
            if why and not self._was_good(hunk):
                yield f"{self._place}: {why}, and it was never so at a better time"

    def _was_good(self, hunk: Hunk) -> bool:
        """All its new lines stand in one good version, and none that it drops does."""
        good = [set(version.facts.text.split("\n")) for version in self.lookup.versions if version.is_good]
        return any(set(hunk.new) <= lines and not set(hunk.old) & lines - {""} for lines in good)

    def _words(self, old: str, new: str, given_up: str) -> Iterator[Filled]:
        figures = dict(_figures(old, new))
        for word in dict.fromkeys(_words_of(new)):
            if word in figures:
                yield self._figure(new, figures[word], word)
            elif not (origin := self._origin(word, old, given_up)):
                yield Filled(place=f"a line of {self._place}", shown=word, after=word)
            else:
                yield Filled(place=f"a line of {self._place}", shown=word, after=word, origin=origin)

    def _figure(self, line: str, before: str, after: str) -> Filled:
        key = next((word for word in _words_of(line) if not _FIGURE.fullmatch(word)), "")
        good = (v for v in self.lookup.versions if v.is_good and line in v.facts.text.split("\n"))
        was = next((Origin(version.where, is_own=True) for version in good), None)
        origin = was or self._origin(after, "", "")
        return Filled(f"{self._place} {key}", after, key, before, after, exists=True, origin=origin)

    def _origin(self, word: str, old: str, given_up: str) -> Origin | None:
        here = f"{self._place} itself"
        if word in given_up or word in self._vocabulary:
            return Origin(here)
        if any(is_near(word.lower(), each.lower()) for each in _words_of(old) if each.isalpha()) and word.isalpha():
            return Origin(here)
        for version in self.lookup.versions:
            if word in set(_words_of(version.facts.text)):
                return Origin(version.where)
        if word in self.lookup.sources.goal_words:
            return Origin(GOAL)
        if address_like(word):
            before = next(iter(_ADDRESS_IN.findall(old)), None)
            return address_origin(word, before, old.strip().partition(" ")[0], self.lookup.owners, self.lookup.sources)
        return self._told(word)

    def _told(self, word: str) -> Origin | None:
        related = self.lookup.sources.related(self.lookup.owners, "")
        for each in self.lookup.sources.declared:
            if each.service in related and word == each.value:
                return Origin(each.where)
        named = (each for each in self.lookup.sources.configs if word in re.split(r"[.\"]", each.key))
        return next((Origin(f"the name of {each.key} in {each.where}") for each in named), None)

    @property
    def _vocabulary(self) -> frozenset[str]:
        changed = (text for each in self.accepted for text in (each.key, *each.key.split("."), each.after or ""))
        return frozenset([*_words_of(self.lookup.now.text), *changed, *(w for t in changed for w in _words_of(t))])

    @property
    def _place(self) -> str:
        return self.lookup.sources.short(self.lookup.now.path)


def _words_of(text: str) -> Iterator[str]:
    rest = text
    for found in _ADDRESS_IN.findall(text):
        yield found.rstrip(".:")
        rest = rest.replace(found, " ")
    yield from (found[0].strip(".") for found in _WORD.finditer(rest) if found[0].strip(".:"))


def _paired(hunk: Hunk) -> Iterator[tuple[str, str]]:
    for old, new in zip_longest(hunk.old, hunk.new, fillvalue=""):
        if new.strip():
            yield old, new


def _figures(old: str, new: str) -> Iterator[tuple[str, str]]:
    """(new figure, old figure) where the lines differ in figures only."""
    before, after = list(_words_of(old)), list(_words_of(new))
    if [*map(_shape, before)] == [*map(_shape, after)]:
        yield from ((now, was) for was, now in zip(before, after, strict=True) if was != now)


def _shape(word: str) -> str:
    return "0" if _FIGURE.fullmatch(word) else word
