"""When changes may be made: hours of the week, and days on which nothing is changed."""

from prunella.domain.frozen import Frozen


class Window(Frozen):
    """Hours in which changes need no further leave. `text` is how the operator wrote it.

    `days` are those on which it opens (0 is Monday); `opens` and `closes` are minutes of the day by the wall clock of
    `zone` (an IANA name). One that closes before it opens closes on the next day.
    """

    text: str
    days: frozenset[int]
    opens: int
    closes: int
    zone: str


class Freeze(Frozen):
    """A time in which nothing is changed: from `begins` until before `ends`, seconds since the epoch.

    `text` is how the operator wrote it.
    """

    text: str
    begins: float
    ends: float
