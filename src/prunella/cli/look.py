"""How things look in a terminal."""

import re
from collections.abc import Mapping
from pathlib import Path

from prunella.domain.frozen import JsonValue
from prunella.domain.run import RunRecord, Verdict

VERDICTS = {
    Verdict.ACHIEVED: ("green", "✔", "healed"),
    Verdict.NOTHING_TO_DO: ("green", "✔", "nothing to do"),
    Verdict.UNVERIFIED: ("yellow", "?", "unverified"),
    Verdict.ROLLED_BACK: ("yellow", "↩", "rolled back"),
    Verdict.ESCALATED: ("yellow", "▲", "escalated"),
    Verdict.FROZEN: ("red", "✖", "FROZEN"),
}

_TAG = re.compile(r"<[^<>]*>")
_TELLING = re.compile(
    r"error|exception|fail|refus|denied|invalid|missing|must|cannot|unable|unknown|expected|timed? out|not found",
    re.IGNORECASE,
)


def seconds(value: float) -> str:
    """A duration as people say it."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def shorten(text: str, fleet: str) -> str:
    """Paths below the fleet file's folder, as the operator writes them; `fleet` is the file's path, "" for none."""
    return text.replace(f"{Path(fleet).parent}/", "") if fleet else text


def step_text(step: Mapping[str, JsonValue]) -> str:
    """A step of a plan's event as one reads it: `config.set lamp/.env PORT 80`."""
    arguments = step.get("arguments")
    values = arguments.values() if isinstance(arguments, dict) else ()
    return " ".join([str(step.get("tool", "?")), *(_argument(value) for value in values)])


def _argument(value: JsonValue) -> str:
    """As it is, or quoted where one would not see where it begins and ends."""
    text = str(value)
    return text if text and text == " ".join(text.split()) else repr(text)


def telling_line(body: str) -> str:
    """The line of an answer that says most about what is wrong: the last complaint, else the last line."""
    lines = [line for raw in body.splitlines() if (line := " ".join(_TAG.sub(" ", raw).split()))]
    complaints = [line for line in lines if _TELLING.search(line)]
    return (complaints or lines or [""])[-1]


def said_once(text: str, tools: list[str]) -> str:
    """Sentences that differ in a tool's name only, said once: the rules of a plan's steps are mostly the same."""
    pattern = re.compile(rf" ?\b(?:{'|'.join(map(re.escape, tools))})(?=[ .,])") if tools else None
    sentences = re.split(r"(?<=\.) (?=[A-Z])", text)
    return " ".join(dict.fromkeys(pattern.sub(" it", each) if pattern else each for each in sentences))


def who(record: RunRecord) -> str:
    return ", ".join(record.services) or "a goal of an agent's own"
