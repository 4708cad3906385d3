"""nginx files: the editors' law, the same tokens as crossplane, and what nginx itself says of an edited file."""

import shutil
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

import crossplane
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from prunella.configs.nginx import NginxEditor
from prunella.configs.nginx_directives import block_takes_arguments, known_directives
from prunella.configs.nginx_tokens import tokens_of
from prunella.errors import Rejected, Unparsable
from prunella.nearest import nearest
from prunella.testing import config_editors as promises
from tests.configs.samples import ANY, NAMES, Sample

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

quick = partial(settings, max_examples=25, deadline=None, phases=set(Phase) - {Phase.explain})

VALUES = st.sampled_from(
    ["on", "60s", "127.0.0.1:9081 weight=9", "http://$host$request_uri", '"two words" x', "'a;b{c}#d'", "${scheme}://x",
     r"^/(\d+)\.php$ /x?$1 last", "\u00fcn\u00efcode", r"a\ b", "", '"it\'s"', "a#b", "$a"]
)  # fmt: skip
EDGE = """\
# the edge
worker_processes  2;   # two

events { worker_connections 1024; }

http {
    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }
    log_format main '$remote_addr "$request" '
                    '$status';

    upstream payments {
        server 127.0.0.1:9081;
        server 127.0.0.1:9082 weight=9;  # the big one
    }
    server {
        listen 8080;
        listen 8443 ssl;
        root "/srv/www";

        location /pay {
            proxy_pass http://payments;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
        }
        location ~ \\.php$ { internal; }
        if ($request_method = POST) { return 405; }
    }
    server {
        listen 9090;
        location / {}
    }
}
"""


def values(text: str) -> dict[str, str | None]:
    return {setting.key: setting.value for setting in NginxEditor.settings(text)}


@st.composite
def nginx_files(draw: st.DrawFn) -> Sample:
    """Two levels of blocks, on lines of their own or on one, with comments between and behind."""
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    indent = draw(st.sampled_from(["    ", "\t", "  "]))
    lines, keys, told = list[str](), list[str](), list[str]()
    for name in draw(st.lists(NAMES.map(lambda n: f"d_{n}"), max_size=2, unique=True)):
        value = draw(VALUES)
        lines += [*draw(_FILLER), f"{name} {value}".rstrip() + f";{draw(_COMMENT)}"]
        keys.append(name)
        told.append(value)
    for name in draw(st.lists(NAMES.map(lambda n: f"b_{n}"), max_size=2, unique=True)):
        inner = draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))
        pairs = [(f"d_{each}", draw(VALUES)) for each in inner]
        written = [f"{each} {value}".rstrip() + ";" for each, value in pairs]
        block = f"location /{name}"
        if draw(st.booleans()):
            lines.append(f"{block} {{ {' '.join(written)} }}")
        else:
            body = [f"{indent}{line}{draw(_COMMENT)}" for line in written]
            lines += [*draw(_FILLER), f"{block} {{{draw(_COMMENT)}", *body, *draw(_FILLER), "}"]
        keys += [f"location./{name}.{each}" for each, _ in pairs]
        told += [value for _, value in pairs]
    text = newline.join(lines) + (newline if lines and draw(st.booleans()) else "")
    return Sample(text, tuple(keys), tuple(told))


_FILLER = st.lists(st.sampled_from(["", "# a; comment {", "   ", "  # x 1;"]), max_size=2)
_COMMENT = st.sampled_from(["", "", "  # it's a note; {", " #"])


@quick()
@given(sample=nginx_files(), value=st.one_of(VALUES, ANY))
def test_every_promise_is_kept(sample: Sample, value: str):
    promises.keeps_all_promises(NginxEditor, sample.text, value, "http.server.0.location./added.proxy_pass")


@quick()
@given(sample=nginx_files())
def test_names_and_values_are_read_as_written(sample: Sample):
    found = NginxEditor.settings(sample.text)
    assert tuple(setting.key for setting in found) == sample.keys
    assert tuple(setting.value for setting in found) == sample.values
    lines = sample.text.split("\n")
    assert all(setting.key.split(".")[-1] in lines[setting.line - 1] for setting in found)


@quick()
@given(sample=nginx_files(), value=VALUES)
def test_there_and_back_gives_the_same_bytes(sample: Sample, value: str):
    for key in sample.keys:
        promises.comes_back_exactly(NginxEditor, sample.text, key, value)


@quick()
@given(sample=nginx_files(), value=VALUES)
def test_adding_and_removing_gives_the_same_bytes(sample: Sample, value: str):
    for key in sample.keys:
        added = NginxEditor.set(sample.text, f"{key}_more", value)
        assert NginxEditor.remove(added, f"{key}_more") == sample.text


@quick()
@given(sample=nginx_files())
def test_tokens_are_those_of_crossplane(sample: Sample):
    _same_tokens(sample.text)


@pytest.mark.parametrize("path", sorted(Path("/etc/nginx").rglob("*")), ids=str)
def test_tokens_of_installed_files_are_those_of_crossplane(path: Path):
    if path.is_file():
        _same_tokens(path.read_text())


def test_tokens_of_odd_texts_are_those_of_crossplane():
    _same_tokens('if ($a = "b") { return 200 "it\'s \\"x\\""; }\r\nx ' + r"""'a\'b' a\;b ""; # it's c""" + "\n")
    _same_tokens('a { content_by_lua_block { x = "}" -- it\'s }\n if y then { } end }\n b 1; }\n')
    _same_tokens("set_by_lua_block $res { return 'a{' }\nb 1;")


def _same_tokens(text: str) -> None:
    """Compared once more, by file, so that the reader's own comparison is not the only one."""
    ours = [token for token in tokens_of(text) if token.kind != "quoted"]
    with tempfile.NamedTemporaryFile("w", newline="", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        theirs = [(str(token), bool(quoted)) for token, _, quoted in crossplane.lex(file.name)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] # crossplane is not typed
    bare = [token for token, quoted in theirs if not quoted and not token.startswith("#")]
    if "${" not in text:
        assert [token.plain for token in ours if token.kind != "code"] == bare
    codes = [token.plain for token in ours if token.kind == "code"]
    assert [code for code in codes if (code, True) not in theirs] == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("worker_processes", "2"),
        ("events.worker_connections", "1024"),
        ("http.map.$http_upgrade $connection_upgrade.default", "upgrade"),
        ("http.map.$http_upgrade $connection_upgrade.''", "close"),
        ("http.log_format.main", "'$remote_addr \"$request\" ' $status"),
        ("http.upstream.payments.server.1", "127.0.0.1:9082 weight=9"),
        ("http.server.0.listen", "8080"),
        ("http.server.0.listen.1", "8443 ssl"),
        ("http.server.0.root", "/srv/www"),
        ("http.server.0.location./pay.proxy_pass", "http://payments"),
        ("http.server.0.location./pay.proxy_set_header.X-Real-IP", "$remote_addr"),
        ('http.server.0.location."~ \\\\.php$".internal', ""),
        ("http.server.0.if.($request_method = POST).return", "405"),
        ("http.server.1.location./", None),
    ],
)
def test_every_setting_has_a_name_that_says_where_it_is(key: str, value: str | None):
    assert values(EDGE)[key] == value


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("worker_processes", "4", "worker_processes  2;   # two", "worker_processes  4;   # two"),
        ("http.upstream.payments.server.0", "127.0.0.1:9081 down", "9081;", "9081 down;"),
        ("http.upstream.payments.server.1", "127.0.0.1:9082", " weight=9;", ";"),
        ("http.upstream.payments.server.1", "127.0.0.1:9083 weight=9", "9082 ", "9083 "),
        ("http.upstream.payments.server.2", "[::1]:1", "# the big one\n", "# the big one\n        server [::1]:1;\n"),
        ("http.server.0.root", "/srv/other", '"/srv/www"', '"/srv/other"'),
        ("http.log_format.main", "'$remote_addr \"$request\" ' $uri", "'$status'", "'$uri'"),
        ("http.server.0.location.~ \\.php$.internal", "", "", ""),
        ('http.server.0.location."~ \\\\.php$".deny', "all", "{ internal; }", "{ internal; deny all; }"),
        ("http.server.1.location./.return", "404", "location / {}", "location / { return 404; }"),
        (
            "http.server.0.location./pay.proxy_read_timeout", "5s",
            "X-Real-IP $remote_addr;\n", "X-Real-IP $remote_addr;\n            proxy_read_timeout 5s;\n",
        ),
        (
            "http.server.0.location./pay.proxy_set_header.Via", "x y",
            "X-Real-IP $remote_addr;\n", "X-Real-IP $remote_addr;\n            proxy_set_header Via x y;\n",
        ),
        (
            "http.server.1.location.= /up.return", "204",
            "location / {}\n",
            "location / {}\n        location = /up {\n            return 204;\n        }\n",
        ),
        ("http.gzip", "on", "'$status';\n", "'$status';\n    gzip on;\n"),
        ("error_log", "stderr info", "# two\n", "# two\nerror_log stderr info;\n"),
    ],
)  # fmt: skip
def test_one_setting_changes_and_nothing_else(key: str, value: str, old: str, new: str):
    assert NginxEditor.set(EDGE, key, value) == EDGE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("a 1; # c\nb 2;", "b", "a 1; # c"),
        ("a 1; b 2; # c\n", "a", "b 2; # c\n"),
        ("a 1; b 2; # c\n", "b", "a 1; # c\n"),
        ("events { a 1; }\n", "events.a", "events { }\n"),
        ("server {\n  location / {\n    a 1; # c\n  }\n  b 2;\n}\n", "server.0.location./.a", "server {\n  b 2;\n}\n"),
        ("location / {\n  # c\n  a 1;\n}\n", "location./.a", "location / {\n  # c\n}\n"),
        ("location / { }\na 1;\n", "location./", "a 1;\n"),
        ("b { server 1; server 2; }\n", "b.server.1", "b { server 1; }\n"),
        ("b { server 1; server 2; }\n", "b.server.0", None),
    ],
)
def test_removing_takes_the_setting_and_what_it_alone_was_in(text: str, key: str, expected: str | None):
    if expected is None:
        with pytest.raises(Rejected):
            NginxEditor.remove(text, key)
    else:
        assert NginxEditor.remove(text, key) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a 1;\nserver {\n  listen 80\n}\n", 3),
        ("server {\n  listen 80}\n", 2),
        ("location / {\n  proxy_pass http://x\n  proxy_read_timeout 5s;\n}\n", 2),
        ("server {\n  root /x\n  location / { }\n}\n", 2),
        ("a 1;\nhttp {\n  b 2;\n", 2),
        ("a 1;\n}\nb 2;\n", 2),
        ("a 1;\nb 2", 2),
        ('a 1;\nb "x;\nc 3;\n', 2),
        ('a "b"c;\n', 1),
        ("a 1;\n;\n", 2),
        ("{ a 1; }\n", 1),
        ("a 1;\n\u00a0b 2;\n", 2),
        ("a 1;\nset $b ${c;\n", 2),
        ("content_by_lua_block { if x then\n", 1),
        ("a { " * 100 + "}" * 100, 1),
    ],
)
def test_a_broken_text_is_refused_with_its_line(text: str, line: int):
    promises.refuses_broken_text(NginxEditor, text, line, "a")


def test_a_list_over_several_lines_is_not_broken():
    text = "server_name a\n  internal\n  b;\n"
    assert values(text) == {"server_name": "a internal b"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("http.server.0.listen", "80; root /"),
        ("http.server.0.listen", "80 # x"),
        ("http.server.0.listen", 'a "b'),
        ("http.server.0.listen.5", "80"),
        ("http.server.7.listen", "80"),
        ("http.server.0", "x"),
        ("http.server.0.location./pay", "x"),
        ("http.server.1.location./", "x"),
        ("http.nothing./x.a", "1"),
        ("http.server.0.location./new", ""),
    ],
)
def test_what_has_no_place_is_refused(key: str, value: str):
    with pytest.raises(Rejected) as refusal:
        NginxEditor.set(EDGE, key, value)
    assert not isinstance(refusal.value, Unparsable)


def test_blocks_that_are_missing_are_made():
    assert NginxEditor.set("", "location./new.internal", "") == "location /new {\n    internal;\n}\n"
    made = NginxEditor.set("a 1;", "http.server.0.listen", "80")
    assert made == "a 1;\nhttp {\n    server {\n        listen 80;\n    }\n}"


def test_repeated_directives_and_blocks_are_told_apart():
    text = "deny a;\ndeny b;\nlocation /x { a 1; }\nlocation /x { a 2; }\nset $v 1;\nset $v 2;\n"
    assert list(values(text)) == [
        "deny", "deny.1", "location./x.a", "location./x.1.a", "set.$v", "set.$v.1",
    ]  # fmt: skip
    assert NginxEditor.set(text, "location./x.1.a", "3") == text.replace("a 2", "a 3")


def test_lua_is_one_value():
    text = 'location / {\n  content_by_lua_block {\n    ngx.say("}")\n  }\n}\n'
    key = "location./.content_by_lua_block"
    assert values(text) == {key: '\n    ngx.say("}")\n  '}
    assert NginxEditor.set(text, key, " return ") == "location / {\n  content_by_lua_block { return }\n}\n"


def test_a_variable_in_braces_ends_with_its_word():
    text = "map ${a} $b { x ${c} ; }\nreturn 301 https://${host} ;\n"
    assert values(text) == {"map.${a} $b.x": "${c}", "return": "301 https://${host}"}


def test_names_of_directives_are_known():
    assert "proxy_read_timeout" in nearest("proxy_raed_timeout", known_directives())
    assert "proxy_raed_timeout" not in known_directives()
    assert (block_takes_arguments("location"), block_takes_arguments("http"), block_takes_arguments("root")) == (
        True, False, None,
    )  # fmt: skip


def test_a_large_file_is_edited_in_time():
    text = "http {\n" + "".join(f"    map $a{n} $b{n} {{ default {n}; }}  # note\n" for n in range(3000)) + "}\n"
    begun = time.monotonic()
    changed = NginxEditor.set(text, "http.map.$a7 $b7.default", "x")
    assert changed == text.replace("default 7;", "default x;")
    assert time.monotonic() - begun < 20


@pytest.mark.skipif(NGINX is None, reason="needs nginx: apt-get install nginx")
def test_nginx_takes_an_edited_file_and_reads_what_was_meant(tmp_path: Path):
    text = EDGE.replace("listen 8443 ssl;", "listen 8443;").replace("events {", "pid nginx.pid;\nevents {")
    for key, value in {
        "http.upstream.payments.server.2": "127.0.0.1:9083 backup",
        "http.server.0.location./pay.proxy_read_timeout": "7s",
        "http.server.0.location.= /up.return": '200 "it is; up"',
        "http.access_log": "off",
    }.items():
        text = NginxEditor.set(text, key, value)
    text = NginxEditor.remove(text, "http.server.0.location.~ \\.php$.internal")
    (tmp_path / "logs").mkdir()
    (tmp_path / "edge.conf").write_text(text)
    command = (str(NGINX), "-T", "-e", "stderr", "-p", str(tmp_path), "-c", "edge.conf")
    told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert told.returncode == 0, told.stderr
    assert text.strip() in told.stdout
    assert "php" not in text
    broken = NginxEditor.set(text, "http.server.0.location./pay.proxy_read_timeout", "7parsecs")
    (tmp_path / "edge.conf").write_text(broken)
    assert subprocess.run(command, capture_output=True, timeout=20, check=False).returncode != 0
