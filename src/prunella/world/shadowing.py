"""Variables of a process's environment that outdo what its configuration files say."""

import re
from collections.abc import Iterator, Mapping

from prunella.configs.reading import read_config
from prunella.domain.facts import ConfigFacts, ServerFact, ServiceFacts
from prunella.domain.setting import Setting
from prunella.domain.supervisor import ProcessSupervisor, SupervisordSupervisor
from prunella.policy.words import leaf, tokens
from prunella.redaction.redactor import is_secret_key

SHADOWS = "environment.shadows"
_PAIR = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>\"[^\"]*\"|'[^']*'|[^,]*)")
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})
_SYSTEMS_WORDS = """
    path home user logname shell lang language term tz tmpdir tmp temp pwd oldpwd hostname display mail editor pager
    pythonpath ld virtual xdg ssh lc path_info shlvl colorterm invocation journal notify systemd prunella supervisor
"""
_SYSTEMS = frozenset(_SYSTEMS_WORDS.split())
"""First words of variables that are the system's, not the program's."""

Variables = Mapping[str, tuple[str, str]]
"""Name → value, and where it is set."""


def shadowed_settings(facts: ServiceFacts, running: Mapping[str, str]) -> tuple[ServerFact, ...]:
    """Each variable that names a setting of the service's files with another value.

    `running` is the environment that its process was started with. It says nothing where the files are newer than the
    process: there a variable may well come from what they said then.
    """
    variables = {} if facts.is_stale else {name: (value, "its running process") for name, value in running.items()}
    variables |= dict(_declared(facts))
    service = facts.service.name
    told = (
        _told(service, name, given, file, setting)
        for name, given in variables.items()
        for file in facts.files
        for setting in file.settings
        if _is_it(name, setting.key, service) and _differ(given[0], setting.value)
    )
    return tuple(told)


def _declared(facts: ServiceFacts) -> Iterator[tuple[str, tuple[str, str]]]:
    supervisor = facts.service.supervisor
    if isinstance(supervisor, ProcessSupervisor):
        yield from ((name, (value, "its supervisor's `env`")) for name, value in supervisor.env.items())
    if isinstance(supervisor, SupervisordSupervisor):
        yield from _of_supervisord(supervisor)


def _of_supervisord(supervisor: SupervisordSupervisor) -> Iterator[tuple[str, tuple[str, str]]]:
    """`environment=A="1",B=2` of all programs, then of its own, which wins."""
    program, file = supervisor.program.partition(":")[0], read_config(supervisor.config)
    for section in ("supervisord", f"program:{program}"):
        for setting in file.settings:
            if setting.key.replace('"', "") == f"{section}.environment":
                where = f"{setting.key} in {file.path}"
                yield from ((name, (value, where)) for name, value in pairs_in(setting.value or ""))


def pairs_in(text: str) -> Iterator[tuple[str, str]]:
    """Of supervisord's `environment`: names and values without quotes."""
    for match in _PAIR.finditer(text):
        yield match["name"], match["value"].strip().strip("\"'")


def _is_it(variable: str, key: str, service: str) -> bool:
    """`PAY_FEE` for `pay.fee`, for `PAY_FEE`, and for `fee` where `pay` is the beginning of the service's name.

    One word alone, such as `PORT`, has to be the whole key.
    """
    name, setting = tokens(variable), tokens(re.sub(r"\.\d+\.", ".", key))
    if not name or not setting or next(iter(name)) in _SYSTEMS:
        return False
    if name == setting or (len(name) > 1 and name == setting[-len(name) :]):
        return True
    first, rest = next(iter(name)), name[1:]
    is_ours = len(first) > 1 and any(word.startswith(first) or first.startswith(word) for word in tokens(service))
    return is_ours and bool(rest) and rest in {setting, tokens(leaf(key))}


def _differ(one: str, other: str | None) -> bool:
    return _plain(one) != _plain(other or "")


def _plain(value: str) -> str:
    word = value.strip().strip("\"'").casefold()
    return "true" if word in _TRUE else "false" if word in _FALSE else word


def _told(service: str, name: str, given: tuple[str, str], file: ConfigFacts, setting: Setting) -> ServerFact:
    value, where = given
    is_secret = is_secret_key(name) or is_secret_key(setting.key)
    says = f"another {name}" if is_secret else f"{name}={value}"
    fields = {
        "variable": name, "value": "" if is_secret else value, "where": where, "file": str(file.path),
        "key": setting.key, "setting": "" if is_secret else setting.value or "",
    }  # fmt: skip
    text = f"{service} is given {says} by {where}, which outdoes {setting.key} in {file.path}:{setting.line}"
    return ServerFact(code=SHADOWS, service=service, text=text, fields=fields)
