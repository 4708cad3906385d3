"""Whose word on certificates counts."""

import ssl
from functools import lru_cache
from pathlib import Path

from prunella.errors import Rejected

_Seen = tuple[int, int, int] | None


def trusting(ca: Path | None) -> ssl.SSLContext:
    """Accepts what the certificates in the file `ca` vouch for; None: what the system's own store does.

    It is made once and kept until the file changes. Raises Rejected for a file without certificates.
    """
    store = ca or Path(ssl.get_default_verify_paths().openssl_cafile)
    try:
        return _context(ca, _seen(store))
    except OSError as error:
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise Rejected(f"The certificates to trust cannot be read from {store}: {why}.") from error


@lru_cache(maxsize=64)
def _context(ca: Path | None, _seen: _Seen) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca)


def _seen(path: Path) -> _Seen:
    """What tells a file from its successor; None for no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
