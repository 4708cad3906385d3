"""Runs as they arrive at a receiver of OTLP."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from prunella.domain.report import Reach
from prunella.domain.run import EventKind
from prunella.telemetry.tracing import Tracing, tracing_from
from tests.telemetry.recorder import Recorder, Silent, flat, nobody
from tests.telemetry.stories import COLOUR, PASSWORD, PROMPT, REPLY, Story, chat, heal, reading, verdict

ERROR, OK, UNSET = Status.STATUS_CODE_ERROR, Status.STATUS_CODE_OK, Status.STATUS_CODE_UNSET


def opened(environ: Mapping[str, str]) -> Tracing:
    tracing = tracing_from(environ)
    assert tracing is not None
    return tracing


def told(recorder: Recorder, environ: Mapping[str, str] | None = None, run: str = "0101-000000-beef") -> list[Span]:
    """The spans of one heal, by their start."""
    tracing = opened({"PRUNELLA_TRACE": recorder.url, **(environ or {})})
    heal(Story(tracing, run))
    assert tracing.flush()
    return sorted(recorder.spans, key=lambda span: (span.start_time_unix_nano, -span.end_time_unix_nano))


def named(spans: list[Span], name: str) -> Span:
    return next(span for span in spans if span.name == name)


def test_a_run_is_a_trace_of_nodes_that_hold_calls_and_probes():
    with Recorder() as recorder:
        spans = told(recorder)
    by_id = {span.span_id: span for span in spans}
    parents = [(span.name, by_id[span.parent_span_id].name if span.parent_span_id else "") for span in spans]
    agent = "invoke_agent prunella"
    assert sorted(parents) == sorted(
        [
            (agent, ""), ("observe", agent), ("probe web: http", "observe"), ("diagnose", agent), ("plan", agent),
            ("chat gpt-5", "plan"), ("vet", agent), ("plan", agent), ("intend", agent), ("act", agent),
            ("execute_tool config.set", "act"), ("intend", agent), ("act", agent), ("execute_tool config.set", "act"),
            ("judge", agent), ("probe web: http", "judge"), ("undo", agent),
        ]
    )  # fmt: skip
    assert len({span.trace_id for span in spans}) == 1
    assert len(by_id) == len(spans)


def test_children_lie_within_their_parents_and_nodes_follow_one_another():
    with Recorder() as recorder:
        spans = told(recorder)
    by_id = {span.span_id: span for span in spans}
    for span in spans:
        if span.parent_span_id:
            parent = by_id[span.parent_span_id]
            assert parent.start_time_unix_nano <= span.start_time_unix_nano
            assert span.end_time_unix_nano <= parent.end_time_unix_nano
    seconds = {s.name: ((s.start_time_unix_nano / 1e9), s.end_time_unix_nano / 1e9) for s in reversed(spans)}
    assert seconds["invoke_agent prunella"] == (1000, 1013)
    assert seconds["observe"] == (1000, 1001)
    assert seconds["chat gpt-5"] == (1001, 1005)
    assert seconds["vet"] == (1005, 1006)
    assert seconds["judge"] == (1010, 1011)


def test_probes_that_ran_side_by_side_lie_within_their_node_and_run():
    with Recorder() as recorder:
        tracing = opened({"PRUNELLA_TRACE": recorder.url})
        story = Story(tracing)
        reading(story, 1, "observe", Reach.RIGHT, "fast")
        reading(story, 0, "observe", Reach.RIGHT, "slow", took_s=3)
        verdict(story, 1, "nothing_to_do")
        assert tracing.flush()
        starts = {span.name: span.start_time_unix_nano / 1e9 for span in recorder.spans}
    assert starts == {"probe web: http": 998, "observe": 998, "invoke_agent prunella": 998}


def test_a_model_call_carries_its_names_and_tokens():
    with Recorder() as recorder:
        span = named(told(recorder), "chat gpt-5")
    assert span.kind == Span.SPAN_KIND_CLIENT
    assert span.status.code == UNSET
    assert flat(span.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.agent.name": "prunella",
        "gen_ai.conversation.id": "0101-000000-beef",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.usage.input_tokens": 1200,
        "gen_ai.usage.output_tokens": 80,
        "gen_ai.output.type": "json",
        "gen_ai.response.time_to_first_chunk": 0.5,
        "prunella.brain": "openai:gpt-5",
        "prunella.role": "plan",
        "prunella.way": "schema",
        "prunella.cost.usd": 0.25,
    }


def test_a_tool_that_failed_is_an_error_span():
    with Recorder() as recorder:
        failed, worked = [span for span in told(recorder) if span.name == "execute_tool config.set"]
    assert (failed.status.code, failed.status.message, list(failed.events)) == (ERROR, "", [])
    assert (worked.status.code, "error.type" in flat(worked.attributes)) == (UNSET, False)
    assert flat(failed.attributes) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.agent.name": "prunella",
        "gen_ai.conversation.id": "0101-000000-beef",
        "gen_ai.tool.name": "config.set",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "0101-000000-beef/1",
        "prunella.effect": True,
        "prunella.entry": 1,
        "error.type": "OSError",
    }


def test_a_red_probe_is_an_error_by_how_far_it_got():
    with Recorder() as recorder:
        red, green = [span for span in told(recorder) if span.name == "probe web: http"]
    assert (red.status.code, flat(red.attributes)["error.type"]) == (ERROR, "nobody")
    assert (green.status.code, flat(green.attributes)["prunella.probe.reach"]) == (UNSET, "right")
    assert flat(green.attributes)["prunella.probe.service"] == "web"


def test_what_takes_no_time_is_an_event_of_its_node():
    with Recorder() as recorder:
        spans = told(recorder)
    events = {event.name: flat(event.attributes) for span in spans for event in span.events}
    assert events["prunella.plan"] == {"prunella.key": "abc", "prunella.tools": ["config.set"]}
    assert events["prunella.rejected"] == {"prunella.plan": "abc"}
    assert events["prunella.climb"] == {
        "prunella.rung": "ollama:tiny", "prunella.to": "openai:gpt-5", "prunella.why": "doubt",
    }  # fmt: skip
    assert events["prunella.undo"] == {"prunella.entry": 1}
    assert [event.name for event in named(spans, "vet").events] == ["prunella.rejected"]


@pytest.mark.parametrize(
    ("word", "code", "error"),
    [
        ("achieved", OK, None), ("nothing_to_do", OK, None), ("unverified", UNSET, None),
        ("rolled_back", ERROR, "rolled_back"), ("escalated", ERROR, "escalated"), ("frozen", ERROR, "frozen"),
    ],
)  # fmt: skip
def test_the_verdict_is_the_status_of_the_run(word: str, code: int, error: str | None):
    with Recorder() as recorder:
        tracing = opened({"PRUNELLA_TRACE": recorder.url})
        story = Story(tracing)
        chat(story, 2)
        chat(story, 2)
        verdict(story, 1, word)
        assert tracing.flush()
        root = named(recorder.spans, "invoke_agent prunella")
    attributes = flat(root.attributes)
    assert (root.status.code, root.status.message, attributes.get("error.type")) == (code, "", error)
    assert attributes["prunella.verdict"] == word
    assert (attributes["prunella.cost.usd"], attributes["prunella.usage.input_tokens"]) == (0.5, 2400)
    assert not any(name.startswith("gen_ai.usage") for name in attributes)  # back ends would count them twice


def test_a_failed_model_call_is_told_by_kind():
    with Recorder() as recorder:
        tracing = opened({"PRUNELLA_TRACE": recorder.url})
        chat(Story(tracing), 2, "openai:gpt-5 limits our rate (429). Wait a while.")
        assert tracing.flush()
        (span,) = [each for each in recorder.spans if each.name == "chat gpt-5"]
    assert (span.status.code, flat(span.attributes)["error.type"]) == (ERROR, "429")


def test_no_word_of_content_leaves_unless_asked():
    with Recorder() as recorder:
        told(recorder)
        sent = b"".join(each.body for each in recorder.requests)
    for word in (COLOUR, PASSWORD, PROMPT, REPLY, "connection refused"):
        assert word.encode() not in sent


@pytest.mark.parametrize(
    "environ",
    [{"PRUNELLA_TRACE_CONTENT": "1"}, {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}],
)
def test_content_leaves_redacted_when_asked(environ: Mapping[str, str]):
    with Recorder() as recorder:
        spans = told(recorder, environ)
        sent = b"".join(each.body for each in recorder.requests)
    said = flat(named(spans, "chat gpt-5").attributes)
    part = {"type": "text", "content": PROMPT}
    assert json.loads(str(said["gen_ai.input.messages"])) == [{"role": "user", "parts": [part]}]
    (reply,) = json.loads(str(said["gen_ai.output.messages"]))
    assert (reply["role"], reply["parts"][0]["content"], reply["finish_reason"]) == ("assistant", REPLY, "stop")
    failed = named(spans, "execute_tool config.set")
    arguments = json.loads(str(flat(failed.attributes)["gen_ai.tool.call.arguments"]))
    assert (arguments["value"], arguments["password"]) == (COLOUR, "[redacted]")
    assert flat(failed.events[0].attributes)["exception.message"] == failed.status.message == f"no {COLOUR}"
    assert COLOUR in str(flat(named(spans, "diagnose").events[0].attributes)["prunella.text"])
    assert PASSWORD.encode() not in sent


def test_a_switch_of_our_own_outweighs_the_common_one():
    both = {"PRUNELLA_TRACE_CONTENT": "0", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
    with Recorder() as recorder:
        told(recorder, both)
        assert COLOUR.encode() not in b"".join(each.body for each in recorder.requests)


def test_a_brain_that_speaks_in_its_role_is_asked_when_the_loop_plans():
    with Recorder() as recorder:
        tracing = opened({"PRUNELLA_TRACE": recorder.url})
        story = Story(tracing)
        chat(story, 2, role="act")
        story.after(0, EventKind.PLAN, "plan", "p")
        verdict(story, 1, "escalated")
        assert tracing.flush()
        assert {span.name for span in recorder.spans} == {"plan", "chat gpt-5", "invoke_agent prunella"}


def test_a_run_that_goes_on_in_another_process_stays_in_its_trace():
    with Recorder() as recorder:
        first, second = (opened({"PRUNELLA_TRACE": recorder.url, "OTEL_SERVICE_NAME": name}) for name in "ab")
        story = Story(first)
        chat(story, 2)
        story.after(1, EventKind.JUDGED, "judge", green=False)
        assert first.flush()
        verdict(Story(second, begins=2000), 1, "rolled_back")
        assert second.flush()
        spans = recorder.spans
    (root,) = [span for span in spans if not span.parent_span_id]
    assert {span.trace_id for span in spans} == {root.trace_id}
    assert named(spans, "plan").parent_span_id == root.span_id


def test_runs_at_the_same_time_do_not_mix():
    with Recorder() as recorder:
        tracing = opened({"PRUNELLA_TRACE": recorder.url})
        stories = [Story(tracing, f"run-{n}") for n in range(2)]
        for story in stories:
            chat(story, 1)
        for story in stories:
            verdict(story, 1, "achieved")
        assert tracing.flush()
        spans = recorder.spans
    for number in range(2):
        mine = [span for span in spans if flat(span.attributes).get("gen_ai.conversation.id") == f"run-{number}"]
        assert sorted(span.name for span in mine) == ["chat gpt-5", "invoke_agent prunella"]
        assert len({span.trace_id for span in mine}) == 1
    assert len({span.trace_id for span in spans}) == 2


def test_metrics_sum_up_what_the_process_did():
    with Recorder() as recorder:
        environ = {"OTEL_SERVICE_NAME": "metrics"}
        told(recorder, environ)
        told(recorder, environ, run="other")
        metrics = recorder.metrics
    tokens = {
        flat(point.attributes)["gen_ai.token.type"]: point
        for point in metrics["gen_ai.client.token.usage"].histogram.data_points
    }
    assert (tokens["input"].count, tokens["input"].sum, tokens["output"].sum) == (2, 2400, 160)
    at = list(tokens["input"].explicit_bounds).index(4096)
    assert tokens["input"].bucket_counts[at] == 2
    (took,) = metrics["gen_ai.client.operation.duration"].histogram.data_points
    assert (took.count, took.sum, flat(took.attributes)["gen_ai.request.model"]) == (2, 8, "gpt-5")
    (runs,) = metrics["prunella.runs"].sum.data_points
    assert (runs.as_double, flat(runs.attributes)) == (2, {"prunella.verdict": "achieved"})
    (cost,) = metrics["prunella.cost"].sum.data_points
    assert cost.as_double == 0.5
    (duration,) = metrics["prunella.run.duration"].histogram.data_points
    assert (duration.count, duration.sum, metrics["prunella.run.duration"].unit) == (2, 26, "s")
    tools = metrics["gen_ai.execute_tool.duration"].histogram.data_points
    assert sorted(str(flat(point.attributes).get("error.type")) for point in tools) == ["None", "OSError"]


def test_the_process_says_who_it_is():
    with Recorder() as recorder:
        told(recorder, {"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=night%20shift"})
        resource = recorder.resource
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("prunella", "night shift")
    assert resource["service.instance.id"]


def test_texts_that_are_no_unicode_and_texts_without_end_arrive_all_the_same():
    with Recorder() as recorder:
        tracing = opened({"PRUNELLA_TRACE": recorder.url, "PRUNELLA_TRACE_CONTENT": "1"})
        chat(Story(tracing), 1, prompt="\udcff" + "x" * 1_000_000, reply="\udcff")
        assert tracing.flush()
        assert len(recorder.spans) == 1
        assert len(recorder.requests[0].body) < 50_000


def test_spans_arrive_while_the_run_goes_on():
    with Recorder() as recorder:
        chat(Story(opened({"PRUNELLA_TRACE": recorder.url})), 1)
        until = time.monotonic() + 5
        while not recorder.requests and time.monotonic() < until:
            time.sleep(0.02)
        assert [span.name for span in recorder.spans] == ["chat gpt-5"]


def test_a_back_end_that_is_away_costs_one_line_and_no_time(capsys: pytest.CaptureFixture[str]):
    place = nobody()
    tracing = opened({"PRUNELLA_TRACE": place.replace("//", "//user:s3cret-word@") + "?key=s3cret-word"})
    for number in range(3):
        heal(Story(tracing, f"run-{number}"))
    began = time.monotonic()
    assert not tracing.flush()
    assert not tracing.flush()
    assert time.monotonic() - began < 2.5
    (line,) = capsys.readouterr().err.splitlines()
    assert place.removeprefix("http://") in line
    assert "s3cret-word" not in line


def test_a_back_end_that_hangs_is_waited_for_two_seconds(capsys: pytest.CaptureFixture[str]):
    with Silent() as silent:
        tracing = opened({"PRUNELLA_TRACE": silent.url})
        began = time.monotonic()
        heal(Story(tracing))
        assert time.monotonic() - began < 0.5
        assert not tracing.flush()
        assert not tracing.flush()
        assert time.monotonic() - began < 2.5
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_what_a_back_end_missed_it_gets_when_it_is_back(capsys: pytest.CaptureFixture[str]):
    answers = iter([503])
    with Recorder(lambda _: next(answers, 200)) as recorder:
        tracing = opened({"PRUNELLA_TRACE": recorder.url})
        story = Story(tracing)
        chat(story, 1)
        assert not tracing.flush()
        verdict(story, 1, "achieved")
        assert tracing.flush()
        assert sorted(span.name for span in recorder.spans[1:]) == ["chat gpt-5", "invoke_agent prunella", "plan"]
    assert "it answered 503" in capsys.readouterr().err


def test_a_back_end_that_refuses_is_not_asked_again(capsys: pytest.CaptureFixture[str]):
    with Recorder(lambda _: 401) as recorder:
        told_all = opened({"PRUNELLA_TRACE": recorder.url, "OTEL_METRICS_EXPORTER": "none"})
        heal(Story(told_all))
        assert told_all.flush()
        assert len(recorder.requests) == 1
    assert "it answered 401" in capsys.readouterr().err


def test_a_receiver_that_knows_no_metrics_is_no_trouble(capsys: pytest.CaptureFixture[str]):
    with Recorder(lambda path: 404 if path.endswith("metrics") else 200) as recorder:
        told(recorder)
        told(recorder, run="other")
        assert len([each for each in recorder.requests if each.path.endswith("metrics")]) == 1
    assert capsys.readouterr().err == ""


PROGRAM = """
import os, sys, time
from prunella.telemetry.tracing import tracing_from
from tests.telemetry.stories import Story, heal
for number in range(3):
    heal(Story(tracing_from(os.environ), f"run-{number}"))
print(any(name.startswith("opentelemetry.sdk") for name in sys.modules), time.time(), flush=True)
"""


def run_program(environ: Mapping[str, str]) -> "tuple[float, subprocess.CompletedProcess[str]]":
    """How long it took to go once all was done, and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={"PATH": "/usr/bin:/bin", **environ}, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    return time.time() - float(done.stdout.split()[1]), done


def test_a_process_sends_what_is_left_when_it_ends():
    with Recorder() as recorder:
        _, done = run_program({"PRUNELLA_TRACE": recorder.url})
        assert len([span for span in recorder.spans if not span.parent_span_id]) == 3
    assert (done.stdout.split()[0], done.stderr) == ("False", "")


@pytest.mark.parametrize("away", ["refuses", "hangs"])
def test_a_process_whose_back_end_is_away_ends_in_time_with_one_line(away: str):
    with Silent() as silent:
        url = silent.url if away == "hangs" else nobody()
        langsmith = {"PRUNELLA_TRACE": "langsmith", "LANGSMITH_ENDPOINT": url, "LANGSMITH_API_KEY": "ls-secret"}
        took, done = run_program(langsmith)
    assert took < 2.7
    assert len(done.stderr.splitlines()) == 1
    assert "ls-secret" not in done.stderr + done.stdout


def test_telling_from_many_threads_at_once_loses_nothing():
    with Recorder() as recorder:
        tracing = opened({"PRUNELLA_TRACE": recorder.url})
        threads = [threading.Thread(target=heal, args=(Story(tracing, f"run-{n}"),)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert tracing.flush(10)
        assert len(recorder.spans) == 20 * 17
