"""Large texts as a brief shows them: anew each time, as the question changes."""

from prunella.domain.evidence import Evidence
from prunella.protocols import EvidenceStore


async def focused(evidence: tuple[Evidence, ...], store: EvidenceStore | None, question: str) -> tuple[Evidence, ...]:
    """The evidence, with what was put away replaced by the parts of it that answer the question best."""
    if store is None:
        return evidence
    return tuple([await _focused(each, store, question) for each in evidence])


async def _focused(evidence: Evidence, store: EvidenceStore, question: str) -> Evidence:
    if not evidence.handle:
        return evidence
    return evidence.model_copy(update={"text": await store.focus(evidence.handle, question)})
