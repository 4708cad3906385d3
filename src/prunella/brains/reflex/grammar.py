"""How servers word their complaints: patterns by what they tell, gathered from many languages and frameworks.

`key`, `value`, `other` are quoted or bare words; quotes are part of the group and are stripped by the reader.
"""

import re
from typing import Final

_QUOTED: Final = r"\"[^\"]*\"|'[^']*'|`[^`]*`|\u2018[^\u2019]*\u2019|\u201c[^\u201d]*\u201d"
_KEY: Final = rf"(?P<key>{_QUOTED}|\[?--?[A-Za-z][\w.\-]*\]?|[A-Za-z_][\w.\-]*(?:\[\w+\])*)"
_VALUE: Final = rf"(?P<value>{_QUOTED}|[^\s\"'`,;()\[\]{{}}]+)"
_OTHER: Final = rf"(?P<other>{_QUOTED}|[^\s\"'`,;()\[\]{{}}]+)"
_SURE: Final = rf"(?P<value>{_QUOTED})"
_NOUN: Final = (
    r"(?:(?:required|mandatory|config(?:uration)?|environment|env|settings?|unknown)[ -])*"
    r"(?:settings?|keys?|env(?:ironment)?[ -]?var(?:iable)?s?|environment|variables?|options?|parameters?|fields?"
    r"|property|properties|arguments?|config(?:uration)?s?(?: value)?|entry|directives?|keywords?|attributes?"
    r"|placeholder"
    r"|values? for|flags?)"
)
_WRONG: Final = r"(?:invalid|illegal|bad|wrong|unsupported|unknown|unrecogni[sz]ed|unexpected|malformed|incorrect)"


def _all(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


WANTED: Final = _all(
    rf"\b(?:check|ensure|verify|make sure|confirm)(?: if| that| whether)?(?: the)? {_KEY}"
    rf" (?:is|was|are|equals|should be|matches)(?: set to| equal to| configured as)? {_VALUE}",
    rf"\b(?:set|change|update|switch|correct|configure) (?:the )?(?:\w+ )?{_KEY} (?:to|=|as) ?{_VALUE}",
    rf"{_KEY} (?:must|should|has to|needs to|ought to) (?:be|equal|match)(?: set to| equal to| exactly)? {_VALUE}",
    rf"\b(?:try|use|using|requires?|needs?) {_KEY}\s?=\s?{_VALUE}",
    rf"\bexpected {_KEY}\s?(?:to be|to equal|==?)\s?{_VALUE}",
    rf"{_KEY}: (?:expected|want(?:ed)?|required) {_VALUE}",
    rf"{_KEY} (?:is|was) {_OTHER},? (?:but |and )?(?:should be|must be|expected|want(?:ed)?) {_VALUE}",
)
EXPECTED: Final = _all(
    rf"\b(?:expect(?:ed|s|ing)?|want(?:ed|s)?|requires?|needs?):? (?:\w+ )?{_VALUE}\s?[,;(]?\s?(?:but |and |instead )?"
    rf"(?:got|received|found|was|actual(?:ly)?|have|saw|is|were given|sent):? (?:\w+ )??{_OTHER}",
    rf"\b(?:got|received|found|have|saw|sent):? (?:\w+ )??{_OTHER}\s?[,;(]?\s?(?:but |instead of |and )?"
    rf"(?:expect(?:ed|s)?|want(?:ed)?|should be|instead of|we (?:use|expect))?:? {_VALUE}",
    rf"\"expected\"\s*:\s*{_VALUE}.*?\"(?:got|received|actual|found)\"\s*:\s*{_OTHER}",
    rf"\"(?:got|received|actual|found)\"\s*:\s*{_OTHER}.*?\"expected\"\s*:\s*{_VALUE}",
)
BAD: Final = _all(
    rf"{_WRONG} (?:\w+ )?(?:value|choice|option|setting|input|argument|literal)?\s?:? ?{_SURE} (?:for|in|of)"
    rf"(?: the)?(?: {_NOUN})? {_KEY}",
    rf"{_WRONG} (?:\w+ )?(?:value|input|choice|argument|setting) (?:for|of|in) (?:{_NOUN} )?{_KEY}\s?[:=(]*\s?{_VALUE}",
    rf"argument {_KEY}: invalid (?:\w+ )?(?:value|choice): {_VALUE}",
    rf"{_KEY}\s?=\s?{_VALUE} (?:is|must|should|cannot|exceeds|out|not)\b",
    rf"{_VALUE} is outside the valid range for (?:parameter )?{_KEY}",
    rf"{_WRONG} {_KEY}\s?[:=]\s?{_VALUE}",
    rf"{_WRONG} (?P<key>\w+(?:[ _\-]\w+){{0,2}}) {_SURE}",
    rf"{_WRONG} (?P<key>\w+ (?:level|mode|type|format|name|policy|unit|method|driver|engine|scheme))s?:? {_VALUE}",
    rf"{_KEY}: (?:invalid|cannot parse|can't parse|unparsable|bad)[^:'\"]*:? {_SURE}",
)
BAD_VALUE: Final = _all(
    rf"invalid literal for int\(\) with base \d+: {_VALUE}",
    rf"could not convert string to (?:float|int|complex)\w*: {_VALUE}",
    rf"\bparsing {_SURE}: ",
    rf"for input string: {_VALUE}",
    rf"(?:cannot|can't|could not|couldn't|unable to|failed to) (?:parse|convert|unmarshal|decode|coerce"
    rf"|interpret|read|use)"
    rf"(?: \S+){{0,3}}? {_SURE}",
    rf"input_value={_VALUE}",
    rf"\bvalue: ?{_VALUE}",
    rf"{_SURE} (?:is|was) (?:not|an?|neither)? ?(?:not |an? )?(?:valid|invalid|allowed|supported|recogni[sz]ed"
    rf"|known|unknown"
    rf"|unsupported|illegal|one of|in|member|number|integer|boolean|numeric|float|positive)",
    rf"{_VALUE} is not (?:a|an|one|in|valid|supported|allowed)\b",
    rf"received type \w+ \({_VALUE}\)",
    rf"(?:duration|unit|interval|timeout|size) {_SURE}",
    rf"(?:got|received|given|but was|actual|found)[: ]+{_VALUE}",
    rf"out of range: {_VALUE}",
    rf"not an? (?:valid )?(?:bool(?:ean)?|number|integer|int|float|port|url|duration)\w*:? {_VALUE}",
    r">>> '(?P<key>[\w\-]+) (?P<value>[^']+)'",
    rf"(?:database|role|user|schema|vhost|topic|queue|bucket|table|index) {_SURE} (?:does not exist|not found"
    rf"|is unknown)",
)
MISSING: Final = _all(
    rf"\bmissing (?:an? |the )?(?:required |mandatory |expected )?{_NOUN}:? {_KEY}",
    rf"\bKeyError: {_KEY}",
    rf"{_KEY}(?: {_NOUN})?:? (?:(?:is|was|are|field|value) )?(?:required|missing|unset|undefined|mandatory)\b",
    rf"{_KEY}(?: {_NOUN})?:? (?:is |was |are |has |have |)(?:not|never)(?: been)? "
    r"(?:set|defined|configured|specified|provided|given|present|supplied|found)\b",
    rf"{_KEY}(?: {_NOUN})? (?:must|should|needs to|has to) (?:be (?:set|defined|configured|specified|provided"
    rf"|present)\b"
    r"|not be (?:empty|blank|null|unset|none)|exist\b)",
    rf"{_KEY}(?: {_NOUN})? (?:cannot|can't|can not|may not) be (?:empty|blank|null|none|unset|missing)\b",
    rf"\b(?:set|define|provide|specify|add) (?:the |an? )?{_KEY} (?:environment|env|in |key|setting|variable|before)",
    rf"\b(?:required|mandatory) {_NOUN} {_KEY}",
    rf"\brequires? (?:the |an? )?{_NOUN} {_KEY}",
    rf"\b(?:no|without|lacks?|has no|have no|needs) (?:such )?(?:an? |the )?{_NOUN} (?:named |called )?{_KEY}",
    rf"could not resolve placeholder {_KEY}",
    rf"\bundefined {_NOUN} {_KEY}",
    rf"\b{_NOUN} {_KEY} (?:does not exist|not found|missing)",
    rf"\bno value (?:for|given for|set for) {_KEY}",
)
NO_OPTION: Final = _all(r"no option (?P<key>'[^']+'|\"[^\"]+\") in section:? (?P<section>'[^']+'|\"[^\"]+\")")
UNKNOWN: Final = _all(
    rf"\b(?:unknown|unexpected|unrecogni[sz]ed|unsupported|invalid|extra|no such|illegal|undefined|obsolete"
    rf"|additional|bad)"
    rf" (?:configuration |config )?{_NOUN}(?: name)?s?:? {_KEY}",
    rf"{_KEY}: (?:unknown|unexpected|unrecogni[sz]ed|extra|invalid|not a known) {_NOUN}",
    rf"{_KEY} (?:is|was) (?:not (?:a |an )?(?:known|valid|recogni[sz]ed|allowed|supported)|an? unknown|unexpected)"
    rf" ?{_NOUN}?",
    rf"\b(?:extra|additional) (?:fields|properties|inputs?|keys)[^:]*: \(?{_KEY}",
    rf"json: unknown field {_KEY}",
    rf"\bfield {_KEY} not found in type",
    rf"unused (?:config )?{_NOUN}:? {_KEY}",
)
BARE_MISSING: Final = _all(r"field required", r"missing required", r"type=missing", r"\brequired\b", r"is missing")
BARE_UNKNOWN: Final = _all(
    r"bad directive", r"extra inputs are not permitted", r"type=extra_forbidden", r"additional properties"
)
SUGGESTED: Final = _all(
    rf"did you mean:? (?:to (?:use|set) )?{_KEY}", rf"perhaps you meant {_KEY}", rf"similar:? {_KEY}"
)
CHOICES: Final = _all(
    r"(?:one of|any of|choose from|chosen from|allowed(?: values)?(?: are| is)?|valid (?:options|values|choices"
    r"|levels|modes)"
    r"(?: are| is)?|permitted(?: values)?(?: are)?|supported(?: values)?(?: are)?|accepted(?: values)?(?: are)?"
    r"|possible values(?: are)?|options(?: are)?|choices(?: are)?|expected|must be either|must be in"
    r"|(?:is )?not in(?: the)? (?:choices|options|list|enum|set)|is not in|not in"
    r"|valid units for this parameter are"
    r"|available)(?: the)?(?: following)?(?: values)?\s?[:=]?\s?(?P<list>[\[({]?\S.*)",
    r"(?:should|must) be (?P<list>(?:'[^']*'|\"[^\"]*\")(?:,? ?(?:or |and )?(?:'[^']*'|\"[^\"]*\"))+)",
    r"(?:should|must) be (?:either )?(?P<list>\w+(?:, \w+)*,? or \w+)",
    r"# ?(?P<list>\w[\w\-]*(?: ?\| ?\w[\w\-]*)+)\s*$",
)
_N: Final = r"(-?\d+(?:\.\d+)?)"
BETWEEN: Final = _all(
    rf"between {_N} and {_N}",
    rf"from {_N} (?:up )?to {_N}",
    rf"(?:range|within|in|limits?|allowed|valid|be)[: ]+[\[(]?{_N}\s?(?:\.\.\.?|-|\u2013|,|to|and)\s?{_N}[\])]?",
    rf"\({_N}\s?(?:\.\.\.?|-|\u2013|to)\s?{_N}\)",
)
AT_LEAST: Final = _all(
    rf"(?:greater than or equal to|at least|>=|not (?:be )?less than|no less than|minimum(?: is| of| value| allowed)*:?"
    rf"|below(?: the)? minimum(?: of)?|lower than|min(?: is|:|=)) ?{_N}"
)
ABOVE: Final = _all(rf"(?:greater than|more than|larger than|above|>) ?(?!or )(?!=){_N}")
AT_MOST: Final = _all(
    rf"(?:less than or equal to|at most|<=|not (?:be )?(?:greater|more) than|no more than|up to|not exceed"
    rf"|exceeds?(?: the)?(?: maximum| limit| allowed)*(?: of)?|maximum(?: is| of| value| allowed)*:?|limit(?: is| of):?"
    rf"|max(?: is|:|=)) ?{_N}"
)
BELOW: Final = _all(rf"(?:less than|smaller than|below|under|<) ?(?!or )(?!=){_N}")
POSITIVE: Final = _all(r"\bpositive\b", r"must not be (?:zero|0)\b", r"non-?zero")
NOT_NEGATIVE: Final = _all(r"non-?negative", r"not be negative", r"negative (?:value|number|timeout|size)")
PORT_RANGE: Final = _all(r"port (?:out of range|number out of range)", r"ERR_SOCKET_BAD_PORT", r"port must be 0-65535")

TYPES: Final[dict[str, tuple[re.Pattern[str], ...]]] = {
    "int": _all(
        r"\binte?g?e?r?\b.{0,40}(?:value|pars|literal|convert|input|expected|required)|invalid literal for int",
        r"(?:valid|an?|be|into|to|expected|type) (?:\w+ )?(?:int(?:eger)?|number|numeric|Integer|u?int\d+)\b",
        r"parse ?(?:Int|Uint)|NumberFormatException|invalid (?:int|integer|number|port)",
        r"not a (?:valid )?(?:number|port)",
    ),
    "float": _all(r"string to float|ParseFloat|valid (?:float|decimal)|InvalidOperation|expected (?:a )?float"),
    "bool": _all(r"\bbool(?:ean)?\b|true or false|ParseBool"),
    "str": _all(r"(?:expected|valid|must be|should be|wants?) (?:an? )?(?:str(?:ing)?|text)\b"),
    "duration": _all(r"\bduration\b|missing unit|unknown unit"),
}
TOPICS: Final[dict[str, tuple[re.Pattern[str], ...]]] = {
    "auth": _all(
        r"\b401\b|\b403\b|unauthori[sz]ed|forbidden|authenticated?|authentication"
        r"|access denied|NOAUTH|WRONGPASS|credential|signature"
        r"|(?:invalid|bad|wrong|unknown|rejected?|expired) (?:\w+ )?(?:token|key|password|secret)\b|\b(?:token"
        r"|key|password"
        r"|secret)\b.{0,30}\b(?:rejected|refused|invalid|wrong|not accepted|mismatch|does not match)|28P01|login failed"
    ),
    "mismatch": _all(
        r"mismatch|do(?:es)? not (?:match|agree)|doesn't match|differs?\b|disagree|incompatible|inconsistent|conflict"
        r"|expect(?:ed|s)\b.*\b(?:got|received|found|was)|not accepted|unsupported|instead of|\b422\b|\b409\b|unknown"
    ),
    "tls": _all(
        r"wrong version number|record layer|plain HTTP request was sent to HTTPS|gave HTTP response to HTTPS|SSL_?ERROR"
        r"|\bSSL\b|\bTLS\b"
    ),
    "timeout": _all(r"time[sd]? ?-?out|deadline|ETIMEDOUT|took too long|504"),
    "denied": _all(r"permission denied|EACCES|operation not permitted|Errno 13\b"),
    "in use": _all(
        r"address (?:is )?already in use|EADDRINUSE|already in use|Errno 98\b|address in use|WinError 10048"
    ),
    "refused": _all(
        r"refused|ECONNREFUSED|Errno 111\b|(?:could not|cannot|can't|unable to|failed to) (?:connect|reach)"
        r"|unreachable|no route|connect\(\) failed|not reachable|Max retries|nobody (?:listens|answers)|ConnectError"
        r"|ECONNRESET|connection (?:reset|closed|aborted)|502|did not answer"
    ),
    "unresolved": _all(
        r"ENOTFOUND|getaddrinfo|name or service not known|no such host|(?:not|n't) resolve|nodename|host not found"
        r"|name resolution|UnknownHost|EAI_AGAIN|no address associated|gaierror|Errno -[235]\b"
    ),
    "scheme": _all(
        r"(?:no|unknown|unsupported|invalid|missing|bad) (?:url |connection )?(?:scheme|protocol|url type)"
        r"|scheme should be|no schema supplied|no connection adapters|protocol scheme|invalid url|malformedurl"
        r"|url_scheme"
        r"|(?:scheme|protocol) [\"']?\w+:?[\"']? (?:is )?(?:not (?:supported|known|allowed)|unsupported|unknown)"
    ),
    "no file": _all(
        r"no such file|unable to open|ENOENT|FileNotFound|cannot (?:open|find|stat|access)|can't (?:find|open)"
        r"|file not found"
        r"|NoSuchFile|(?:file|directory|path|folder) .{0,80}(?:does not exist|not found|is missing)|\bnot a directory"
    ),
}
LOCATION: Final = _all(
    r"(?P<path>[\w./\-]*[\w\-]\.[A-Za-z]\w*|[\w./\-]*\.env)\"?(?::|, line |\]? line |\((?:line )?)(?P<line>\d+)",
    r"\bline (?P<line>\d+)\b(?:.{0,8}\bof (?P<path>\S+))?",
)
PATH: Final = re.compile(r"(?<![:\w/])(?P<path>\"[^\"\s]*/[^\"]*\"|'[^'\s]*[/.][^']*'|(?:\.{0,2}/)[^\s:,'\"()]+)")
NEAR_PORT: Final = _all(
    r"(?P<host>\[[0-9a-fA-F:]+\]|[\w.\-]*\w)?:(?P<port>\d{2,5})(?!\d|:\d)",
    r"\('(?P<host>[^']*)', (?P<port>\d+)\)",
    r"host='(?P<host>[^']*)', port=(?P<port>\d+)",
    r"(?P<host>)\bport[ =:#(]+(?P<port>\d{2,5})",
    r"(?P<host>)(?:refused|in use|connect to)[ :(]+(?P<port>\d{2,5})\b(?!\.)",
)
