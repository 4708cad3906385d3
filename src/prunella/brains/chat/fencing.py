"""Foreign text inside a prompt: trimmed, and in a fence that it cannot close."""

import re


def fence(label: str, text: str) -> str:
    """`text` as labelled data; the fence is longer than any run of backticks in it, so that it cannot end it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{trim(one_line(label), 600)}\n{ticks}data\n{text}\n{ticks}"


def trim(text: str, most: int) -> str:
    """At most about `most` characters: the beginning and, for two thirds, the end, which tells more in a log."""
    text = text.strip()
    if len(text) <= most:
        return text
    head, tail = most // 3, most - most // 3
    return f"{text[:head]} …[{len(text) - most} characters left out]… {text[-tail:]}"


def one_line(text: str) -> str:
    return " ".join(text.split())


def size(text: str) -> int:
    """In bytes: three or four of them make a token in any script, two in the worst of noise."""
    return len(text.encode("utf-8", "surrogatepass"))
