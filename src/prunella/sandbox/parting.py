"""One stream that carries three things: what is said before the job, what the job says, and its parcel."""

from collections.abc import Callable

_MOST_BEFORE = 4000


class Parting:
    """`begun` and `ended` are marks in the stream that nobody has heard of before. A job that learns of them fools
    nobody but itself: all that follows them is its own.
    """

    def __init__(
        self, begun: bytes, ended: bytes, job: Callable[[bytes], None], most: int, at_end: Callable[[], object]
    ) -> None:
        """`job` is given its words, `most` bounds what is kept after it; `at_end` is called when it has ended."""
        self.before, self.after = bytearray(), bytearray()
        self._marks = [begun, ended]
        self._sinks: list[Callable[[bytes], None]] = [self._keep_before, job, self._keep_after]
        self._held, self._most, self._at_end = b"", most, at_end

    @property
    def has_begun(self) -> bool:
        return len(self._marks) < 2

    @property
    def has_ended(self) -> bool:
        return not self._marks

    def keep(self, chunk: bytes) -> None:
        self._held += chunk
        while self._marks:
            mark = self._marks[0]
            said, found, rest = self._held.partition(mark)
            if not found:
                self._pass_on(len(self._held) - len(mark) + 1)
                return
            self._sinks[0](said)
            self._held = rest
            del self._marks[0], self._sinks[0]
            if not self._marks:
                self._at_end()
        self._pass_on(len(self._held))

    def close(self) -> None:
        """Nothing more comes: what looked like the start of a mark was none."""
        self._pass_on(len(self._held))

    def _pass_on(self, count: int) -> None:
        count = max(0, count)
        self._sinks[0](self._held[:count])
        self._held = self._held[count:]

    def _keep_before(self, said: bytes) -> None:
        self.before += said[: max(0, _MOST_BEFORE - len(self.before))]

    def _keep_after(self, content: bytes) -> None:
        self.after += content[: max(0, self._most - len(self.after))]
