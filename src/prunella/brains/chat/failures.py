"""What a failed model call means, whoever made the client: every provider has an error tree of its own."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

from prunella.brains.chat.streaming import CutOff, Stalled
from prunella.errors import Transient

_MOST_RETRY_AFTER_S = 20.0
_BROKEN = re.compile(r"RemoteProtocolError|ReadError|WriteError|IncompleteRead|ClosedResource|BrokenResource")
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
    if isinstance(error, NotImplementedError):  # what LangChain's base model raises for a way that a client lacks
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


def is_broken_off(error: BaseException) -> bool:
    """True when an answer had begun, or was on its way, and its connection ended."""
    return status_of(error) is None and any(
        isinstance(link, CutOff | ConnectionResetError) or _BROKEN.search(type(link).__name__) for link in chain(error)
    )


def is_nonsense(error: BaseException) -> bool:
    """True when an answer came that the client could make nothing of."""
    reachable = status_of(error) is None and not (is_unreachable(error) or is_timeout(error))
    return reachable and (isinstance(error, _UNREADABLE) or "ResponseValidation" in type(error).__name__)


_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, AssertionError, CutOff)


def is_turned_away(error: BaseException) -> bool:
    """True when no model read the question."""
    never_came = is_unreachable(error) and not is_broken_off(error) and not is_timeout(error)
    return status_of(error) is not None or never_came


def may_pass(error: BaseException) -> bool:
    """True when the very same call may succeed in a moment.

    Not tried again: a timeout, a used up quota, a server that wants us to wait for long.
    """
    status = status_of(error)
    if status is None:
        return not is_timeout(error) and (is_unreachable(error) or is_broken_off(error))
    if retry_after_s(error) > _MOST_RETRY_AFTER_S or "insufficient_quota" in str(error):
        return False
    return status in {408, 409, 425, 429} or (status >= 500 and status != 501)


def is_timeout(error: BaseException) -> bool:
    return any(isinstance(link, TimeoutError) or "Timeout" in type(link).__name__ for link in chain(error))


def ran_out(error: BaseException) -> bool:
    """True when the whole time was used up, rather than that something stood still."""
    return is_timeout(error) and not isinstance(error, Stalled)


def retry_after_s(error: BaseException) -> float:
    """What the server asked us to wait, in seconds or until a date; 0 when it did not say."""
    responses = [response for link in chain(error) if (response := getattr(link, "response", None)) is not None]
    said = str(responses[0].headers.get("retry-after", "")).strip() if responses else ""
    if re.fullmatch(r"\d+(\.\d+)?", said):
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return 0.0


def refuses_streaming(error: BaseException) -> bool:
    """True when the server may well answer, if only it is asked for the whole answer at once."""
    if is_nonsense(error) or isinstance(error, NotImplementedError):  # LangChain's word for a client without a stream
        return True
    if status_of(error) not in {400, 404, 405, 422, 501}:
        return False
    return "stream" in str(error).casefold() or (status_of(error) != 404 and not _UNSUPPORTED.search(str(error)))


def refuses_temperature(error: BaseException) -> bool:
    return status_of(error) in {400, 422} and "temperature" in str(error).casefold()


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
        wait = f"for {pause:.0f} s" if (pause := retry_after_s(error)) else "a while"
        return Transient(f"{place} limits our rate (429). Wait {wait}, check the quota, or use another model.")
    if status is not None:
        return Transient(f"{place} failed ({status}): {_reason(error)} Try again later, or use another model.")
    return _explain_silence(error, place, timeout_s)


def _explain_silence(error: BaseException, place: Place, timeout_s: float) -> Transient:
    if isinstance(error, Stalled):
        return Transient(f"{place} stopped in mid-answer: {error}. Try again later, or use another model.")
    if is_timeout(error):
        more = "Use a faster model, or give it more seconds in PRUNELLA_MODEL_TIMEOUT."
        return Transient(f"{place} did not answer within {timeout_s:g} s. {more}")
    if is_broken_off(error):
        return Transient(f"{place} broke off in mid-answer. Try again later, or use another model.")
    if is_unreachable(error):
        return Transient(f"{place} cannot be reached: {_root(error)}. Is it running, and is the URL right?")
    if is_nonsense(error):
        more = "Does the URL lead to a chat model?"
        return Transient(f"{place} gave no answer of a chat model: {type(error).__name__}: {_reason(error)} {more}")
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
