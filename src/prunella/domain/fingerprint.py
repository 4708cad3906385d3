"""One name for the same trouble, however often it happens."""

import hashlib
import re

_VOLATILE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.,]\d+)?(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d\d:\d\d:\d\d([.,]\d+)?\b"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<address>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b(pid|process|thread)([ =:#]+)\d+", re.IGNORECASE), r"\1\2<pid>"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s|seconds|secs|µs|us)\b"), "<duration>"),
    (re.compile(r"\[\d+\]"), "[<pid>]"),
    (re.compile(r"\b\d{6,}\b"), "<number>"),
    (re.compile(r"\s+"), " "),
)


def without_noise(text: str) -> str:
    """`text` with times, ids, addresses, pids and durations replaced by their kind; ports and codes stay."""
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return text.strip()


def fingerprint(text: str) -> str:
    """Twelve hex digits; equal for two texts that differ only in noise."""
    return hashlib.sha256(without_noise(text).encode("utf-8", "surrogatepass")).hexdigest()[:12]
