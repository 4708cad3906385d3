"""Where traces go: presets that set addresses and headers, nothing else."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from prunella.errors import Misuse
from prunella.nearest import did_you_mean

Environ = Mapping[str, str]
_OFF = {"off", "none", "no", "false", "0"}
_ON = {"1", "true", "yes", "on", "span_only", "span_and_event"}


@dataclass(frozen=True)
class Backend:
    """Addresses of an OTLP/HTTP receiver; an empty one takes no such thing. Headers carry keys: never show them.

    `resource` are attributes of the resource; `certificate` and `client` (with its key) are files for TLS, "" for none.
    """

    traces: str = field(repr=False)
    metrics: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    metrics_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    resource: tuple[tuple[str, str], ...] = ()
    is_gzipped: bool = False
    certificate: str = ""
    client: tuple[str, str] = ("", "")

    @property
    def place(self) -> str:
        """The address of the traces, fit to be shown: without user, password and query."""
        return _shown(self.traces or self.metrics)


def backend_from(environ: Environ) -> Backend | None:
    """Where PRUNELLA_TRACE says, else where OTEL_EXPORTER_OTLP_(TRACES_)ENDPOINT says; None for nowhere.

    Raises Misuse for what cannot be understood.
    """
    asked = environ.get("PRUNELLA_TRACE", "").strip()
    if asked.lower() in _OFF or environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    if asked:
        return _asked(asked, environ)
    return otlp(environ) if is_ambient(environ) else None


def is_ambient(environ: Environ) -> bool:
    """Tracing is on only because the standard variables name a collector, which others may have set."""
    named = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return not environ.get("PRUNELLA_TRACE", "").strip() and any(environ.get(name, "").strip() for name in named)


def captures_content(environ: Environ) -> bool:
    """Whether prompts, arguments, outputs and evidence may leave with the traces; no, unless asked for."""
    asked = environ.get("PRUNELLA_TRACE_CONTENT") or environ.get("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT")
    return (asked or "").strip().lower() in _ON


def resource_attributes(environ: Environ) -> dict[str, str]:
    """How this process is named to the back end: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, else `prunella`."""
    named = _pairs(environ.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    service = environ.get("OTEL_SERVICE_NAME", "").strip() or named.get("service.name") or "prunella"
    return named | {"service.name": service}


def phoenix(environ: Environ) -> Backend:
    """Arize Phoenix, local or hosted; it takes no metrics."""
    base = environ.get("PHOENIX_COLLECTOR_ENDPOINT", "").strip() or "http://127.0.0.1:6006"
    key, project = environ.get("PHOENIX_API_KEY", "").strip(), environ.get("PHOENIX_PROJECT_NAME", "").strip()
    headers = _headers(environ, "PHOENIX_CLIENT_HEADERS")
    if key:
        headers["authorization"] = f"Bearer {key}"
    resource = (("openinference.project.name", project),) if project else ()
    return Backend(_traces_of(base, "PHOENIX_COLLECTOR_ENDPOINT"), headers=_items(headers), resource=resource)


def langsmith(environ: Environ) -> Backend:
    """LangSmith, of LangChain or one's own; it takes no metrics."""
    base = environ.get("LANGSMITH_ENDPOINT", "").strip() or "https://api.smith.langchain.com"
    headers = {"x-api-key": _needed(environ, "LANGSMITH_API_KEY", "langsmith")}
    if project := environ.get("LANGSMITH_PROJECT", "").strip():
        headers["Langsmith-Project"] = project
    return Backend(_checked(f"{base.rstrip('/')}/otel/v1/traces", "LANGSMITH_ENDPOINT"), headers=_items(headers))


def langfuse(environ: Environ) -> Backend:
    """Langfuse, cloud or one's own; it takes no metrics."""
    host = environ.get("LANGFUSE_BASE_URL", "").strip() or environ.get("LANGFUSE_HOST", "").strip()
    public = _needed(environ, "LANGFUSE_PUBLIC_KEY", "langfuse")
    secret = _needed(environ, "LANGFUSE_SECRET_KEY", "langfuse")
    token = base64.b64encode(f"{public}:{secret}".encode()).decode()
    url = f"{(host or 'https://cloud.langfuse.com').rstrip('/')}/api/public/otel/v1/traces"
    return Backend(_checked(url, "LANGFUSE_BASE_URL"), headers=(("authorization", f"Basic {token}"),))


def otlp(environ: Environ) -> Backend:
    """Any receiver, by the standard variables: https://opentelemetry.io/docs/specs/otel/protocol/exporter/.

    Metrics go along unless only the traces have an address.
    """
    base = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    traces, metrics = (environ.get(f"OTEL_EXPORTER_OTLP_{what}_ENDPOINT", "").strip() for what in ("TRACES", "METRICS"))
    general = (base or ("" if traces else "http://localhost:4318")).rstrip("/")
    if general:
        traces, metrics = traces or f"{general}/v1/traces", metrics or f"{general}/v1/metrics"
    return _standard(environ, traces, metrics)


_PRESETS: Mapping[str, Callable[[Environ], Backend]] = {
    "phoenix": phoenix,
    "langsmith": langsmith,
    "langfuse": langfuse,
    "otlp": otlp,
}


def _asked(name: str, environ: Environ) -> Backend:
    if "://" in name:
        url = _traces_of(name, "PRUNELLA_TRACE")
        return _standard(environ, url, re.sub(r"/v1/traces$", "/v1/metrics", url))
    preset = _PRESETS.get(name.lower())
    if preset is None:
        known = f"Known are {', '.join(_PRESETS)}, and any address that begins with http:// or https://."
        raise Misuse(f"PRUNELLA_TRACE is {name[:60]!r}, which is no back end. {did_you_mean(name, _PRESETS)} {known}")
    return preset(environ)


def _standard(environ: Environ, traces: str, metrics: str) -> Backend:
    protocol = _variable(environ, "PROTOCOL")
    if protocol not in {"", "http/protobuf"}:
        raise Misuse(
            f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}; Prunella speaks http/protobuf only. "
            "Most collectors take that at port 4318: set the protocol and the endpoint so."
        )
    if environ.get("OTEL_TRACES_EXPORTER", "").strip() == "none":
        traces = ""
    if environ.get("OTEL_METRICS_EXPORTER", "").strip() == "none":
        metrics = ""
    general = _headers(environ, "OTEL_EXPORTER_OTLP_HEADERS")
    return Backend(
        traces=traces and _checked(traces, "The OTLP endpoint of traces"),
        metrics=metrics and _checked(metrics, "The OTLP endpoint of metrics"),
        headers=_items(general | _headers(environ, "OTEL_EXPORTER_OTLP_TRACES_HEADERS")),
        metrics_headers=_items(general | _headers(environ, "OTEL_EXPORTER_OTLP_METRICS_HEADERS")),
        is_gzipped=_variable(environ, "COMPRESSION") == "gzip",
        certificate=_variable(environ, "CERTIFICATE"),
        client=(_variable(environ, "CLIENT_CERTIFICATE"), _variable(environ, "CLIENT_KEY")),
    )


def _variable(environ: Environ, name: str) -> str:
    of_traces, of_all = f"OTEL_EXPORTER_OTLP_TRACES_{name}", f"OTEL_EXPORTER_OTLP_{name}"
    return environ.get(of_traces, "").strip() or environ.get(of_all, "").strip()


def _traces_of(base: str, variable: str) -> str:
    """The address of traces, of a server or as it is meant already."""
    base = base.rstrip("/")
    return _checked(base if base.endswith("/v1/traces") else f"{base}/v1/traces", variable)


def _checked(url: str, variable: str) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine or re.search(r"[\s\x00-\x1f]", url):
        raise Misuse(f"{variable} is {_shown(url)!r}, which is no address. Write it like http://127.0.0.1:4318.")
    return url


def _shown(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url.partition("?")[0])


def _needed(environ: Environ, variable: str, preset: str) -> str:
    value = environ.get(variable, "").strip()
    if not value:
        raise Misuse(f"PRUNELLA_TRACE is {preset}, and {variable} is not set. Set it, or choose another back end.")
    return value


def _headers(environ: Environ, variable: str) -> dict[str, str]:
    return {name.lower(): value for name, value in _pairs(environ.get(variable, "")).items()}


def _pairs(text: str) -> dict[str, str]:
    """`a=b,c=d` with percent-encoded values."""
    split = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {unquote(key.strip()): unquote(value.strip()) for key, _, value in split if key.strip()}


def _items(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(headers.items())
