"""From the names in a ladder to the brains that they stand for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from prunella.brains.ladder import Ladder
from prunella.domain.facts import Facts
from prunella.errors import Misuse
from prunella.protocols import Brain

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Observe = Callable[[], Awaitable[Facts]]


def brain_for(names: Sequence[str], observe: Observe | None, environ: Mapping[str, str]) -> Brain:
    """One brain, or a ladder of them. `reflex` reasons over what `observe` sees. Raises Misuse for unknown names."""
    rungs = [_rung(name, observe, environ) for name in names]
    return rungs[0] if len(rungs) == 1 else Ladder(rungs)


def as_brain(given: "str | BaseChatModel | Brain", environ: Mapping[str, str]) -> Brain:
    """A brain from a name, a LangChain chat model, or itself."""
    if isinstance(given, str):
        return brain_for((given,), None, environ)
    if hasattr(given, "propose"):
        return given  # type: ignore[return-value] -- it has the protocol's method
    from prunella.brains.chat.brain import Chat

    return Chat(given)  # type: ignore[arg-type] -- the other of the two


def model_timeout_s(environ: Mapping[str, str]) -> float:
    """How long one call of a model may take: PRUNELLA_MODEL_TIMEOUT, in seconds. Raises Misuse for no such number."""
    given = environ.get("PRUNELLA_MODEL_TIMEOUT") or "120"
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise Misuse(f"PRUNELLA_MODEL_TIMEOUT is {given!r}: give a number of seconds, such as 120.")
    return seconds


def _rung(name: str, observe: Observe | None, environ: Mapping[str, str]) -> Brain:
    if name == "reflex":
        if observe is None:
            raise Misuse("The reflex brain reasons over a fleet. Give this agent a model, such as openai:gpt-5.")
        from prunella.brains.reflex.brain import Reflex

        return Reflex(observe)
    from prunella.brains.chat.brain import Chat
    from prunella.brains.chat.models import choose_model

    choice = choose_model(name, environ)
    return Chat(choice.load, name=choice.name, key=choice.key, way=choice.way, timeout_s=model_timeout_s(environ))
