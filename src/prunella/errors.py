"""Everything that can go wrong, sorted by the reaction it calls for.

PrunellaError
├── Misuse           the caller broke a contract: fix the code or the input; the loop never catches it
│   └── BadFleet     the fleet file has mistakes; each is listed with file, line and suggestion
├── Transient        the same call may succeed: retry with back-off
├── Rejected         the brain can choose differently: becomes an observation
│   └── Unparsable   a text is not what its format says; carries the line
├── Exhausted        a limit ended: undo, then escalate
├── Waiting          somebody else has to come first: stand still, go on later; nothing is lost
│   ├── Paused       all agents were told to stand still
│   └── Parked       a question waits for a human
├── Lost             our lease or our own state is gone: stop, touch nothing
│   └── Busy         somebody else holds the lease: wait, or go away
└── Irrecoverable    an undo failed: freeze, page a human
    └── Conflict     the world was changed by somebody else since: undo would overwrite it
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


class PrunellaError(Exception):
    """A message for people: what happened, with which value, what to do."""

    code: ClassVar[str] = "error"


class Misuse(PrunellaError):
    """The caller broke a contract; nothing was touched."""

    code = "misuse"


@dataclass(frozen=True)
class Mistake:
    """One thing wrong in a file. `line` counts from 1; None when it has no place of its own."""

    path: Path
    line: int | None
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.message}" + (f" {self.suggestion}" if self.suggestion else "")


class BadFleet(Misuse):
    """The fleet file was not accepted. `mistakes` holds every one of them, in the order of the file."""

    code = "bad-fleet"

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class Transient(PrunellaError):
    """The same call may succeed later."""

    code = "transient"


class Rejected(PrunellaError):
    """Not possible or not allowed as asked; the brain may choose differently. Nothing was touched."""

    code = "rejected"


class Unparsable(Rejected):
    """A text is not what its format says. `line` counts from 1; None when the parser does not tell."""

    code = "unparsable"

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class Exhausted(PrunellaError):
    """A limit ended: `spent` of `limit` in `unit`."""

    code = "exhausted"

    def __init__(self, limit: float, spent: float, unit: str) -> None:
        super().__init__(f"The limit of {limit:g} {unit} is used up ({spent:g} spent).")
        self.limit, self.spent, self.unit = limit, spent, unit


class Waiting(PrunellaError):
    """Somebody else has to come first. The run stands still where it is, and goes on from there."""

    code = "waiting"


class Paused(Waiting):
    """All agents were told to stand still. Nothing new may be touched until that is over."""

    code = "paused"


class Parked(Waiting):
    """Run `run` put its question to a human and let go: whoever has the answer goes on with it."""

    code = "parked"

    def __init__(self, run: str, question: str) -> None:
        answers = f"`prunella approve {run}` or `prunella approve {run} --deny`"
        super().__init__(f"Run {run} waits for an answer. Look with `prunella approve {run} --show`, answer {answers}.")
        self.run, self.question = run, question


class Lost(PrunellaError):
    """Our lease or our state is gone: another process took over. Nothing more may be touched."""

    code = "lost"


class Busy(Lost):
    """A service is held by another run. `service` and `run` say which."""

    code = "busy"

    def __init__(self, service: str, run: str, holder: str) -> None:
        super().__init__(f"{service} is held by run {run} ({holder}). Wait with --wait, or see `prunella status`.")
        self.service, self.run, self.holder = service, run, holder


class Irrecoverable(PrunellaError):
    """An undo failed: the world is in the state that the message describes."""

    code = "irrecoverable"


class Conflict(Irrecoverable):
    """What we would put back was changed by somebody else since; it was left alone."""

    code = "conflict"
