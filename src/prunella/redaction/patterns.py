"""Secrets by their own look: keys of well-known makers, JWT, PEM, URL passwords, headers, card numbers."""

import re

from prunella.redaction.assignments import REDACTED
from prunella.redaction.places import without_commanded, without_manifests

_PEM = re.compile(
    r"-----BEGIN (?P<what>[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----"
    r"(?:(?:(?!-----)[\s\S]){0,20000}?-----END (?P=what)-----|(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{16,})*)"
)
_URL = re.compile(r"(?<=://)(?P<user>[^\s:/@\"'<>?#]{0,200}):(?P<password>[^\s/\"'<>?#]{1,500})@(?=[^\s@])")
_HEADER = re.compile(
    r"(?i)\b(?P<name>(?:proxy-)?authorization|(?:set-)?cookie|x-(?:api-key|auth-token))"
    r"(?P<sign>[\"']?[ \t]*[:=][ \t]*[\"']?)"
    r"(?P<scheme>(?:bearer|basic|digest|token|apikey)[ \t]+)?(?P<value>[^\s\"'][^\r\n\"']*(?<!\s))"
)
_SCHEME = re.compile(r"\b(?P<scheme>(?i:bearer|basic))[ \t]+(?P<value>[A-Za-z0-9._~+/-]{8,}={0,2})")
_TOKENS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}"
    r"|(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{16,}"
    r"|gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|(?:xox[abeprs]|xapp)-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}"
    r"|AIza[A-Za-z0-9_-]{35}|hvs\.[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r"|whsec_[A-Za-z0-9+/=]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{30,}"
    r"|(?:dop|doo|dor)_v1_[a-f0-9]{40,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|dapi[a-f0-9]{32}|key-[a-f0-9]{32}"
    r"|gl(?:sa|c)_[A-Za-z0-9+/=_]{20,}|lin_(?:api|oauth)_[A-Za-z0-9]{30,}|NRAK-[A-Z0-9]{20,}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"
    r"|dp\.[a-z]{2,5}\.[A-Za-z0-9]{30,}|AGE-SECRET-KEY-1[A-Z0-9]{40,}|[A-Za-z0-9]{10,}\.atlasv1\.[A-Za-z0-9_-]{30,}"
    r"|\d{8,10}:AA[A-Za-z0-9_-]{32,}|[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{30,}|(?:ntn|secret)_[A-Za-z0-9]{40,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    r")"
)
_HOOK = re.compile(
    r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9/_-]+"
    r"|(?<=/api/webhooks/)\d{10,}/[A-Za-z0-9_-]{20,}"
)
_SIGNATURE = re.compile(
    r"(?i)(?<=[?&;])(?P<name>sig|signature|x-(?:amz|goog)-(?:signature|security-token))=(?P<value>[^&\s\"'<>]{8,})"
)
_HASH = re.compile(r"\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|argon2(?:id?|d)|scrypt|pbkdf2[\w-]*)\$[A-Za-z0-9./+=,$-]{16,}")
_SHORTEST = 7  # `://:p@h`
_CARD = re.compile(r"(?<![\w.-])(?:4|5[1-5]|2[2-7]|3[0-9]|6[0-9])\d{0,2}(?:[ -]?\d){9,17}(?![\w-])")


def without_patterns(text: str) -> str:
    """`text` without anything that is a secret by its look; hosts, ports, paths and users stay."""
    if len(text) < _SHORTEST:
        return text
    if "-----BEGIN" in text:
        text = _PEM.sub(REDACTED, text)
    if "://" in text:
        text = _URL.sub(rf"\g<user>:{REDACTED}@", text)
    if ":" in text or "=" in text:
        text = _HEADER.sub(lambda match: f"{match['name']}{match['sign']}{match['scheme'] or ''}{REDACTED}", text)
    text = _SCHEME.sub(_without_credentials, text)
    text = _TOKENS.sub(REDACTED, text)
    if "hook" in text:
        text = _HOOK.sub(REDACTED, text)
    if "=" in text:
        text = _SIGNATURE.sub(rf"\g<name>={REDACTED}", text)
    if "$" in text:
        text = _HASH.sub(REDACTED, text)
    text = without_commanded(without_manifests(text))
    return _CARD.sub(lambda match: REDACTED if _is_card(match[0]) else match[0], text)


def _without_credentials(match: re.Match[str]) -> str:
    """`Basic authentication failed` holds none."""
    value = match["value"]
    is_random = any(c.isdigit() or c in "=+/" for c in value) or not (value[1:].islower() or value.isupper())
    return f"{match['scheme']} {REDACTED}" if is_random else match[0]


def _is_card(text: str) -> bool:
    """Thirteen to nineteen digits that pass the Luhn check (ISO/IEC 7812-1)."""
    digits = [int(c) for c in text if c.isdigit()]
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
