"""redis.conf: the law of all editors, and Redis's own reading."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.configs.redis import RedisEditor
from prunella.errors import Rejected, Unparsable
from prunella.testing import config_editors as promises
from tests.configs.samples import ANY

LINES = st.sampled_from(
    [
        "port 6379", "PORT 7000", "bind 127.0.0.1 -::1", 'save ""', "save 900 1", "save 300 10", "save 60 1 30 2",
        'rename-command CONFIG ""', "rename-command KEYS 'k#1'", "client-output-buffer-limit normal 0 0 0",
        "client-output-buffer-limit pubsub 32mb 8mb 60", "include /a.conf", "include '/b c.conf'", "maxmemory 1gb",
        'requirepass "two \\"words\\" \\x41"', "user default on >pw ~* +@all", "sentinel monitor m 127.0.0.1 1 2",
        "  appendonly\tyes  ", "loadmodule /x.so a b", "# maxmemory 1", "", 'notify-keyspace-events ""',
    ]
)  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> str:
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(draw(st.lists(LINES, max_size=6))) + draw(st.sampled_from(["", newline]))


@settings(max_examples=40, deadline=None)
@given(text=files(), value=ANY)
def test_every_promise_is_kept(text: str, value: str):
    promises.keeps_all_promises(RedisEditor, text, value, "new-key")


@settings(max_examples=40, deadline=None)
@given(value=ANY, old=st.sampled_from(["x", '"x"', "'x'"]))
def test_any_value_reads_as_it_was_set(value: str, old: str):
    text = f"port 1\nrequirepass {old}\nhz 10"
    changed = RedisEditor.set(text, "requirepass", value)
    assert [s.value for s in RedisEditor.settings(changed)] == ["1", value, "10"]


def test_what_adds_up_is_told_apart():
    text = """save 900 1
save 300 10
rename-command FLUSHALL ""
rename-command DEBUG "d x"
client-output-buffer-limit normal 0 0 0
client-output-buffer-limit replica 256mb 64mb 60
user app on >x ~*
include a.conf
include b.conf
port 1
Port 2
"""
    assert {s.key: s.value for s in RedisEditor.settings(text)} == {
        "save.900": "1",
        "save.300": "10",
        "rename-command.FLUSHALL": "",
        "rename-command.DEBUG": "d x",
        "client-output-buffer-limit.normal": "0 0 0",
        "client-output-buffer-limit.replica": "256mb 64mb 60",
        "user.app": "on >x ~*",
        "include": "a.conf",
        "include.1": "b.conf",
        "port": "2",
    }


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        ("port 6379\n", "PORT", "6380", "port 6380\n"),
        ("bind 127.0.0.1\r\n", "bind", "127.0.0.1 ::1", "bind 127.0.0.1 ::1\r\n"),
        ("requirepass x", "requirepass", "two words", 'requirepass "two words"'),
        ('dir "/a b"\n', "dir", "/c", 'dir "/c"\n'),
        ("dir '/a b'\n", "dir", "it's", "dir 'it\\'s'\n"),
        ("save 900 1\n", "save.900", "5", "save 900 5\n"),
        ("save 900 1\n", "save.60", "100", "save 900 1\nsave 60 100\n"),
        ("", "save", "", 'save ""\n'),
        ("hz\n", "hz", "10", "hz 10\n"),
        ("port 1\n", "client-output-buffer-limit.normal", "1 2 3", "port 1\nclient-output-buffer-limit normal 1 2 3\n"),
        ("port 1", "rename-command.CONFIG", "", 'port 1\nrename-command CONFIG ""'),
        ("include a\n", "include.1", "b c", 'include a\ninclude "b c"\n'),
    ],
)
def test_a_value_is_written_as_it_was_and_as_it_must(text: str, key: str, value: str, expected: str):
    assert RedisEditor.set(text, key, value) == expected


def test_of_a_repeated_name_the_last_counts_and_all_go_together():
    text = "hz 1\n# c\nHZ 2\n"
    assert [(s.key, s.value, s.line) for s in RedisEditor.settings(text)] == [("hz", "2", 3)]
    assert RedisEditor.remove(text, "hz") == "# c\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [('port 1\nrequirepass "open\n', 2), ("dir 'a\n", 1), ('dir "a"b\n', 1), ("dir a'b\n", 1), ("dir 'a\\'\n", 1)],
)
def test_unbalanced_quotes_are_refused_with_their_line(text: str, line: int):
    promises.refuses_broken_text(RedisEditor, text, line, "port")


@pytest.mark.parametrize("key", ["a b", "port.x", "user.a.b", "include.3", "#x"])
def test_what_has_no_place_is_refused(key: str):
    with pytest.raises(Rejected) as refusal:
        RedisEditor.set("port 1\n", key, "2")
    assert not isinstance(refusal.value, Unparsable)


def test_redis_reads_the_same(tmp_path: Path):
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("no `redis-server`: install redis-server")
    values = {
        "masteruser": "two words",
        "masterauth": "q\"'\\ #x",
        "tls-ciphers": "\u00e4\t\x01",
        "maxmemory": "1048576",
    }
    text = f"port 0\nunixsocket {tmp_path}/s\nsave \"\"\nmasteruser 'x'\nmasterauth y\nMAXMEMORY 7\n"
    for key, value in values.items():
        text = RedisEditor.set(text, key, value)
    (tmp_path / "redis.conf").write_bytes(text.encode())
    running = subprocess.Popen([server, tmp_path / "redis.conf"], stdout=subprocess.PIPE, text=True)
    with running:
        try:
            assert running.stdout is not None
            assert any("now ready" in line or "ready to accept" in line.lower() for line in running.stdout)
            for key, value in values.items():
                ask = ["redis-cli", "--raw", "-s", f"{tmp_path}/s", "config", "get", key]
                said = subprocess.run(ask, capture_output=True, timeout=10, check=True)
                assert said.stdout.decode() == f"{key}\n{value}\n"
        finally:
            running.kill()
