"""How trouble is worded: the words of a cause, those of a symptom, and those that take it back."""

import re

_STRONG = (
    r"cannot|can't|can not|could ?n[o']t|unable to|not able to|denied|refus(?:es|ed|ing)|reject(?:s|ed)|no such|"
    r"does ?n[o']t (?:exist|match|support)|do not match|not (?:found|known|permitted|allowed|set|valid|supported|"
    r"recogni[sz]ed|defined|configured|installed|available|writable|readable|reachable|applied|accessible|defined|"
    r"enough|an? [a-z]+|in the|located|initiali[sz]ed|primary|mounted|trusted)|never applied|invalid|illegal|"
    r"unknown|unrecogni[sz]ed|unresolved|unexpected|undefined|unsupported|unauthori[sz]ed|unreachable|untrusted|"
    r"unterminated|missing|mismatch|expir(?:ed|y)|exceed(?:s|ed)|exhausted|overflow|out of (?:memory|range|space|"
    r"bounds|disk|date)|no space|no (?:route|value|default|servers?|live|entry|consumers?|module|one|space)|nobody|"
    r"too (?:many|large|small|long|short|old|new|big|low|high)|already (?:in use|exists|taken|bound|running)|in use|"
    r"taken by|held by|forbidden|read[- ]only|must (?:be|not|have)|required|requires|needs|expect(?:ed|s|ing)|"
    r"corrupt(?:ed|ion)?|conflict|panic|fatal|emerg|segfault|killed|oom|core dump(?:ed)?|dumped core|deadlock|"
    r"assert(?:ion)?|parse error|syntax error|unexpected eof|wrong|bad (?:username|password|credentials|option|value|"
    r"config\w*|format|interpreter)|incompatible|blocked|preventing|revoked|disabled|turned off|switched off|"
    r"stale|100 ?%|quota|insufficient (?:privilege|permission|memory|disk)|larger than|older than|less than|"
    r"greater than|unset|is empty|is full|is gone|eacces|eperm|e(?:noent|addrinuse|connrefused|mfile|nfile|nospc|rofs|"
    r"notfound|hostunreach|exist|inval|dquot|nomem|netunreach)\b|errno \d+|sqlstate|violat(?:es|ed|ion)"
)
_WEAK = (
    r"fail(?:s|ed|ure|ing)?|error|exception|abort(?:ed|ing)?|timed? ?out|crash(?:ed)?|lost|reset|rejected|closed|"
    r"unavailable|caused by|terminated|terminating|shut(?:ting)? down|signal|exit(?:ed|ing)?|stopped|dropped|down|"
    r"rolled back|problem|critical|alert|severe|limit|traceback|raised|maintenance|override|overridden"
)
_QUIET = (
    r"deprecate[ds]?|deprecation\w*|\w*deprecationwarning|retry(?:ing)?|retries|attempt \d+|"
    r"try again|trying again|ignor(?:ed|ing)|skipped|skipping|"
    r"fall(?:ing)? ?back|using (?:the )?defaults?|optional|continuing|recovered|harmless|best effort|"
    r"client (?:closed|aborted|disconnected)|(?:0|no|zero) errors?|success\w*|up to date|will be removed"
)
_FATAL = r"\b(?:fatal|emerg(?:ency)?|panic|crit(?:ical)?|alert)\b|\bF\d{4} |\"level\": ?\"?60"
_ERROR = r"\b(?:error|err|severe|erro)\b|\bE\d{4} |\"level\": ?\"?50"
_WARNING = r"\bwarn(?:ing)?\b|\bW\d{4} |\"level\": ?\"?40"
_FRAME = re.compile(r"\s*(?:at [\w.$<>/]+\(|File \".*\", line \d+|\.\.\. \d+ more|\S+\.go:\d+)|Traceback \(most")
_RAISED = re.compile(r"Caused by: |(?<![\w.])[\w.]*[a-z](?:Error|Exception|Exit|Interrupt)\b: ?\S")
_NAMED = re.compile(
    r"[\"'`][^\"'`\s]{2,60}[\"'`]|(?<![\w/:.])/[\w.-]+(?:/[\w.-]+)+|\b[\w.-]+:\d{2,5}\b|\b[A-Z]+_[A-Z_]+\b"
)

_STRONG_WORDS = re.compile(rf"(?<![a-z])(?:{_STRONG})(?![a-z])", re.IGNORECASE)
_WEAK_WORDS = re.compile(rf"(?<![a-z])(?:{_WEAK})(?![a-z])", re.IGNORECASE)
_QUIET_WORDS = re.compile(rf"(?<![a-z])(?:{_QUIET})(?![a-z])", re.IGNORECASE)
_SEVERITIES = tuple(
    (re.compile(pattern, flags), weight)
    for pattern, flags, weight in (
        (_FATAL, re.IGNORECASE, 1.5),
        (_ERROR, re.IGNORECASE, 1.0),
        (_WARNING, re.IGNORECASE, 0.6),
    )
)
_HEAD = 120

ALARM = re.compile(
    rb"cannot|could|unable|denied|refus|reject|no such|not |invalid|unknown|unrecogn|unexpected|undefined|missing|"
    rb"expir|exceed|exhaust|out of|no space|too |already|in use|forbidden|must|require|expect|corrupt|panic|fatal|"
    rb"emerg|segfault|killed|mismatch|fail|error|exception|abort|timeout|timed out|crash|wrong|eacces|eaddr|econn|"
    rb"enospc|unauthor|unsupp|read-only|conflict|disabled|gone|empty"
)


def severity(line: str) -> float:
    """From 0 to 1.5, by the level that it was logged at."""
    head = line[:_HEAD]
    return next((weight for pattern, weight in _SEVERITIES if pattern.search(head)), 0.0)


def alarm(message: str) -> float:
    """How much it sounds like a cause: about 0 for chatter, 1 for a symptom, 2 and more for a cause."""
    strong = len({match.lower() for match in _STRONG_WORDS.findall(message)})
    weak = len({match.lower() for match in _WEAK_WORDS.findall(message)})
    quiet = len(_QUIET_WORDS.findall(message))
    return min(strong, 2) * 1.0 + min(strong, 1) * 1.0 + min(weak, 2) * 0.5 - min(quiet, 2) * 1.2


def is_frame(line: str) -> bool:
    """One line of a stack trace, which says where and not what."""
    return bool(_FRAME.match(line))


def is_raised(line: str) -> bool:
    """The line of a stack trace that says what, or one that quotes it."""
    return bool(_RAISED.search(line))


def is_concrete(message: str) -> bool:
    """Names something: a path, a host and port, a setting, a quoted word."""
    return bool(_NAMED.search(message))


def first_alarm(text: str) -> int:
    """Where the first word of a cause stands, else of a symptom; 0 for neither."""
    found = _STRONG_WORDS.search(text) or _WEAK_WORDS.search(text)
    return found.start() if found else 0
