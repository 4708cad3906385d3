"""Is it an incident, or a blip? One probe's looks over time."""

from collections import deque

from prunella.domain.report import Reading

_LOOKS = 12  # how many are remembered
_TURNS = 5  # so many changes of mind among them are no accident


class Pulse:
    """What one probe said lately. It is red once it was so for `damping_s`, twice at least, or keeps flapping."""

    def __init__(self, damping_s: float) -> None:
        self._damping_s = damping_s
        self._looks: deque[tuple[float, bool]] = deque(maxlen=_LOOKS)
        self._since: float | None = None
        self._count = 0
        self.reading: Reading | None = None

    def note(self, reading: Reading, at: float) -> bool:
        """One more look, at that time in seconds; True when it says otherwise than the one before."""
        is_news = self.reading is None or self.reading.ok is not reading.ok
        self._since = None if reading.ok else at if self._since is None else self._since
        self._count = 0 if reading.ok else self._count + 1
        self._looks.append((at, reading.ok))
        self.reading = reading
        return is_news

    def forget(self) -> None:
        """Begin anew: something was done about it."""
        self._looks.clear()
        self._since, self._count, self.reading = None, 0, None

    @property
    def is_failing(self) -> bool:
        """The last look was no good one."""
        return self.reading is not None and not self.reading.ok

    @property
    def is_red(self) -> bool:
        """It is more than a blip."""
        return self._has_been_red or self.flaps

    @property
    def is_green(self) -> bool:
        """It was looked at, and all looks that are remembered were good ones."""
        return bool(self._looks) and all(ok for _, ok in self._looks)

    @property
    def flaps(self) -> bool:
        """Now so, now otherwise, for longer than a blip lasts."""
        turns = sum(1 for (_, ok), (_, then) in zip(self._looks, list(self._looks)[1:], strict=False) if ok is not then)
        return turns >= _TURNS and self._looks[-1][0] - self._looks[0][0] >= self._damping_s

    @property
    def _has_been_red(self) -> bool:
        return self._since is not None and self._count > 1 and self._looks[-1][0] - self._since >= self._damping_s
