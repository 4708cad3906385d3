"""What no repair may do: take a guard away to turn a probe green."""

import re

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.names import is_near, normal, tokens
from prunella.domain.plan import Step

_GUARDS_WORDS = """
    auth authentication authorization tls ssl https verify verification secure security password passwd secret token
    protected hba acl cors csrf firewall signature signing requirepass whitelist allowlist sandbox
"""
_GUARDS = frozenset(_GUARDS_WORDS.split())
_BINDS = frozenset({"host", "bind", "listen", "addr", "address", "interface"})
_OFF = frozenset({"", "off", "false", "no", "0", "none", "null", "disable", "disabled", "never", "trust", "allow",
                  "any", "insecure", "optional", "plain", "*", "all", "skip"})  # fmt: skip
_OPEN = re.compile(r"0\.0\.0\.0|\[::\]|(?<![\w.])::(?![\w.])|\btrust\b|\binsecure\b|\b0?777\b|\bnopass\b")


def weakens(candidate: Candidate) -> bool:
    """One of its edits turns a guard off, empties a secret, or opens an address to everybody.

    What was good before is the operator's own posture, and a known good state is not judged here.
    """
    return candidate.mechanism != "known good" and any(_weakens(step) for step in candidate.edits)


def _weakens(step: Step) -> bool:
    if step.tool == "config.set":
        words, value = set(tokens(str(step.arguments["key"]))), str(step.arguments["value"]).strip().lower()
        opens = bool(words & _BINDS) and (_OPEN.search(value) is not None or value in {"*", ""})
        return opens or (bool(words & _GUARDS) and value in _OFF)
    if step.tool == "config.remove":
        return bool(set(tokens(str(step.arguments["key"]))) & _GUARDS)
    if step.tool == "config.replace_text":
        return _opens(str(step.arguments["old"]), str(step.arguments["new"]))
    return False


def _opens(old: str, new: str) -> bool:
    if len(_OPEN.findall(new)) > len(_OPEN.findall(old)):
        return True
    before, after = _guarded(old), _guarded(new)
    gone = [key for key in before if key not in after and not any(_is_like(key, other) for other in _first_words(new))]
    return bool(gone) or any(after[key] in _OFF and value not in _OFF for key, value in before.items() if key in after)


def _is_like(key: str, other: str) -> bool:
    return normal(key) == normal(other) or is_near(key.lower(), other.lower())


def _first_words(text: str) -> set[str]:
    return {re.split(r"[\s:=;]+", line.strip(), maxsplit=1)[0] for line in text.split("\n") if line.strip()}


def _guarded(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.split("\n"):
        parts = re.split(r"[\s:=;]+", line.strip(), maxsplit=1)
        if len(parts) == 2 and set(tokens(parts[0])) & _GUARDS:
            found[parts[0]] = parts[1].strip(" ;\"'").lower()
    return found
