"""What no repair may do: take a guard away to turn a probe green."""

from prunella.brains.reflex.candidate import Candidate
from prunella.domain.plan import Step
from prunella.policy.weakening import text_weakening, weakening


def weakens(candidate: Candidate) -> bool:
    """One of its edits turns a guard off, empties a secret, or opens an address to everybody.

    What was good before is the operator's own posture, and a known good state is not judged here.
    """
    return candidate.mechanism != "known good" and any(_weakens(step) for step in candidate.edits)


def _weakens(step: Step) -> bool:
    if step.tool == "config.set":
        return bool(weakening(str(step.arguments["key"]), None, str(step.arguments["value"])))
    if step.tool == "config.remove":
        return bool(weakening(str(step.arguments["key"]), None, None))
    if step.tool == "config.replace_text":
        return bool(text_weakening(str(step.arguments["old"]), str(step.arguments["new"])))
    return False
