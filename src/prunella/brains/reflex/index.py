"""Settings found by what an error may say of them, so that big files cost no more than one look."""

from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from typing import TypeVar

from prunella.brains.reflex.names import likeness, normal, tokens
from prunella.brains.reflex.places import Place

_MOST_SHARED = 100
_Key = TypeVar("_Key", bound=Hashable)


class Index:
    """The settings of a fleet; every look-up gives them in the order of the fleet and its files."""

    def __init__(self, places: tuple[Place, ...]) -> None:
        self._places = places

    @cached_property
    def _tails(self) -> dict[str, tuple[Place, ...]]:
        return _grouped(self._places, lambda place: _tails_of(place.key))

    @cached_property
    def _values(self) -> dict[str, tuple[Place, ...]]:
        return _grouped(self._places, lambda place: (place.value,))

    @cached_property
    def _lines(self) -> dict[int, tuple[Place, ...]]:
        return _grouped(self._places, lambda place: (place.line,))

    @cached_property
    def _services(self) -> dict[str, tuple[Place, ...]]:
        return _grouped(self._places, lambda place: (place.service,))

    @cached_property
    def _addresses(self) -> dict[tuple[str, str], tuple[Place, ...]]:
        return _grouped(self._places, lambda place: ((str(place.file), place.key),))

    @cached_property
    def _leaves(self) -> dict[str, tuple[Place, ...]]:
        return _grouped(self._places, lambda place: (normal(place.leaf),))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every value that is a word."""
        return frozenset(value for value in self._values if value.replace("-", "").replace("_", "").isalpha())

    def named(self, mention: str) -> tuple[tuple[Place, float], ...]:
        """Settings that `mention` may mean, with how surely; an ending that a hundred share means none of them."""
        groups = (self._tails.get(tail, ()) for tail in _tails_of(mention))
        found = {place: None for group in groups if len(group) <= _MOST_SHARED for place in group}
        degrees = ((place, likeness(place.key, mention)) for place in found)
        return tuple((place, degree) for place, degree in degrees if degree > 0)

    def holding(self, value: str) -> tuple[Place, ...]:
        return self._values.get(value, ())

    def at_line(self, line: int) -> tuple[Place, ...]:
        return self._lines.get(line, ())

    def of(self, service: str) -> tuple[Place, ...]:
        return self._services.get(service, ())

    def at(self, file: str, key: str) -> tuple[Place, ...]:
        return self._addresses.get((file, key), ())

    def alike(self, place: Place) -> tuple[Place, ...]:
        """Settings whose last name is the same, itself among them."""
        return self._leaves.get(normal(place.leaf), ())


def _tails_of(name: str) -> tuple[str, ...]:
    parts = tokens(name)
    return tuple(dict.fromkeys("".join(parts[i:]) for i in range(len(parts))))


def _grouped(places: Iterable[Place], keys: Callable[[Place], Iterable[_Key]]) -> dict[_Key, tuple[Place, ...]]:
    groups: dict[_Key, list[Place]] = {}
    for place in places:
        for key in keys(place):
            groups.setdefault(key, []).append(place)
    return {key: tuple(found) for key, found in groups.items()}
