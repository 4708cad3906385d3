"""Secrets by the place where they stand: options of well-known programs, lines of password files, manifests."""

import re

from prunella.redaction.assignments import REDACTED, is_harmless

_OPTION = r"[^\n|;&]{0,400}?[ \t]"
_PLACES = {
    "-p": re.compile(
        rf"\b(?:sshpass[ \t]+|(?:mysql\w*|mariadb[\w-]*){_OPTION}"
        rf"|(?:docker|podman|helm|skopeo|oc|az|cf){_OPTION}login\b{_OPTION})-p[ \t]*(?P<value>[^\s\"'-][^\s\"']*)"
    ),
    "-u": re.compile(rf"\b(?:curl|wget|http){_OPTION}(?:-u|--user)[ \t=]*[\"']?[^\s:\"']+:(?P<value>[^\s\"']+)"),
    "redis-cli": re.compile(rf"\bredis-cli{_OPTION}-a[ \t]+(?P<value>\S+)"),
    "pass:": re.compile(r"-pass(?:in|out)?[ \t=]+pass:(?P<value>\S+)"),
    "insecure-password": re.compile(r"\binsecure-password[ \t]+(?P<value>\S+)"),
    "login": re.compile(r"\blogin[ \t]+\S+\s+password[ \t]+(?P<value>\S+)"),
    ">": re.compile(r"(?m)^[ \t]*user[ \t]+\S+[ \t][^\n]*?(?<=[ \t])>(?P<value>\S+)"),
    "_password": re.compile(r"(?m)^[ \t]*\w*_password[ \t]+(?P<value>\S+)[ \t]*$"),
    "assword": re.compile(r"(?i)\bpass(?:word|phrase)[ \t]+[\"`](?P<value>[^\"`\n]*[\d!#$%&*+@^~][^\"`\n]*)[\"`]"),
    "(": re.compile(
        r"\([\"'][\w.-]*(?:PASSWORD|SECRET|_KEY|TOKEN|password|secret)[\"'],[ \t]*b?[\"'](?P<value>[^\"'\n]+)[\"']"
    ),
    "ENV ": re.compile(r"(?m)^[ \t]*ENV[ \t]+\w*(?:PASSWORD|SECRET|TOKEN|API_KEY)[ \t]+(?P<value>\S+)"),
    ":": re.compile(
        r"(?m)^(?:[\w.*-]|\\:){1,200}:(?:\d{2,5}|\*):(?:[A-Za-z][\w-]*|\*):(?:[A-Za-z][\w.-]*|\*):(?P<value>(?:[^\s:\\]|\\.)+)$"
    ),
}  # each with what stands in every text that holds one
_KIND = re.compile(r"[\"']?\bkind\b[\"']?[ \t]*:[ \t]*[\"']?Secret\b")
_DOCUMENT = re.compile(r"(?m)^---[ \t]*$")
_BLOCK = re.compile(
    r"(?m)^(?P<indent>[ \t]*)(?P<name>data|stringData):[ \t]*\r?\n(?P<body>(?:(?P=indent)[ \t]+[^\n]*(?:\n|\Z))+)"
)
_ENTRY = re.compile(r"(?m)^(?P<name>[ \t]+[^\s:#][^:\n]*:)[ \t]+(?P<value>[^\n]+)$|^(?P<more>[ \t]+[A-Za-z0-9+/=]+)$")
_INLINE = re.compile(r"(?P<open>[\"'](?:data|stringData)[\"'][ \t]*:[ \t]*\{)(?P<body>[^{}]*)\}")
_MEMBER = re.compile(r"(?P<name>[\"'][^\"']+[\"'][ \t]*:[ \t]*[\"'])(?P<value>(?:\\.|[^\"'\\])*)")


def without_commanded(text: str) -> str:
    """`text` without passwords that are told by the command or the kind of line around them."""
    for telltale, pattern in _PLACES.items():
        if telltale in text:
            text = pattern.sub(_without_value, text)
    return text


def without_manifests(text: str) -> str:
    """`text` without the values of Kubernetes secrets, in YAML or JSON; their names stay."""
    if "Secret" not in text or not _KIND.search(text):
        return text
    documents = _DOCUMENT.split(text)
    return "---".join(_without_data(each) if _KIND.search(each) else each for each in documents)


def _without_data(document: str) -> str:
    document = _BLOCK.sub(lambda match: _within(match, _ENTRY.sub(_blank, match["body"])), document)
    return _INLINE.sub(lambda match: _within(match, _MEMBER.sub(_blank, match["body"])), document)


def _within(match: re.Match[str], body: str) -> str:
    start, end = (place - match.start() for place in match.span("body"))
    return match[0][:start] + body + match[0][end:]


def _blank(match: re.Match[str]) -> str:
    if match.groupdict().get("more"):
        return f"{' ' * (len(match[0]) - len(match[0].lstrip()))}{REDACTED}"
    start = match.start("value") - match.start()
    return match[0][:start] + REDACTED


def _without_value(match: re.Match[str]) -> str:
    if is_harmless(match["value"]):
        return match[0]
    start, end = (place - match.start() for place in match.span("value"))
    return match[0][:start] + REDACTED + match[0][end:]
