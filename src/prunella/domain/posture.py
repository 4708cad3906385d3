"""How well things are guarded, so that before and after can be compared."""

from enum import StrEnum

from prunella.domain.frozen import Frozen


class Aspect(StrEnum):
    """What a guard is about."""

    AUTH = "auth"  # who must say who they are
    TLS = "tls"  # what is encrypted, and what is verified of the other side
    BIND = "bind"  # who can reach it
    MODE = "mode"  # who may read, write or run a file
    OWNER = "owner"  # whose file it is
    USER = "user"  # as whom a service runs
    LISTENER = "listener"  # what listens, and for whom
    WATCH = "watch"  # what notices that something is unwell


class Stance(Frozen):
    """One guard as it stands. `subject` is `file:/abs/path`, `service:name` or `port:number`, `name` the setting's key
    or what else tells it from others of the subject; `says` its value as people read it, redacted.

    `strength` orders the values of one guard: less is weaker, above zero guards, below zero leaves open, and what is
    not there counts as zero. None: it cannot be ordered, so that any change counts. `may_go`: that it is there no more
    is no weakening (what it guarded is gone, too).
    """

    subject: str
    aspect: Aspect
    name: str = ""
    says: str = ""
    strength: float | None = None
    may_go: bool = False

    @property
    def guard(self) -> tuple[str, Aspect, str]:
        """Which guard it is, whatever it says."""
        return (self.subject, self.aspect, self.name)


class Posture(Frozen):
    """All guards that could be read; what could not be read is not in it."""

    stances: tuple[Stance, ...] = ()


class Downgrade(Frozen):
    """One guard that is weaker than before. `before` and `after` as people read them; "" is none."""

    subject: str
    aspect: Aspect
    name: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        what = f"{self.subject} {self.name}".strip()
        return f"{self.aspect} of {what}: {self.before or 'not there'} → {self.after or 'not there'}"
