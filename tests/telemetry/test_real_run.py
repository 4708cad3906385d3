"""A run of the real loop, as it arrives at a receiver of OTLP."""

from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from prunella import Agent, Brief, Goal, Plan, Verdict
from prunella.telemetry.tracing import tracing_from
from tests.healing.shelf import Shelf, setting
from tests.telemetry.recorder import Recorder, flat


def clerk(brief: Brief) -> Plan:
    """Right at the second attempt."""
    return setting("tea", 4 + len(brief.attempts))


async def test_attempts_checks_and_undo_of_a_run_are_in_its_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Recorder() as recorder:
        environ = {"PRUNELLA_TRACE": recorder.url, "PRUNELLA_HOME": str(tmp_path / "state")}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        shelf = Shelf()
        agent = Agent(tools=shelf.tools(), brain=clerk)
        run = await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
        assert run.verdict is Verdict.ACHIEVED
        tracing = tracing_from(environ)
        assert tracing is not None
        assert tracing.flush()
        spans = recorder.spans
    by_id = {span.span_id: span for span in spans}
    (root,) = [span for span in spans if not span.parent_span_id]
    assert (root.name, root.status.code) == ("invoke_agent prunella", Status.STATUS_CODE_OK)
    assert all(span.parent_span_id in by_id for span in spans if span is not root)
    for span in spans:
        above = by_id.get(span.parent_span_id, root)
        assert above.start_time_unix_nano <= span.start_time_unix_nano
        assert span.end_time_unix_nano <= above.end_time_unix_nano
    nodes = [span.name for span in spans if span.parent_span_id == root.span_id]
    assert {"observe", "plan", "intend", "act", "judge", "undo", "reflect"} <= set(nodes)
    calls = [span for span in spans if flat(span.attributes).get("gen_ai.operation.name") == "execute_tool"]
    assert [by_id[span.parent_span_id].name for span in calls] == ["act", "act"]
    told = {event.name for span in spans for event in span.events}
    assert {"prunella.plan", "prunella.intent", "prunella.undo", "prunella.reflection"} <= told
