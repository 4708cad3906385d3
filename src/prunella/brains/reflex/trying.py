"""Edits made on paper: whether they can be made at all, and what the files say then."""

from collections.abc import Mapping

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.configs.formats import editor_for
from prunella.domain.plan import Step
from prunella.domain.setting import Format
from prunella.errors import Rejected

_MOST_BYTES = 30_000


def can_be_made(case: Case, candidate: Candidate) -> bool:
    """Every edit is possible, in order, on the files as they lie there; big files are taken on trust."""
    texts = {str(config.path): (config.format, config.text) for _, config in case.files()}
    try:
        for step in candidate.edits:
            texts = {**texts, **_after(texts, step)}
    except Rejected:
        return False
    return True


def _after(texts: Mapping[str, tuple[Format, str]], step: Step) -> dict[str, tuple[Format, str]]:
    """The file that a step changes, as it is afterwards. Raises Rejected when the step cannot be made."""
    file = str(step.arguments.get("file", ""))
    fmt, text = texts.get(file, (Format.TEXT, ""))
    editor, argument = editor_for(fmt), {name: str(value) for name, value in step.arguments.items()}
    if len(text) > _MOST_BYTES:
        return {}
    if step.tool == "config.set" and editor:
        return {file: (fmt, editor.set(text, argument["key"], argument["value"]))}
    if step.tool == "config.remove" and editor:
        return {file: (fmt, editor.remove(text, argument["key"]))}
    if step.tool == "config.replace_text":
        if argument["old"] not in text:
            raise Rejected(f"{file} does not hold {argument['old']!r}.")
        return {file: (fmt, text.replace(argument["old"], argument["new"], 1))}
    return {}
