"""The ways in which families of models mark a call: how each begins, and how its arguments are read.

Sources: the chat templates that the families publish (Hermes, Qwen, Qwen-Coder, Llama, Functionary, Claude, MiniMax,
Mistral, DeepSeek, Kimi, GLM, Gemma, gpt-oss), and ReAct (arXiv 2210.03629).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prunella.brains.mending.broken import Broken
from prunella.brains.mending.call import Arguments, Call
from prunella.brains.mending.notation import Read, read_pairs, read_value
from prunella.brains.mending.shapes import arguments_of
from prunella.errors import Rejected

_NAME = r"[A-Za-z_][\w.\-:/]{0,99}"
_SPACES = r"\s{0,20}"
_BAR = "[|\uff5c]"
_PREFIX = r"(?:antml:|minimax:|\w{1,20}:|\uff5cDSML\uff5c)?"
_LABEL = r"(?:(?:[-*]|\d{1,2}[.)]|[A-Z][A-Za-z \d]{0,19}:)[ \t`]{1,9})?"
_OPENERS = {
    "invoke": rf"<{_PREFIX}invoke\s{{1,5}}name\s?=\s?[\"']?(?P<invoke>{_NAME})[\"']?\s?>",
    "function": rf"<function(?:=|\s{{1,5}}name\s?=\s?)[\"']?(?P<function>{_NAME})[\"']?(?:{_SPACES}>|(?={_SPACES}\{{))",
    "pairs": rf"<tool_call>{_SPACES}(?P<pairs>{_NAME}){_SPACES}(?=<arg_key>|</tool_call>)",
    "section": rf"<\|tool_call_begin\|>{_SPACES}(?:functions\.)?(?P<section>[A-Za-z_][\w.\-]{{0,99}})(?::\d{{1,9}})?"
    rf"{_SPACES}<\|tool_call_argument_begin\|>",
    "nested": rf"<{_BAR}tool[▁_]call[▁_]begin{_BAR}>{_SPACES}(?:function{_SPACES}<{_BAR}tool[▁_]sep{_BAR}>)?{_SPACES}"
    rf"(?P<nested>{_NAME}){_SPACES}(?:<{_BAR}tool[▁_]sep{_BAR}>)?",
    "bracket": rf"\[TOOL_CALLS\]{_SPACES}(?P<bracket>{_NAME})(?:\[CALL_ID\]\w{{1,64}})?(?:\[ARGS\])?(?={_SPACES}\{{)",
    "marked": rf"<start_function_call>{_SPACES}call:(?P<marked>[A-Za-z_][\w.\-]{{0,99}})(?={_SPACES}\{{)",
    "channel": rf"to=(?:functions\.)?(?P<channel>{_NAME})[^{{}}\n]{{0,100}}<\|message\|>",
    "react": rf"^[ \t]{{0,20}}\**Action:?\**:?[ \t]{{0,20}}`?(?P<react>{_NAME})`?[ \t]{{0,20}}\n\s{{0,20}}"
    r"\**Action[ _]Input:?\**:?",
    "python": rf"(?:^[ \t`]{{0,20}}{_LABEL}|<\|python_tag\|>{_SPACES})\[?"
    rf"(?P<python>[A-Za-z_][\w.]{{0,99}})"
    rf"\((?={_SPACES}\)|{_SPACES}[A-Za-z_]\w{{0,99}}\s?=[^=])",
}
_CLOSED = re.compile(
    rf"</[\w:]{{1,30}}>|<{_BAR}(?:tool[▁_]calls?[▁_]end|call|end|eot_id|eom_id|im_end){_BAR}>|<end_function_call>"
    r"|```|\[/?\w{1,20}\]|(?:None|null)\b"
)
_AFTER_NAME = re.compile(r"\s{0,20}(?:```(?:json)?)?\s{0,20}")
_PARAMETER = re.compile(
    rf"<{_PREFIX}parameter(?:=|\s{{1,5}}name\s?=\s?)[\"']?([\w.\-]{{1,100}})[\"']?[^<>\n]{{0,100}}>"
)
_PARAMETER_END = re.compile(rf"</{_PREFIX}parameter>")
_ARG_KEY = re.compile(r"\s{0,20}<arg_key>([^<>]{1,100})</arg_key>\s{0,20}<arg_value>")
_NEXT_PYTHON = re.compile(r"\s{0,20}[,;]\s{0,20}([A-Za-z_][\w.]{0,99})\(")
_BLANK = re.compile(r"\s*+")


@dataclass(frozen=True)
class Written:
    """The calls that were read, and the place behind them. `fault` says what was cut off, "" for nothing."""

    calls: tuple[Call, ...]
    end: int
    fault: str = ""


Reader = Callable[[str, int, str], Written | None]


def opener_patterns() -> Iterator[str]:
    yield from _OPENERS.values()


def read_style(style: str, name: str, text: str, place: int) -> Written | None:
    """The call of `name` whose arguments stand at `place`; None when it is none after all.

    Raises Rejected when it is one, and misshapen.
    """
    return _READERS[style](text, place, name)


def _object(text: str, place: int, name: str) -> Written:
    """Arguments as an object, perhaps in a fence, perhaps left out."""
    start = _behind(_AFTER_NAME, text, place)
    if text[start : start + 1] not in {"{", '"', "["}:
        return _absent(text, start, name)
    try:
        read = read_value(text, start)
    except Broken as broken:
        return _broken(broken, name, text)
    return Written((Call(name, arguments_of(name, read.value)),), read.end)


def _absent(text: str, place: int, name: str) -> Written:
    """The call without arguments, when its end was written; else they were to come, or are of another kind."""
    if _CLOSED.match(text, place):
        return Written((Call(name),), place)
    if place >= len(text) or _is_cut_mark(text, place):
        return Written((), len(text), _cut(name, len(text)))
    seen = text[place : place + 40].partition("\n")[0]
    raise Rejected(f'the arguments of {name} are not a JSON object: found "{seen}" at character {place + 1}')


def _is_cut_mark(text: str, place: int) -> bool:
    return text.startswith("<", place) and ">" not in text[place : place + 100]


def _broken(broken: Broken, name: str, text: str) -> Written:
    if broken.has_ended:
        return Written((), max(broken.place, 0), _cut(name, broken.place))
    excerpt = text[max(0, broken.place - 20) : broken.place + 20]
    raise Rejected(f'the arguments of {name} are not a JSON object: {broken}, near "{excerpt}"') from broken


def _cut(name: str, place: int) -> str:
    return f"the call of {name} is cut off at character {place + 1}"


def _tagged(text: str, place: int, name: str) -> Written:
    """Arguments as `<parameter>` elements, or as an object."""
    start = _behind(_BLANK, text, place)
    if text.startswith(("{", "```"), start):
        return _object(text, place, name)
    arguments: Arguments = {}
    while opening := _PARAMETER.match(text, start):
        closing = _PARAMETER_END.search(text, opening.end())
        if not closing:
            return Written((), len(text), _cut(name, len(text)))
        _put(arguments, name, opening[1], _without_frame(text[opening.end() : closing.start()]))
        start = _behind(_BLANK, text, closing.end())
    return _ended(text, start, name, arguments)


def _ended(text: str, place: int, name: str, arguments: Arguments) -> Written:
    """The call, when its own end or that of what it lies in was written; else more was to come."""
    if text.startswith("</", place):
        return Written((Call(name, arguments),), place)
    if place >= len(text) or _is_cut_mark(text, place):
        return Written((), len(text), _cut(name, len(text)))
    seen = text[place : place + 20]
    raise Rejected(f'the call of {name}: expected a parameter or the end, found "{seen}" at character {place + 1}')


def _put(arguments: Arguments, name: str, key: str, value: str) -> None:
    if arguments.get(key, value) != value:
        raise Rejected(f"the call of {name} gives {key} twice with different values")
    arguments[key] = value


def _without_frame(value: str) -> str:
    """Without the one line break that templates put on either side."""
    return value.removeprefix("\n").removesuffix("\n")


def _paired(text: str, place: int, name: str) -> Written:
    """Arguments as `<arg_key>` and `<arg_value>` in turn."""
    arguments: Arguments = {}
    while opening := _ARG_KEY.match(text, place):
        closing = text.find("</arg_value>", opening.end())
        if closing < 0:
            return Written((), len(text), _cut(name, len(text)))
        _put(arguments, name, opening[1].strip(), _without_frame(text[opening.end() : closing]))
        place = closing + len("</arg_value>")
    return _ended(text, _behind(_BLANK, text, place), name, arguments)


def _python(text: str, place: int, name: str) -> Written | None:
    """One call or several, each with keyword arguments that are literals; else it is a program or a sentence."""
    calls: list[Call] = []
    while True:
        try:
            read = read_pairs(text, place)
        except Broken as broken:
            return Written(tuple(calls), place, _cut(name, broken.place)) if broken.has_ended else None
        calls.append(_loose(name, read))
        more = _NEXT_PYTHON.match(text, read.end)
        if not more:
            return Written(tuple(calls), read.end)
        name, place = more[1], more.end()


def _loose(name: str, read: Read) -> Call:
    return Call(name.removesuffix(".call"), read.value, is_sure=False)


def _behind(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place


_READERS: Mapping[str, Reader] = {
    "invoke": _tagged,
    "function": _tagged,
    "pairs": _paired,
    "section": _object,
    "nested": _object,
    "bracket": _object,
    "marked": _object,
    "channel": _object,
    "react": _object,
    "python": _python,
}
