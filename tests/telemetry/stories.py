"""Runs as they tell themselves: the same events, in the same order, as the loop emits."""

from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.report import Reach, Reading
from prunella.domain.run import EventKind
from prunella.protocols import Sink
from prunella.redaction.redactor import Redactor
from prunella.telemetry.emitter import Emitter
from prunella.testing.clock import FakeClock

PROMPT, REPLY, COLOUR = "The brief of the run", '{"steps": []}', "octarine"
PASSWORD = "hunter2-hunter2-hunter2"  # noqa: S105 - of nobody


class Story:
    """Events at times that the teller chooses, through the emitter that the loop uses."""

    def __init__(self, sink: Sink, run: str = "0101-000000-beef", begins: float = 1000.0) -> None:
        self.clock = FakeClock(begins)
        self._emit = Emitter(run, self.clock, [sink], Redactor()).emit

    def after(self, seconds: float, kind: EventKind, node: str, text: str = "", /, **data: JsonValue) -> None:
        self.clock.advance(seconds)
        self._emit(kind, node, text, **data)


def heal(story: Story) -> None:
    """A red probe, a model's plan that is rejected, one that is carried out after a failed try, and green."""
    story.after(0, EventKind.STARTED, "start", "Heal the shop")
    reading(story, 1, "observe", Reach.NOBODY, "connection refused")
    story.after(0, EventKind.EVIDENCE, "diagnose", f"log: {COLOUR}", kind="log", source="log", text=COLOUR)
    chat(story, 4, prompt=PROMPT, reply=REPLY)
    story.after(0, EventKind.PLAN, "plan", "config.set", steps=[{"tool": "config.set"}], key="abc", cause=COLOUR)
    story.after(1, EventKind.REJECTED, "vet", COLOUR, plan="abc", reasons=[COLOUR])
    story.after(0, EventKind.CLIMB, "plan", "up", rung="ollama:tiny", to="openai:gpt-5", why="doubt", detail=COLOUR)
    _call(story, 2, ok=False)
    _call(story, 2, ok=True)
    reading(story, 1, "judge", Reach.RIGHT, "HTTP 200")
    story.after(1, EventKind.UNDO, "undo", f"put back: {COLOUR}", entry=1)
    verdict(story, 1, "achieved")


def chat(story: Story, seconds: float, error: str = "", role: str = "plan", **content: JsonValue) -> None:
    story.after(
        seconds, EventKind.MODEL, role, "said", brain="openai:gpt-5", provider="openai", model="gpt-5", way="schema",
        role=role, input_tokens=1200, output_tokens=80, dollars=0.25, seconds=seconds, error=error,
        first_token_s=0.5, **content,
    )  # fmt: skip


def verdict(story: Story, seconds: float, word: str) -> None:
    story.after(seconds, EventKind.VERDICT, "end", word, verdict=word, summary=f"{word}: {COLOUR}")


def reading(story: Story, seconds: float, node: str, reach: Reach, detail: str, *, took_s: float = 0) -> None:
    """`took_s` where the probe ran beside others, longer than since the last event."""
    seen = Reading(
        probe="web: http", service="web", reach=reach, detail=detail, body=COLOUR, duration_s=took_s or seconds
    )
    story.after(seconds, EventKind.READING, node, detail, **seen.model_dump(mode="json"))


def _call(story: Story, seconds: float, *, ok: bool) -> None:
    arguments: dict[str, JsonValue] = {"key": "COLOUR", "value": COLOUR, "password": PASSWORD}
    story.after(0, EventKind.INTENT, "intend", f"config.set {COLOUR}", entry=1, why="why", difference=f"+{COLOUR}")
    seen = Observation(tool="config.set", arguments=arguments, ok=ok, duration_s=seconds)
    came = {"output": f"set to {COLOUR}"} if ok else {"error": "OSError", "message": f"no {COLOUR}", "traceback": "T"}
    seen = seen.model_copy(update=came)
    story.after(seconds, EventKind.ACTION, "act", str(seen), entry=1, **seen.model_dump(mode="json"))
