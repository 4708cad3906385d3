"""Large texts as a brief shows them: anew each time, as the question changes."""

from prunella.domain.evidence import Evidence
from prunella.domain.run import EventKind
from prunella.errors import Lost
from prunella.healing.context import Context
from prunella.protocols import EvidenceStore


async def focused(evidence: tuple[Evidence, ...], context: Context, question: str) -> tuple[Evidence, ...]:
    """The evidence, with what was put away replaced by the parts of it that answer the question best; where that
    cannot be had, the preview stays.
    """
    store = context.evidence
    if store is None:
        return evidence
    return tuple([await _focused(each, store, context, question) for each in evidence])


async def _focused(evidence: Evidence, store: EvidenceStore, context: Context, question: str) -> Evidence:
    if not evidence.handle:
        return evidence
    try:
        return evidence.model_copy(update={"text": await store.focus(evidence.handle, question)})
    except Lost:
        raise
    except Exception as error:  # noqa: BLE001 -- what was put away never ends a heal
        context.emit(EventKind.NOTE, "plan", f"{evidence.handle} cannot be read: {type(error).__name__}: {error}")
        return evidence
