"""HAProxy files: the editors' law, and what HAProxy itself says of an edited file."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from prunella.configs.haproxy import HaproxyEditor
from prunella.configs.haproxy_keywords import known_keywords
from prunella.errors import Rejected, Unparsable
from prunella.nearest import nearest
from prunella.testing import config_editors as promises
from tests.configs.samples import ANY, NAMES, Sample

HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")

quick = partial(settings, max_examples=25, deadline=None, phases=set(Phase) - {Phase.explain})

VALUES = st.sampled_from(
    ["http", "127.0.0.1:9081 check weight 9", '"%{+Q}o %t"', r"/a\ b\#c", "deny if { path_beg /x }", "",
     "'a # b' c", "\u00fcn\u00efcode", "*:8080", '"$HOME"', "true"]
)  # fmt: skip
SHOP = """\
# the shop
global
    daemon
    maxconn 256   # all of them
    log 127.0.0.1:514 local0

defaults
    mode http
    option httplog
    no option dontlognull
    timeout client  30s
    timeout server 30s
    timeout connect 5s
    errorfile 503 "/etc/haproxy/503.http"

frontend edge
    bind 127.0.0.1:8080
    bind 127.0.0.1:8081
    acl is_pay path_beg /pay
    acl is_pay path_beg /payments
    http-request deny if { src 10.0.0.0/8 }
    use_backend payments if is_pay
    default_backend shop

backend payments
    balance roundrobin
    option httpchk GET /health
    server a 127.0.0.1:9081 check weight 1
    server b 127.0.0.1:9082 check

.if defined(DEBUG)
backend shop
    server a 127.0.0.1:9090
.endif
backend empty
"""


def values(text: str) -> dict[str, str | None]:
    return {setting.key: setting.value for setting in HaproxyEditor.settings(text)}


@st.composite
def haproxy_files(draw: st.DrawFn) -> Sample:
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    indent = draw(st.sampled_from(["    ", "\t", ""]))
    lines, keys, told = list[str](), list[str](), list[str]()
    for name in draw(st.lists(NAMES.map(lambda n: f"s_{n}"), max_size=2, unique=True)):
        lines += [*draw(_FILLER), f"backend {name}{draw(_COMMENT)}"]
        for word in draw(st.lists(NAMES.map(lambda n: f"k_{n}"), min_size=1, max_size=3, unique=True)):
            head = draw(st.sampled_from(["{}", "timeout {}", "server {}"])).format(word)
            value = draw(VALUES)
            lines += [*draw(_FILLER), f"{indent}{head} {value}".rstrip() + draw(_COMMENT)]
            keys.append(f"backend.{name}.{head.replace(' ', '.')}")
            told.append(value)
    text = newline.join(lines) + (newline if lines and draw(st.booleans()) else "")
    return Sample(text, tuple(keys), tuple(told))


_FILLER = st.lists(st.sampled_from(["", "# backend x", "   ", "  # it's \"one"]), max_size=2)
_COMMENT = st.sampled_from(["", "", "  # it's a note", " #"])


@quick()
@given(sample=haproxy_files(), value=st.one_of(VALUES, ANY))
def test_every_promise_is_kept(sample: Sample, value: str):
    promises.keeps_all_promises(HaproxyEditor, sample.text, value, "backend.added.server.x")


@pytest.mark.parametrize("value", ["true", "false", "default", "GET /", "", "a #b", "x"])
def test_every_promise_is_kept_with_options(value: str):
    promises.keeps_all_promises(HaproxyEditor, SHOP, value, "defaults.option.forwardfor")


@quick()
@given(sample=haproxy_files())
def test_names_and_values_are_read_as_written(sample: Sample):
    found = HaproxyEditor.settings(sample.text)
    assert tuple(setting.key for setting in found) == sample.keys
    assert tuple(setting.value for setting in found) == sample.values
    lines = sample.text.split("\n")
    assert all(setting.key.split(".")[-1] in lines[setting.line - 1] for setting in found)


@quick()
@given(sample=haproxy_files(), value=VALUES)
def test_there_and_back_gives_the_same_bytes(sample: Sample, value: str):
    for key in sample.keys:
        promises.comes_back_exactly(HaproxyEditor, sample.text, key, value)


@quick()
@given(sample=haproxy_files(), value=VALUES)
def test_adding_and_removing_gives_the_same_bytes(sample: Sample, value: str):
    for key in sample.keys:
        added = HaproxyEditor.set(sample.text, f"{key}_more", value)
        assert HaproxyEditor.remove(added, f"{key}_more") == sample.text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("global.daemon", ""),
        ("global.maxconn", "256"),
        ("defaults.option.httplog", "true"),
        ("defaults.option.dontlognull", "false"),
        ("defaults.timeout.client", "30s"),
        ("defaults.errorfile.503", "/etc/haproxy/503.http"),
        ("frontend.edge.bind", "127.0.0.1:8080"),
        ("frontend.edge.bind.1", "127.0.0.1:8081"),
        ("frontend.edge.acl.is_pay.1", "path_beg /payments"),
        ("frontend.edge.http-request", "deny if { src 10.0.0.0/8 }"),
        ("frontend.edge.use_backend", "payments if is_pay"),
        ("backend.payments.option.httpchk", "GET /health"),
        ("backend.payments.server.a", "127.0.0.1:9081 check weight 1"),
        ("backend.shop.server.a", "127.0.0.1:9090"),
        ("backend.empty", None),
    ],
)
def test_every_setting_has_a_name_that_says_where_it_is(key: str, value: str | None):
    assert values(SHOP)[key] == value


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        ("global.maxconn", "512", "maxconn 256   #", "maxconn 512   #"),
        ("global.nbthread", "2", "local0\n", "local0\n    nbthread 2\n"),
        ("global.log.1", "/dev/log local1", "local0\n", "local0\n    log /dev/log local1\n"),
        ("global.daemon", "x", "daemon", "daemon x"),
        ("defaults.timeout.client", "1m", "client  30s", "client  1m"),
        ("defaults.timeout.queue", "9s", "connect 5s\n", "connect 5s\n    timeout queue 9s\n"),
        ("defaults.errorfile.503", "/x", '"/etc/haproxy/503.http"', '"/x"'),
        ("defaults.errorfile.503", "$X/y", '"/etc/haproxy/503.http"', "$X/y"),
        ("defaults.option.httplog", "false", "option httplog", "no option httplog"),
        ("defaults.option.httplog", "clf", "option httplog", "option httplog clf"),
        ("defaults.option.dontlognull", "true", "no option dont", "option dont"),
        ("defaults.option.forwardfor", "true", "dontlognull\n", "dontlognull\n    option forwardfor\n"),
        ("defaults.option.redispatch", "false", "dontlognull\n", "dontlognull\n    no option redispatch\n"),
        ("backend.payments.option.httpchk", "true", "httpchk GET /health", "httpchk"),
        ("backend.payments.server.a", "127.0.0.1:9083 check weight 1", "9081", "9083"),
        ("backend.payments.server.a", "127.0.0.1:9081 weight 1", " check weight 1", " weight 1"),
        ("backend.payments.server.c", "[::1]:1", "9082 check\n", "9082 check\n    server c [::1]:1\n"),
        ("backend.empty.mode", "tcp", "backend empty\n", "backend empty\n    mode tcp\n"),
        ("backend.payments.from", "web", "\nbackend payments", "\nbackend payments from web"),
        ("backend.new.server.a", "h:1", "backend empty\n", "backend empty\n\nbackend new\n    server a h:1\n"),
    ],
)
def test_one_setting_changes_and_nothing_else(key: str, value: str, old: str, new: str):
    assert HaproxyEditor.set(SHOP, key, value) == SHOP.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("backend a\n mode tcp # c\n retries 1", "backend.a.retries", "backend a\n mode tcp # c"),
        ("defaults\n mode tcp\nbackend a\n mode tcp\n", "backend.a.mode", "defaults\n mode tcp\n"),
        ("backend a\n # c\n mode tcp\n", "backend.a.mode", "backend a\n # c\n"),
        ("backend a\nglobal\n daemon\n", "backend.a", "global\n daemon\n"),
        ("backend a from b\n mode tcp\n", "backend.a.from", "backend a\n mode tcp\n"),
        ("backend a from b\n mode tcp\n", "backend.a.mode", "backend a from b\n"),
    ],
)
def test_removing_takes_the_setting_and_what_it_alone_was_in(text: str, key: str, expected: str):
    assert HaproxyEditor.remove(text, key) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# c\nmode http\nglobal\n", 2),
        ('global\n log "x\n', 2),
        ("global\n log it's\n", 2),
        ("defaults\n mode http\nbackendd a\n server a h:1\n", 3),
        ("globl\n daemon\ndefaults\n mode http\n", 1),
    ],
)  # fmt: skip
def test_a_broken_text_is_refused_with_its_line(text: str, line: int):
    promises.refuses_broken_text(HaproxyEditor, text, line, "global.x")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mode", "http"),
        ("global", "x"),
        ("backend.payments", "x"),
        ("backend.empty", "x"),
        ("backend.x", "1"),
        ("backned.x.mode", "tcp"),
        ("frontend.edge.bind.7", "*:1"),
        ("frontend.edge.bind", "*:1 # c"),
        ("frontend.edge.bind", "*:1\n    mode tcp"),
        ("frontend.edge.mode", "'tcp"),
        ("backend.payments.option.httpchk", "false"),
        ("defaults.option.dontlognull", "x"),
    ],
)
def test_what_has_no_place_is_refused(key: str, value: str):
    with pytest.raises(Rejected) as refusal:
        HaproxyEditor.set(SHOP, key, value)
    assert not isinstance(refusal.value, Unparsable)


def test_sections_and_users_are_told_apart():
    text = (
        "defaults\n mode tcp\ndefaults web from x\n mode http\ndefaults\n mode http\n"
        "userlist u\n user al password x\n user bo password y\nglobal\n user root\n no log\n"
    )
    assert values(text) == {
        "defaults.mode": "tcp",
        "defaults.web.from": "x",
        "defaults.web.mode": "http",
        "defaults.1.mode": "http",
        "userlist.u.user.al": "password x",
        "userlist.u.user.bo": "password y",
        "global.user": "root",
        "global.no.log": "",
    }


@pytest.mark.skipif(HAPROXY is None, reason="needs haproxy: apt-get install haproxy")
def test_haproxy_takes_an_edited_file_and_knows_its_words(tmp_path: Path):
    text = SHOP.replace('    errorfile 503 "/etc/haproxy/503.http"\n', "")
    for key, value in {
        "backend.payments.server.c": "127.0.0.1:9083 check backup",
        "backend.payments.server.a": "127.0.0.1:9081 check weight 2",
        "defaults.option.dontlognull": "true",
        "defaults.option.forwardfor": "except 127.0.0.0/8",
        "backend.shop.timeout.tunnel": "1h",
        "listen.stats.bind": "127.0.0.1:8404",
        "listen.stats.stats.enable": "",
    }.items():
        text = HaproxyEditor.set(text, key, value)
        assert values(text)[key] == value
    assert _said(tmp_path, text) == (0, "")
    code, said = _said(tmp_path, HaproxyEditor.set(text, "backend.payments.server.a", "127.0.0.1:9081 wieght 2"))
    assert code != 0
    assert "wieght" in said
    assert "weight" in nearest("wieght", known_keywords())
    assert {"bind", "http-request", "dontlognull", "crt"} <= known_keywords()


def _said(folder: Path, text: str) -> tuple[int, str]:
    (folder / "haproxy.cfg").write_text(text.replace(".if defined(DEBUG)\n", "").replace(".endif\n", ""))
    command = (str(HAPROXY), "-c", "-f", "haproxy.cfg")
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=20, check=False)
    return told.returncode, "\n".join(line for line in told.stderr.splitlines() if "ALERT" in line)
