"""What was seen: facts with their source, and what came of calls."""

from enum import StrEnum

from prunella.domain.fingerprint import fingerprint, without_noise
from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.report import Reading, Report, Symptoms


class EvidenceKind(StrEnum):
    READING = "reading"
    LOG = "log"
    PREFLIGHT = "preflight"
    PROCESS = "process"
    SETTING = "setting"
    DIFFERENCE = "difference"
    LOOKUP = "lookup"
    OBSERVATION = "observation"


class Snippet(Frozen):
    """Some lines of a large text, the first of them at `line` (from 1). `score` is higher for a better match."""

    line: int
    text: str
    score: float = 0.0


class Spill(Frozen):
    """A large text that was put away: where to find it again, and what it looks like from outside.

    `head` and `tail` are its first and last lines, trimmed.
    """

    handle: str
    chars: int
    lines: int
    head: str
    tail: str


class Evidence(Frozen):
    """One fact. `source` says where it was read (a file, a command, a probe); `text` is trimmed and redacted.

    `handle` leads to the whole text in the evidence store ("": `text` is all there is).
    """

    kind: EvidenceKind
    source: str
    text: str
    service: str | None = None
    is_error: bool = False
    handle: str = ""

    @property
    def fingerprint(self) -> str:
        return fingerprint(f"{self.source} {self.text}")


class Findings(Frozen):
    """What an investigation brought: facts, and signs of how far things got that no goal asks for (a pre-flight)."""

    evidence: tuple[Evidence, ...] = ()
    signs: tuple[Reading, ...] = ()

    def symptoms(self, report: Report) -> Symptoms:
        errors = {without_noise(e.text) for e in self.evidence if e.is_error}
        errors |= {f"{reading.probe}: {reading.gist}" for reading in report.failing if reading.gist}
        return Symptoms(report=report, signs=self.signs, errors=frozenset(errors))


class Observation(Frozen):
    """What came of one tool call. A failure is a fact to learn from, never a crash.

    `output` is the JSON result (None on failure). On failure `error` is the exception's type, `message` its text,
    `traceback` trimmed to the frames that matter and redacted ("" when there is none), and `hint` what to do
    instead ("" for nothing: the nearest tool, the field at fault).
    `handle` leads to the whole output in the evidence store, of which `output` then is a preview; "" for neither.
    """

    tool: str
    arguments: dict[str, JsonValue]
    ok: bool
    output: JsonValue = None
    error: str = ""
    message: str = ""
    traceback: str = ""
    hint: str = ""
    handle: str = ""
    duration_s: float = 0.0

    @property
    def fingerprint(self) -> str:
        return fingerprint(f"{self.tool} {self.error} {self.message}")

    def __str__(self) -> str:
        if self.ok:
            return f"{self.tool}: {self.output}"
        return f"{self.tool} failed: {self.error}: {self.message}" + (f" {self.hint}" if self.hint else "")
