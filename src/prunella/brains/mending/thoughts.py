"""What a model thought aloud, told apart from what it said."""

import re
from dataclasses import dataclass

MOST_CHARS = 1_000_000
_NAME = r"(?i:think(?:ing)?|thoughts?|reasoning|seed:think)"
_TAG = re.compile(
    rf"(?P<opens><{_NAME}>|\[THINK\]|◁think▷|<\|channel\|>analysis<\|message\|>)"
    rf"|</{_NAME}>|\[/THINK\]|◁/think▷|<\|end\|>"
)


@dataclass(frozen=True)
class Said:
    """`words` without thoughts, trimmed. `is_in_thought`: the reply ended before the last thought did."""

    words: str
    is_in_thought: bool = False


def without_thoughts(text: str) -> Said:
    """Linear in the text, of which 1,000,000 characters are looked at. What stands before a closing
    tag that nothing opened is a thought: templates open it.
    """
    text = text[:MOST_CHARS]
    kept: list[str] = []
    place, depth = 0, 0
    for tag in _TAG.finditer(text):
        if depth == 0 and tag["opens"]:
            kept.append(text[place : tag.start()])
        elif depth == 0 and tag[0] != "<|end|>":
            kept.clear()
        depth = depth + 1 if tag["opens"] else max(0, depth - 1)
        place = tag.end()
    if depth == 0:
        kept.append(text[place:])
    return Said("".join(kept).strip(), depth > 0)
