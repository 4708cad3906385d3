"""A program of its own: `supervisord_check.py WORDS`, run by the Python that runs supervisord.

It lets supervisord's own parser read the configuration that `supervisord WORDS` would run on, and starts nothing.
"""

import re
import shutil
import sys
from pathlib import Path

_SHEBANG = re.compile(rb"#!\s*(/\S*python[\w.]*)\s*$", re.MULTILINE)


def python_of(script: str) -> str | None:
    """The Python that a `supervisord` script names; None where it names none."""
    found = shutil.which(script)
    try:
        head = Path(found).read_bytes()[:512] if found else b""
    except OSError:
        return None
    match = _SHEBANG.match(head)
    return match[1].decode() if match else None


def main() -> None:
    from supervisor.options import ServerOptions

    ServerOptions().realize(sys.argv[1:])


if __name__ == "__main__":
    main()
