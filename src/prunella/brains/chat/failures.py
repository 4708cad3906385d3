"""What a failed model call means, whoever made the client: every provider has an error tree of its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from prunella.errors import Transient

_MOST_RETRY_AFTER_S = 20.0
_UNSUPPORTED = re.compile(
    r"tool|function.?call|response_format|json.?schema|structured|bind_tools|grammar|jinja", re.IGNORECASE
)


@dataclass(frozen=True)
class Place:
    """Where a model is asked: its name as the operator wrote it, its URL ("" when unknown), its key's variable."""

    name: str
    url: str = ""
    key: str = ""

    def __str__(self) -> str:
        return f"The model {self.name}" + (f" at {_without_login(self.url)}" if self.url else "")


def chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and what caused it, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def status_of(error: BaseException) -> int | None:
    """The HTTP status, None when no answer came."""
    for link in chain(error):
        for name in ("status_code", "code", "http_status"):
            status = getattr(link, name, None)
            if isinstance(status, int) and 400 <= status < 600:
                return status
    return None


def is_unsupported(error: BaseException) -> bool:
    """True when the provider answered that it cannot be asked this way (tools, schema), rather than not at all."""
    if isinstance(error, NotImplementedError):
        return True
    status = status_of(error)
    if status is None or status in {401, 403, 429}:
        return False
    return status in {400, 422, 501} or bool(_UNSUPPORTED.search(str(error)))


def is_cut_off(error: BaseException) -> bool:
    """True when the model ran into its output limit, which some clients report as an error."""
    return any("LengthFinishReason" in type(link).__name__ for link in chain(error))


def is_unreachable(error: BaseException) -> bool:
    return status_of(error) is None and any(
        isinstance(link, OSError) or "Connect" in type(link).__name__ for link in chain(error)
    )


def may_pass(error: BaseException) -> bool:
    """True when the very same call may succeed in a moment; a timeout is not tried again."""
    status = status_of(error)
    if status is None:
        return is_unreachable(error) and not is_timeout(error)
    return status in {408, 409, 425, 429} or status >= 500


def is_timeout(error: BaseException) -> bool:
    return any(isinstance(link, TimeoutError) or "Timeout" in type(link).__name__ for link in chain(error))


def retry_after_s(error: BaseException) -> float:
    """What the server asked us to wait, at most 20 s; 0 when it did not say."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    said = headers.get("retry-after", "") if headers is not None else ""
    return min(float(said), _MOST_RETRY_AFTER_S) if re.fullmatch(r"\d+(\.\d+)?", said) else 0.0


def explain(error: BaseException, place: Place, timeout_s: float) -> Transient:
    """The failure in one sentence, and what to do; never a key, never a traceback."""
    status = status_of(error)
    if status in {401, 403}:
        return Transient(
            f"{place} refused the key ({status}). Set {place.key or 'its API key'} to one that it accepts."
        )
    if status == 404:
        return Transient(f"{place} was not found (404): {_reason(error)} Check the model's name and the URL.")
    if status == 429:
        return Transient(f"{place} limits our rate (429). Wait a while, check the quota, or use another model.")
    if status is not None:
        return Transient(f"{place} failed ({status}): {_reason(error)} Try again later, or use another model.")
    return _explain_silence(error, place, timeout_s)


def _explain_silence(error: BaseException, place: Place, timeout_s: float) -> Transient:
    if is_timeout(error):
        more = "Use a faster model, or give it more seconds in PRUNELLA_MODEL_TIMEOUT."
        return Transient(f"{place} did not answer within {timeout_s:g} s. {more}")
    if is_unreachable(error):
        return Transient(f"{place} cannot be reached: {_root(error)}. Is it running, and is the URL right?")
    return Transient(f"{place} could not be used: {type(error).__name__}: {_reason(error)}")


def _reason(error: BaseException) -> str:
    body = getattr(error, "body", None)
    said = body.get("message") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - OpenAI's error body is untyped
    line = (said if isinstance(said, str) else str(error)).strip().splitlines()[:1]
    return "".join(line)[:200].rstrip(".") + "."


def _root(error: BaseException) -> str:
    *_, root = chain(error)
    return str(root) or type(root).__name__


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
