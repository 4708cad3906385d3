"""supervisord.conf is an INI file: read as supervisor itself reads it."""

import pytest
from supervisor.options import UnhosedConfigParser

from prunella.configs.ini import IniEditor

FILE = """; of the shop
[supervisord]
logfile=%(here)s/log/supervisord.log ; the main log
nodaemon=true   # in the foreground
environment=A="1",B="two;words",C="%(ENV_HOME)s/x"

[program:payments]
command=/usr/bin/python3 -m app --port=%(process_num)d --x "a;b" ; the program
process_name=%(program_name)s_%(process_num)02d
environment=
    DATABASE_URL="postgresql://127.0.0.1:5432/x",
    ; a comment inside
    REDIS="%(ENV_REDIS)s",  ; and behind
; flush left

    LAST="x#y"
; about what follows
numprocs=2
  # at the end

[group:shop]
programs=payments,ledger
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[include]
files = conf.d/*.conf
"""
KEYS = {
    "supervisord": ("logfile", "nodaemon", "environment"),
    "program:payments": ("command", "process_name", "environment", "numprocs"),
    "group:shop": ("programs",),
    "rpcinterface:supervisor": ("supervisor.rpcinterface_factory",),
    "include": ("files",),
}


@pytest.mark.parametrize("text", [FILE, FILE.replace("\n", "\r\n"), FILE.replace("left\n\n", "left\n"), FILE[:-1]])
def test_it_is_read_as_supervisor_reads_it(text: str):
    theirs = UnhosedConfigParser()
    theirs.read_string(text)
    found = {s.key.replace('"', ""): s.value for s in IniEditor.settings(text)}
    assert found == {key: theirs.get(*key.split(".", 1), raw=True) for key in found}
    assert list(found) == [f"{name}.{key}" for name, keys in KEYS.items() for key in keys]


def test_one_value_changes_and_all_comments_stay():
    for key, old, new in [
        ("program:payments.numprocs", "numprocs=2", "numprocs=3"),
        ("supervisord.nodaemon", "nodaemon=true   #", "nodaemon=3   #"),
        ("supervisord.logfile", "logfile=%(here)s/log/supervisord.log ;", "logfile=3 ;"),
    ]:
        assert IniEditor.set(FILE, key, "3") == FILE.replace(old, new)


def test_an_environment_of_many_lines_is_replaced_as_one_and_goes_as_one():
    key = "program:payments.environment"
    head, tail = FILE[: FILE.index("environment=\n")], FILE[FILE.index("; about what") :]
    assert IniEditor.set(FILE, key, 'A="1"') == f'{head}environment=A="1"\n{tail}'
    assert IniEditor.remove(FILE, key) == head + tail


def test_indented_comments_between_options_are_comments():
    text = "[a]\n  w = 0\n  ; about x\n  x = 1\n"
    assert [(s.key, s.value) for s in IniEditor.settings(text)] == [("a.w", "0"), ("a.x", "1")]
