"""A question to a human, as it may be shown, sent and kept."""

from prunella.domain.ruling import ApprovalRequest
from prunella.domain.tool import Prepared
from prunella.redaction.redactor import Redactor

_TRUE = {"before", "changes"}
"""What undo and provenance need as it is, and nobody else."""


def without_secrets(request: ApprovalRequest, redactor: Redactor) -> ApprovalRequest:
    """The same question without what undo needs and without secrets; give the run's own `redactor`, which has learnt.

    Its plan may be another by its key then: an answer is bound to the key of the true one.
    """
    bare = tuple(each.model_copy(update={name: _BLANK[name] for name in _TRUE}) for each in request.prepared)
    shown = redactor.value(request.model_copy(update={"prepared": bare}).model_dump(mode="json"))
    return ApprovalRequest.model_validate(shown)


_BLANK = Prepared().model_dump(include=_TRUE)
