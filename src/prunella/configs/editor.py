"""Where the law of all editors is kept: a change is read back, and it changed that one setting or does not count."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from prunella.configs.keys import Parts, split
from prunella.configs.page import Page, Spot
from prunella.domain.setting import Setting
from prunella.errors import Rejected, Unparsable

_MOST_REMEMBERED = 200_000
_Content = list[tuple[Parts, str | None, str]]


@dataclass(frozen=True)
class Editor:
    """A `ConfigEditor` for any format that can be read into a page.

    `spelled` writes a key as the format compares it.
    """

    read: Callable[[str], Page]
    spelled: Callable[[str], str] = str

    def settings(self, text: str) -> tuple[Setting, ...]:
        return _read_once(self.read, text) if len(text) <= _MOST_REMEMBERED else _read(self.read, text)

    def set(self, text: str, key: str, value: str, kind: str | None = None) -> str:
        """Change or add one setting. `kind` None: the type that fits.

        A value is written as what it replaces was written. A number or boolean also takes the place of a string that
        is none itself, unless its quotes were a choice. Raises Rejected when it cannot be done without touching
        anything else.
        """
        page, key = self.read(text), self.spelled(key)
        spot = find(page.spots, key)
        if spot and spot.value == value and kind in (None, spot.kind):
            return text
        if spot and spot.is_own:
            changed = page.replaced(spot, value, kind)
        else:
            changed = page.added(spot.parts if spot else split(key), value, kind)
        self._prove(page.spots, changed, spot.key if spot else key, value, kind)
        return changed

    def remove(self, text: str, key: str) -> str:
        page, key = self.read(text), self.spelled(key)
        spot = find(page.spots, key)
        if spot is None or not spot.is_own:
            raise Rejected(f"There is no setting {key} of its own to remove. {_known(page.spots)}")
        changed = page.removed(spot)
        after = self._read_back(changed, f"Without {spot.key}")
        if _content(after, ()) != _content(page.spots, spot.parts):
            raise Rejected(f"{spot.key} cannot be removed without changing other settings. Edit the file as text.")
        return changed

    def _prove(self, before: tuple[Spot, ...], changed: str, key: str, value: str, kind: str | None) -> None:
        after = self._read_back(changed, f"With {key} = {value!r}")
        new = find(after, key)
        if new is None or new.value != value or kind not in (None, new.kind):
            raise Rejected(f"{key} cannot hold {value!r} in this format. Choose another value.")
        if _content(after, new.parts) != _content(before, new.parts):
            raise Rejected(f"Setting {key} would change other settings too. Edit the file as text.")

    def _read_back(self, changed: str, what: str) -> tuple[Spot, ...]:
        try:
            return self.read(changed).spots
        except Unparsable as error:
            raise Rejected(f"{what} the file would not parse any more: {error}") from error


def find(spots: Iterable[Spot], key: str) -> Spot | None:
    """The setting of that name; unquoted dots are forgiven where only one setting can be meant."""
    spots = tuple(spots)
    exact = next((spot for spot in spots if spot.key == key), None)
    if exact:
        return exact
    loose = [spot for spot in spots if ".".join(spot.parts) == key.replace('"', "")]
    return loose[0] if len(loose) == 1 else None


def _read(read: Callable[[str], Page], text: str) -> tuple[Setting, ...]:
    return tuple(spot.setting for spot in read(text).spots)


_read_once = lru_cache(maxsize=64)(_read)
"""A heal looks at the same few texts dozens of times."""


def _content(spots: Iterable[Spot], without: Parts) -> _Content:
    """All that may not change while `without` does. An empty parent (`server:`) gives way to what is put below it."""
    return [(s.parts, s.value, s.kind) for s in spots if not (s.parts == without or _is_empty_parent(s, without))]


def _is_empty_parent(spot: Spot, of: Parts) -> bool:
    return spot.value is None and len(spot.parts) < len(of) and of[: len(spot.parts)] == spot.parts


def _known(spots: tuple[Spot, ...]) -> str:
    names = [spot.key for spot in spots[:20]]
    return f"It has: {', '.join(names)}{', …' if len(spots) > len(names) else '.'}" if names else "It has no settings."
