"""How to talk to a server itself: `connect = "postgresql://admin@127.0.0.1:5432/shop"`, or a table with a secret."""

import re
from urllib.parse import urlsplit

from prunella.domain.service import ConnectSpec, SecretRef
from prunella.fleet.table import Table, shown
from prunella.nearest import did_you_mean

_SCHEMES = ("postgresql", "redis", "rediss")
_EXAMPLE = 'Write connect = { url = "postgresql://admin@127.0.0.1:5432/shop", password = "NAME_OF_A_SECRET" }.'


def connect_of(table: Table, secrets: tuple[SecretRef, ...]) -> ConnectSpec | None:
    """None when it is not declared, or wrongly. `secrets` are those of the service."""
    if "connect" not in table.values:
        return None
    if isinstance(table.values["connect"], str):
        url = table.text("connect")
        return ConnectSpec(url=url) if _is_url(table, "connect", url) else None
    own = table.table("connect", _EXAMPLE)
    if not table.has_table("connect"):
        return None
    own.refuse_unknown("url", "password")
    own.require("url", '"postgresql://admin@127.0.0.1:5432/shop"')
    url, password = own.text("url"), _secret_name(own, secrets)
    return ConnectSpec(url=url, password=password) if url and _is_url(own, "url", url) else None


def _secret_name(table: Table, secrets: tuple[SecretRef, ...]) -> str:
    """What is written there is not shown when it is no known name: it may be the password."""
    if "password" not in table.values:
        return ""
    name, known = table.text("password"), [secret.name for secret in secrets]
    if name in known:
        return name
    nearest = did_you_mean(name, known) or (f"Known: {', '.join(known)}." if known else "")
    suggestion = nearest or 'Write secrets = { DB_PASSWORD = "file:/run/secrets/db" } and its name here.'
    table.note("password", "`password` must be the name of one of the service's secrets.", suggestion)
    return ""


def _is_url(table: Table, key: str, url: str) -> bool:
    """Whether it is one; a mistake is noted, and no password is shown."""
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError as error:
        table.note(key, f"This URL cannot be read: {error}.", _EXAMPLE)
        return False
    if parts.password is not None or re.search(r"(?:^|&)(?:ssl)?password=", parts.query, re.IGNORECASE):
        table.note(key, "This URL holds a password.", f"Name a secret instead. {_EXAMPLE}")
        return False
    if parts.scheme not in _SCHEMES:
        suggestion = did_you_mean(parts.scheme, _SCHEMES) or f"Known: {', '.join(_SCHEMES)}."
        table.note(key, f"There is no way to talk to {shown(parts.scheme)}.", suggestion)
        return False
    if not parts.hostname or not port_fits or re.search(r"\s", url):
        table.note(key, f"`{key}` must be a URL with a host, not {shown(url)}.", _EXAMPLE)
        return False
    return True
