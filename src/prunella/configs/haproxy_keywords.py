"""What the installed HAProxy says that it knows."""

import re
import shutil
import subprocess
from functools import cache

_PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/bin")
_TIMEOUT_S = 5.0
_TAIL = re.compile(r"\s+[\[+].*$")


@cache
def known_keywords() -> frozenset[str]:
    """The keywords that it lists (`http-request`, `crt`, `tune.bufsize`), and options by their name; empty without one.

    Those built into its section parsers (`mode`, `maxconn`) are not listed; it names the nearest of them itself.
    """
    program = shutil.which("haproxy") or shutil.which("haproxy", path=":".join(_PLACES))
    if program is None:
        return frozenset()
    try:
        # Without a frontend it exits with a complaint, behind its list.
        told = subprocess.run(
            (program, "-dKcfg", "-c", "-f", "/dev/null"),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return frozenset()
    return frozenset(_words(told.stdout))


def _words(listing: str) -> set[str]:
    found: set[str] = set()
    for line in listing.splitlines():
        if line.startswith("\t"):
            plain = _TAIL.sub("", line.strip())
            found.update(word.removesuffix("*") for word in plain.split() if word[0].isalpha())
    return found
