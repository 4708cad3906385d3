"""What a timeline says of events, on paper of a known width."""

import pytest

from prunella.cli.look import said_once, shorten, telling_line
from prunella.cli.screen import Screen
from prunella.cli.timeline import Timeline
from prunella.domain.frozen import JsonValue
from prunella.domain.run import Event, EventKind, RunRecord

RECORD = RunRecord(id="r1", goal="Check it all", fleet="/srv/quay/prunella.toml", services=("lamp",), started=100.0)


def told(capsys: pytest.CaptureFixture[str], *events: Event) -> list[str]:
    timeline = Timeline(RECORD, Screen())
    for event in events:
        timeline.emit(event)
    timeline.close()
    return capsys.readouterr().out.splitlines()[2:]


def event(kind: EventKind, text: str, **data: JsonValue) -> Event:
    return Event(run="r1", at=101.0, kind=kind, node="n", text=text, data=data)


def reading(probe: str, reach: int, detail: str, body: str = "") -> Event:
    return event(EventKind.READING, f"{probe}: {detail}", probe=probe, reach=reach, detail=detail, body=body)


def test_a_red_probe_shows_its_most_telling_line_and_a_green_one_is_told_only_after_red(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = told(
        capsys,
        reading("other", 3, "fine"),
        reading("door", 2, "HTTP 500", "<html>\n<b>error: no oil</b>\n</html>"),
        reading("door", 2, "HTTP 500", "<html>\n<b>error: no oil</b>\n</html>"),
        reading("door", 3, "HTTP 200"),
    )
    assert [line.strip() for line in lines] == [
        "1.0 s  probe     ✘ door: HTTP 500", "error: no oil", "1.0 s  probe     ✔ door: HTTP 200",
    ]  # fmt: skip


def test_long_and_many_lined_texts_take_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(capsys, event(EventKind.ACTION, "first\nsecond " + "x" * 500, ok=True))
    assert "first second" in line
    assert (line[-1], len(line)) == ("…", 200)


def test_paths_are_told_from_the_fleets_folder_and_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(capsys, event(EventKind.INTENT, "config.set /srv/quay/lamp/.env [bold]x :smile:", entry=1))
    assert line == "   1.0 s  do        config.set lamp/.env [bold]x :smile:"


def test_an_escalation_tells_what_was_tried_and_what_was_set_aside(capsys: pytest.CaptureFixture[str]) -> None:
    step: JsonValue = {"tool": "lamp.fill", "arguments": {"oil": "5"}}
    other: JsonValue = {"plan": "lamp.swap", "why_not": "dearer"}
    text = "\n".join(
        told(
            capsys,
            reading("door", 2, "HTTP 500", "error: no oil"),
            event(EventKind.PLAN, "lamp.fill 5", key="k", steps=[step], considered=[other]),
            event(EventKind.REFLECTION, "Put back. Still red.", plan="k"),
            event(EventKind.VERDICT, "escalated: no idea", verdict="escalated", summary="No idea is left."),
        )
    )
    assert "▲ escalated in 1.0 s\n  why        No idea is left.\n" in text
    assert "  tried      lamp.fill 5: Put back. Still red.\n  set aside  lamp.swap: dearer\n" in text
    assert "  still red  door: HTTP 500: error: no oil\n  next " in text


def test_rules_that_differ_in_the_tools_name_only_are_said_once() -> None:
    text = "Allowed. No rule is against a.set. No rule is against b.run. Ask before b.run."
    assert said_once(text, ["a.set", "b.run"]) == "Allowed. No rule is against it. Ask before it."


def test_the_last_complaint_tells_more_than_the_last_line() -> None:
    assert telling_line("start\nerror: a\nerror: b\nbye\n\n") == "error: b"
    assert telling_line("one\ntwo") == "two"
    assert telling_line("") == ""


def test_only_paths_below_the_folder_are_shortened() -> None:
    assert shorten("/srv/quay/a /srv/quays/b", "/srv/quay/prunella.toml") == "a /srv/quays/b"
    assert shorten("/a", "") == "/a"


def test_what_models_cost_is_told_with_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    spent: dict[str, JsonValue] = {"tokens": {"spent": 4210, "of": 200000}, "dollars": {"spent": 0.01, "of": 2.0}}
    lines = told(
        capsys,
        event(EventKind.CLIMB, "reflex → openai:gpt-5 (doubt): nothing follows"),
        event(EventKind.MODEL, "gpt-5: 2.1 s, 4,000 + 210 tokens, $0.0100"),
        event(EventKind.SPENT, "1 attempt, 4,210 tokens, $0.0100", **spent),
        event(EventKind.VERDICT, "healed", verdict="achieved", summary="a wrong port"),
    )
    assert any("climb" in line and "doubt" in line for line in lines)
    assert any("model" in line and "4,000 + 210 tokens" in line for line in lines)
    assert any("spent" in line and "$0.0100" in line for line in lines)
