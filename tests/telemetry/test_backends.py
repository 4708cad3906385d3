"""Which back end the environment means."""

import base64

import pytest

from prunella.errors import Misuse
from prunella.telemetry.backends import backend_from
from prunella.telemetry.tracing import tracing_from
from tests.telemetry.recorder import Recorder
from tests.telemetry.stories import Story, heal

SECRET = "lsv2_pt_not-to-be-seen"  # noqa: S105 - of nobody


@pytest.mark.parametrize(
    "environ",
    [
        {}, {"PRUNELLA_TRACE": ""}, {"PRUNELLA_TRACE": "off", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"},
        {"LANGSMITH_API_KEY": SECRET}, {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://c:4318"},
    ],
)  # fmt: skip
def test_nothing_is_traced_unless_asked(environ: dict[str, str]):
    assert tracing_from(environ) is None


@pytest.mark.parametrize(
    ("environ", "traces", "metrics"),
    [
        ({"PRUNELLA_TRACE": "phoenix"}, "http://127.0.0.1:6006/v1/traces", ""),
        (
            {"PRUNELLA_TRACE": "Phoenix", "PHOENIX_COLLECTOR_ENDPOINT": "https://p/s/x/"},
            "https://p/s/x/v1/traces",
            "",
        ),
        (
            {"PRUNELLA_TRACE": "phoenix", "PHOENIX_COLLECTOR_ENDPOINT": "http://p:6006/v1/traces"},
            "http://p:6006/v1/traces",
            "",
        ),
        (
            {"PRUNELLA_TRACE": "langsmith", "LANGSMITH_API_KEY": SECRET},
            "https://api.smith.langchain.com/otel/v1/traces",
            "",
        ),
        ({"PRUNELLA_TRACE": "otlp"}, "http://localhost:4318/v1/traces", "http://localhost:4318/v1/metrics"),
        ({"PRUNELLA_TRACE": "http://c:1"}, "http://c:1/v1/traces", "http://c:1/v1/metrics"),
        ({"PRUNELLA_TRACE": "http://c:1/x/v1/traces"}, "http://c:1/x/v1/traces", "http://c:1/x/v1/metrics"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1/"}, "http://c:1/v1/traces", "http://c:1/v1/metrics"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:1/own"}, "http://c:1/own", ""),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/own", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1"},
            "http://t/own",
            "http://c:1/v1/metrics",
        ),
    ],
)
def test_addresses(environ: dict[str, str], traces: str, metrics: str):
    backend = backend_from(environ)
    assert backend is not None
    assert (backend.traces, backend.metrics) == (traces, metrics)


def test_langsmith_gets_protobuf_with_its_key_and_project_and_no_metrics():
    with Recorder() as recorder:
        tracing = tracing_from(
            {
                "PRUNELLA_TRACE": "langsmith", "LANGSMITH_ENDPOINT": recorder.url, "LANGSMITH_API_KEY": SECRET,
                "LANGSMITH_PROJECT": "night shift",
            }
        )  # fmt: skip
        assert tracing is not None
        heal(Story(tracing))
        assert tracing.flush()
        assert {each.path for each in recorder.requests} == {"/otel/v1/traces"}
        headers = recorder.requests[0].headers
        assert len(recorder.spans) == 17
        sent = b"".join(each.body for each in recorder.requests)
    assert (headers["x-api-key"], headers["langsmith-project"]) == (SECRET, "night shift")
    assert headers["content-type"] == "application/x-protobuf"
    assert SECRET.encode() not in sent


def test_langfuse_gets_basic_authorization():
    keys = {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
    backend = backend_from({"PRUNELLA_TRACE": "langfuse", "LANGFUSE_HOST": "https://f.example", **keys})
    assert backend is not None
    assert backend.traces == "https://f.example/api/public/otel/v1/traces"
    assert dict(backend.headers) == {"authorization": f"Basic {base64.b64encode(b'pk:sk').decode()}"}


def test_phoenix_gets_its_project_as_an_attribute():
    with Recorder() as recorder:
        phoenix = {"PHOENIX_COLLECTOR_ENDPOINT": recorder.url, "PHOENIX_PROJECT_NAME": "heals", "PHOENIX_API_KEY": "k"}
        tracing = tracing_from({"PRUNELLA_TRACE": "phoenix", **phoenix})
        assert tracing is not None
        heal(Story(tracing))
        assert tracing.flush()
        assert recorder.resource["openinference.project.name"] == "heals"
        assert {each.path for each in recorder.requests} == {"/v1/traces"}
        assert recorder.requests[0].headers["authorization"] == "Bearer k"


def test_the_standard_variables_are_followed():
    with Recorder() as recorder:
        tracing = tracing_from(
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": recorder.url,
                "OTEL_EXPORTER_OTLP_HEADERS": "X-Tenant=a%20b,x-key=general",
                "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-key=traces",
                "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            }
        )
        assert tracing is not None
        heal(Story(tracing))
        assert tracing.flush()
        keys = {each.path: each.headers["x-key"] for each in recorder.requests}
        assert keys == {"/v1/traces": "traces", "/v1/metrics": "general"}
        assert recorder.requests[0].headers["x-tenant"] == "a b"
        assert recorder.requests[0].headers["content-encoding"] == "gzip"
        assert len(recorder.spans) == 17


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(Misuse, match=r"'phenix'.*Did you mean phoenix\?.*langsmith"):
        tracing_from({"PRUNELLA_TRACE": "phenix"})


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"PRUNELLA_TRACE": "langsmith"}, "LANGSMITH_API_KEY"),
        ({"PRUNELLA_TRACE": "langfuse", "LANGFUSE_PUBLIC_KEY": "x"}, "LANGFUSE_SECRET_KEY"),
        ({"PRUNELLA_TRACE": "ftp://c"}, "no address"),
        ({"PRUNELLA_TRACE": f"http://me:{SECRET}@c:port"}, "no address"),
        ({"PRUNELLA_TRACE": "phoenix", "PHOENIX_COLLECTOR_ENDPOINT": "localhost:6006"}, "PHOENIX_COLLECTOR_ENDPOINT"),
        ({"PRUNELLA_TRACE": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http/protobuf"),
    ],
)
def test_what_cannot_be_followed_is_said_before_anything_starts(environ: dict[str, str], says: str):
    with pytest.raises(Misuse, match=says) as caught:
        tracing_from(environ)
    assert SECRET not in str(caught.value)


def test_a_collector_that_was_meant_for_others_never_stops_a_heal(capsys: pytest.CaptureFixture[str]):
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    assert tracing_from(environ) is None
    assert tracing_from(environ) is None
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_keys_are_not_shown_with_the_back_end():
    backend = backend_from({"PRUNELLA_TRACE": "langsmith", "LANGSMITH_API_KEY": SECRET})
    assert SECRET not in repr(backend)


def test_the_same_environment_has_the_same_sink():
    environ = {"PRUNELLA_TRACE": "http://127.0.0.1:9"}
    assert tracing_from(environ) is tracing_from(dict(environ))
    assert tracing_from(environ) is not tracing_from({**environ, "PRUNELLA_TRACE_CONTENT": "1"})
