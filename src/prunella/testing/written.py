"""How families of models write a call into their text, where it should have been a native one."""

import json
from collections.abc import Callable, Mapping
from typing import Any

Arguments = Mapping[str, Any]
Style = Callable[[str, Arguments], str]

_BAR, _JOIN = "\uff5c", "\u2581"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(name: str, arguments: Arguments) -> str:
    return json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)


def _literal(name: str, arguments: Arguments) -> str:
    return repr({"tool": name, "args": dict(arguments)})


def _loose(name: str, arguments: Arguments) -> str:
    pairs = "".join(f"  {key}: {json.dumps(value)},  // set\n" for key, value in arguments.items())
    return f'{{\n tool: "{name}", # the tool\n arguments: {{\n{pairs} }},\n}}'


def _encoded(name: str, arguments: Arguments) -> str:
    return json.dumps({"function": {"name": name, "arguments": json.dumps(arguments)}})


def _smart(name: str, arguments: Arguments) -> str:
    return f"{{\u201cname\u201d: \u201c{name}\u201d, \u201carguments\u201d: {json.dumps(arguments)}}}"


def _tagged(name: str, arguments: Arguments) -> str:
    pairs = "".join(f'<parameter name="{key}">{_text(value)}</parameter>\n' for key, value in arguments.items())
    return f'<function_calls>\n<invoke name="{name}">\n{pairs}</invoke>\n</function_calls>'


def _lined(name: str, arguments: Arguments) -> str:
    pairs = "".join(f"<parameter={key}>\n{_text(value)}\n</parameter>\n" for key, value in arguments.items())
    return f"<tool_call>\n<function={name}>\n{pairs}</function>\n</tool_call>"


def _paired(name: str, arguments: Arguments) -> str:
    pairs = "".join(
        f"<arg_key>{key}</arg_key>\n<arg_value>{_text(value)}</arg_value>\n" for key, value in arguments.items()
    )
    return f"<tool_call>{name}\n{pairs}</tool_call>"


def _nested(name: str, arguments: Arguments) -> str:
    begin, end = (f"<{_BAR}tool{_JOIN}call{_JOIN}{word}{_BAR}>" for word in ("begin", "end"))
    return f"{begin}function<{_BAR}tool{_JOIN}sep{_BAR}>{name}\n```json\n{json.dumps(arguments)}\n```{end}"


def _section(name: str, arguments: Arguments) -> str:
    begun = f"<|tool_calls_section_begin|><|tool_call_begin|>functions.{name}:0<|tool_call_argument_begin|>"
    return f"{begun}{json.dumps(arguments)}<|tool_call_end|><|tool_calls_section_end|>"


def _python(name: str, arguments: Arguments) -> str:
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


def _react(name: str, arguments: Arguments) -> str:
    return f"Thought: I know now.\nAction: {name}\nAction Input: {json.dumps(arguments)}\n"


def _flat(name: str, arguments: Arguments) -> str:
    return json.dumps({"tool": name, **arguments})


STYLES: Mapping[str, Style] = {
    "json": _json,
    "fenced": lambda name, arguments: f"```json\n{_json(name, arguments)}\n```",
    "unlabelled fence": lambda name, arguments: f"```\n{_json(name, arguments)}\n```",
    "open fence": lambda name, arguments: f"I will do this:\n```json\n{_json(name, arguments)}\n",
    "call fence": lambda name, arguments: f"```tool_call\n{_json(name, arguments)}\n```\nThat is all.",
    "list": lambda name, arguments: f"[{_json(name, arguments)},]",
    "dict literal": _literal,
    "loose": _loose,
    "encoded": _encoded,
    "smart quotes": _smart,
    "flat": _flat,
    "parameters": lambda name, arguments: json.dumps({"name": name, "parameters": arguments}),
    "name as key": lambda name, arguments: json.dumps({name: arguments}),
    "hermes": lambda name, arguments: f"<tool_call>\n{_json(name, arguments)}\n</tool_call>",
    "llama": lambda name, arguments: f"<function={name}>{json.dumps(arguments)}</function>",
    "python tag": lambda name, arguments: f"<|python_tag|>{name}.call{_python('', arguments)}",
    "claude": _tagged,
    "qwen coder": _lined,
    "glm": _paired,
    "mistral": lambda name, arguments: f"[TOOL_CALLS][{_json(name, arguments)}]",
    "mistral arguments": lambda name, arguments: f"[TOOL_CALLS]{name}[ARGS]{json.dumps(arguments)}",
    "deepseek": _nested,
    "kimi": _section,
    "gemma": lambda name, arguments: f"<start_function_call>call:{name}{json.dumps(arguments)}<end_function_call>",
    "harmony": lambda name, arguments: (
        f"<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>{json.dumps(arguments)}<|call|>"
    ),
    "react": _react,
    "python": _python,
    "thought": lambda name, arguments: f"<think>Perhaps {_json('other', {})}?</think>{_json(name, arguments)}",
}
"""By name, each a function that writes one call. Argument names must be identifiers."""
