"""What lets go of a limit, or of data, by general words that settings are made of; pure."""

from prunella.policy.weakening import OFF, ON, as_number
from prunella.policy.words import tokens

_LIMITS = frozenset({"max", "maximum", "limit", "limits", "timeout", "attempts", "retries", "rate", "quota", "burst",
                     "ttl", "expiry", "expires", "lockout", "threshold", "cap", "budget", "concurrency"})  # fmt: skip
_KEEPING = frozenset({"retention", "retain", "keep", "backup", "backups", "history", "archive", "fsync", "appendonly",
                      "durability", "durable", "persist", "persistence", "replicas", "journaling"})  # fmt: skip
_DESTROYING = frozenset({"drop", "wipe", "truncate", "purge", "erase", "delete", "destroy", "reset", "recreate",
                         "overwrite", "prune", "vacuum"})  # fmt: skip


def loosening(key: str, before: str | None, after: str | None) -> str:
    """Why the setting lets go of a limit or of data, as half a sentence; "" when it does not.

    `before` None: it was not there, or is not known; `after` None: it is gone.
    """
    words = frozenset(tokens(key))
    was, now = "unknown" if before is None else before.strip().lower(), (after or "").strip().lower()
    old, new = as_number(was), as_number(now)
    if words & _LIMITS and new is not None and new <= 0 and (old is None or old > 0):
        return "zero or less often means no limit"
    if words & _DESTROYING and now in ON and was not in ON:
        return "it may delete data"
    if words & _KEEPING and "alive" not in words:
        is_less = old is not None and new is not None and new < old
        is_off = now in OFF and was not in OFF and was != now
        return "less is kept" if is_less or is_off else ""
    return ""
