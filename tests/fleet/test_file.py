import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from prunella.domain.probe import CommandProbe, HttpProbe, LogProbe, ProcessProbe, TcpProbe
from prunella.domain.ruling import Autonomy
from prunella.domain.run import Limits
from prunella.domain.service import Fleet, PolicySpec, SecretRef
from prunella.domain.supervisor import CommandSupervisor, ProcessSupervisor
from prunella.errors import BadFleet, Mistake, Misuse
from prunella.fleet.file import find_fleet, load_fleet

FULL = """
[fleet]
name = "shop"

[policy]
autonomy = "auto"
allow = ["services.stop"]
ask = ["sql.*", "config:*password*"]
deny = ["file:/etc/*"]
max_changes_per_hour = 5

[brains]
ladder = ["reflex", "ollama:qwen3:4b"]

[limits]
attempts = 3
seconds = "2m"
tokens = 0

[service.payments]
supervisor = { kind = "process", command = ["python", "app.py"], cwd = "payments", env = { A = "1" }, stop_timeout = 3 }
config = ["payments/.env", "payments/missing.yaml"]
preflight = ["python", "app.py", "--check"]
logs = ["log/payments.log"]
needs = ["ledger"]
secrets = { DB = "file:run/db", KEY = "env:APP_KEY", X = "command:pass show x" }
probes = [
  { http = "http://127.0.0.1:8080/health", expect = 204, contains = "ok", every = "5s", timeout = "500ms" },
  { http = "https://example.com/" },
  { tcp = "127.0.0.1:5432" },
  { tcp = "[::1]:5432" },
  { process = true, name = "alive" },
  { log = "log/payments.log", forbid = "ERROR|CRITICAL", lines = 7 },
  { command = ["python", "-u", "checks/journey.py"], every = 30 },
]

[service.ledger]
supervisor = { kind = "command", start = ["a"], stop = ["b"], status = ["c", "d"] }
"""


@dataclass(frozen=True)
class Written:
    """A fleet file in its own folder, with the folder `payments` and an empty `payments/.env`."""

    path: Path

    @property
    def folder(self) -> Path:
        return self.path.parent

    def load(self, text: str | bytes) -> Fleet:
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_fleet(self.path)

    def mistakes(self, text: str | bytes) -> list[Mistake]:
        with pytest.raises(BadFleet) as caught:
            self.load(text)
        return list(caught.value.mistakes)

    def mistake(self, text: str | bytes) -> Mistake:
        (only,) = self.mistakes(text)
        return only


@pytest.fixture
def written(tmp_path: Path) -> Written:
    (tmp_path / "payments").mkdir()
    (tmp_path / "payments/.env").touch()
    return Written(tmp_path / "prunella.toml")


def test_everything_that_can_be_declared(written: Written) -> None:
    fleet = written.load(FULL)
    assert (fleet.name, fleet.path, fleet.brains.ladder) == ("shop", written.path, ("reflex", "ollama:qwen3:4b"))
    assert fleet.policy.model_copy(update={"files": {}, "lines": {}}) == PolicySpec(
        autonomy=Autonomy.AUTO,
        allow=("services.stop",),
        ask=("sql.*", "config:*password*"),
        deny=("file:/etc/*",),
        max_changes_per_hour=5,
    )
    assert fleet.limits == Limits(attempts=3, seconds=120, tokens=0)
    assert tuple(fleet.services) == ("payments", "ledger")


def test_a_services_parts(written: Written) -> None:
    payments, home = written.load(FULL).services["payments"], written.folder
    assert payments.supervisor == ProcessSupervisor(
        command=("python", "app.py"), cwd=home / "payments", env={"A": "1"}, stop_timeout_s=3
    )
    assert payments.folder == home / "payments"
    assert payments.config == (home / "payments/.env", home / "payments/missing.yaml")
    assert payments.preflight == ("python", "app.py", "--check")
    assert payments.logs == (home / "log/payments.log",)
    assert payments.needs == ("ledger",)
    assert payments.secrets == (
        SecretRef(name="DB", source="file", where=str(home / "run/db")),
        SecretRef(name="KEY", source="env", where="APP_KEY"),
        SecretRef(name="X", source="command", where="pass show x"),
    )


def test_a_services_probes(written: Written) -> None:
    home = written.folder
    assert written.load(FULL).services["payments"].probes == (
        HttpProbe(
            name="http :8080/health",
            url="http://127.0.0.1:8080/health",
            expect=204,
            contains="ok",
            every_s=5,
            timeout_s=0.5,
        ),
        HttpProbe(name="https example.com", url="https://example.com/"),
        TcpProbe(name="tcp :5432", host="127.0.0.1", port=5432),
        TcpProbe(name="tcp :5432 (2)", host="::1", port=5432),
        ProcessProbe(name="alive"),
        LogProbe(name="log payments.log", path=home / "log/payments.log", forbid="ERROR|CRITICAL", lines=7),
        CommandProbe(
            name="command journey.py",
            command=("python", "-u", "checks/journey.py"),
            cwd=home / "payments",
            every_s=30,
        ),
    )


def test_a_supervisor_by_commands_and_its_process_probe(written: Written) -> None:
    ledger = written.load(FULL).services["ledger"]
    assert ledger.supervisor == CommandSupervisor(start=("a",), stop=("b",), status=("c", "d"), cwd=written.folder)
    assert ledger.probes == (ProcessProbe(name="process"),)


def test_what_is_left_out_has_its_default(written: Written) -> None:
    fleet = written.load('[service.a]\nprobes = [{ tcp = "db:1" }]\n')
    usual = PolicySpec(files={"a": ()})
    assert fleet == Fleet(name=written.folder.name, path=written.path, policy=usual, services=fleet.services)
    assert fleet.services["a"].folder == written.folder
    assert fleet.services["a"].probes == (TcpProbe(name="tcp db:1", host="db", port=1),)


def test_probes_as_an_array_of_tables_and_a_bom(written: Written) -> None:
    fleet = written.load('\ufeff[[service.a.probes]]\r\ntcp = "db:1"\r\n[[service.a.probes]]\r\ntcp = "db:2"\r\n')
    assert [probe.name for probe in fleet.services["a"].probes] == ["tcp db:1", "tcp db:2"]


A = "[service.a]\nprobes = [{ tcp = 'db:1' }]\n"
P = "[service.a]\nprobes = [\n  { tcp = 'db:1' },\n  %s,\n]\n"
S = "[service.a]\nsupervisor = { %s }\n"
COMMAND = 'kind = "process", command = ["x"]'


@pytest.mark.parametrize(
    ("text", "line", "message", "suggestion"),
    [
        (A + "[polcy]\n", 3, 'no "polcy"', "Did you mean policy?"),
        (A + "neds = []\n", 3, 'no "neds" in [service.a]', "Did you mean needs?"),
        (A + "zzz = 1\n", 3, 'no "zzz"', "Known: supervisor, config"),
        (A + "needs = [\n'z']\n[service.bb]\nprobes = [{ tcp = 'db:1' }]", 4, 'no service "z"', "Known: bb."),
        (A + "needs = ['legder']\n[service.ledger]\nprobes = [{ tcp = 'd:1' }]", 3, '"legder"', "Did you mean ledger?"),
        (A + "needs = ['a']\n", 3, "cannot need itself", ""),
        (A + "needs = 'b'\n", 3, "`needs` must be an array of texts", '["b"]'),
        (A + "preflight = 'python app.py \"a b\"'\n", 3, "array of texts", '["python", "app.py", "a b"]'),
        (A + "preflight = []\n", 3, "`preflight` is empty", '["program", "argument"]'),
        (A + "config = [\n  'payments/.env',\n  7,\n]\n", 5, "must be a text, not 7", '"7"'),
        (A + "config = ['payments/.env', 'payments/../payments/.env']\n", 3, "listed twice", ""),
        (A + "config = [\n'payments']\n", 4, "is a folder", ""),
        (A + "config = ['paymnts/.env']\n", 3, "no folder", "Did you mean payments?"),
        (A + "config = ['no/such/.env']\n", 3, "no folder", ""),
        (A + "logs = ['paymnts/x.log']\n", 3, "no folder", "Did you mean payments?"),
        (A + "secrets = { DB = 'hunter2' }\n", 3, "DB must not stand in the fleet file", "env:NAME"),
        (A + "secrets = { DB = 'env:' }\n", 3, "DB must not stand", "env:NAME"),
        (A + "secrets = { DB = 7 }\n", 3, "DB must not stand", "env:NAME"),
        (A + "[policy]\nautonomy = 'atuo'\n", 4, "one of observe, suggest, ask, auto", "Did you mean auto?"),
        (A + "[policy]\nmax_changes_per_hour = -1\n", 4, "a whole number from 0", ""),
        (A + "[policy]\nmax_changes_per_hour = true\n", 4, "not true", ""),
        (A + "[policy]\nask = [\n 'a.b',\n 'confg:x',\n]\n", 6, '"confg:x" matches nothing', "Did you mean config?"),
        (A + "[brains]\nladder = ['refelx']\n", 4, 'no brain "refelx"', "Did you mean reflex?"),
        (A + "[brains]\nladder = []\n", 4, "`ladder` is empty", ""),
        (A + "[limits]\nattempts = 11\n", 4, "from 1 to 10, not 11", ""),
        (A + "[limits]\nattempts = 0\n", 4, "from 1 to 10, not 0", ""),
        (A + "[limits]\nseconds = '5 parsecs'\n", 4, "a duration", '"5s"'),
        (A + "[limits]\nseconds = 0\n", 4, "above zero", ""),
        (A + "[limits]\nseconds = inf\n", 4, "above zero", ""),
        (A + "[fleet]\nname = 7\n", 4, "a text in quotes", 'name = "7"'),
        ("fleet = 7\n" + A, 1, "must be a table, not 7", ""),
        ("[service]\na = 7\n", 2, "must be a table, not 7", "[service.a]"),
        ("[service]\n", 1, "no service", "[service.NAME]"),
        ("", None, "no service", "[service.NAME]"),
        ("[service.a]\n", 1, "neither probes nor a supervisor", "Write probes = "),
        ("[service.a]\nprobes = 'x'\n", 2, "an array of tables", "Write probes = "),
        (A + "[service.A]\nprobes = [{ tcp = 'db:1' }]\n", 3, "A and a are too alike", "Rename"),
        ("[service.'a b']\nprobes = [{ tcp = 'db:1' }]\n", 1, '"a b" is no name', "letters"),
        (P % "7", 4, "must be a table, not 7", "probes = "),
        (P % "{ htp = 'http://x/' }", 4, '"htp" is none', "Did you mean http"),
        (P % "{ every = '5s' }", 4, "no known kind", "http, tcp, process, log, command"),
        (P % "{ tcp = 'x:1', http = 'http://x/' }", 4, "both http and tcp", ""),
        (P % "{ http = 'x:80' }", 4, "a URL of http or https", "http://127.0.0.1"),
        (P % "{ http = 'http://x:99999/' }", 4, "cannot be read", ""),
        (P % "{ http = 'http://u:hunter2@x/' }", 4, "holds a password", ""),
        (P % "{ http = 'http://x/', expct = 200 }", 4, 'no "expct"', "Did you mean expect?"),
        (P % "{ http = 'http://x/', expect = '200' }", 4, 'from 100 to 599, not "200"', ""),
        (P % "{ http = 'http://x/', every = '5 s', timeout = '1w' }", 4, "`timeout` must be a duration", "500ms"),
        (P % "{ tcp = 5432 }", 4, "host:port", '"127.0.0.1:5432"'),
        (P % "{ tcp = 'x:70000' }", 4, "host:port", ""),
        (P % "{ process = true }", 2, "needs a supervisor", "Write supervisor"),
        (P % "{ log = 'x.log' }", 4, "no `forbid`", "ERROR"),
        (P % "{ log = 'x.log', forbid = '(' }", 4, "no regular expression", ""),
        (P % "{ log = 'payments', forbid = 'x' }", 4, "is a folder", ""),
        (P % "{ log = 'x.log', forbid = 'x', lines = 0 }", 4, "from 1 up", ""),
        (P % "{ command = 'python x.py' }", 4, "array of texts", '["python", "x.py"]'),
        (P % "{ command = ['x'], cwd = 'nowhere' }", 4, "no folder", ""),
        (P % "{ tcp = 'x:1', name = 'n' },\n { tcp = 'x:2', name = 'n' }", 5, 'called "n"', "another name"),
        (S % "command = ['x']", 2, "no `kind`", 'kind = "process"'),
        (S % "kind = 'proces', command = ['x']", 2, 'kind "proces"', "Did you mean process?"),
        (S % "kind = 'process'", 2, "no `command`", '["python", "app.py"]'),
        (S % "kind = 'command', start = ['x'], stop = ['x']", 2, "no `status`", '["program", "status"]'),
        (S % (COMMAND + ", cwd = 'paymets'"), 2, "no folder", "Did you mean payments?"),
        (S % (COMMAND + ", cwd = 'payments/.env'"), 2, "is a file", ""),
        (S % (COMMAND + ", env = { PORT = 8080 }"), 2, "a text in quotes, not 8080", 'PORT = "8080"'),
        (S % (COMMAND + ", comand = 1"), 2, 'no "comand"', "Did you mean command?"),
        ("[service.a]\nsupervisor = 'process'\n", 2, "must be a table", "kind"),
        ("[service.a]\n\nname = 'x\n", 3, "not TOML", "quote"),
        ("[service.a]\nprobes = [\n  { tcp = 'x:1' }\n", 3, "not TOML", "bracket"),
        (A + "[service.a]\n", 3, "[service.a] is there twice", "Rename"),
        (A + "probes = []\n", 3, "not TOML", ""),
        (b"[fleet]\nname = 'caf\xe9'\n", 2, "not UTF-8: byte 0xe9", "UTF-8"),
        (A.encode("utf-16"), 1, "UTF-16", "UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)
def test_each_mistake_is_told_with_its_line_and_what_to_do(
    written: Written, text: str | bytes, line: int | None, message: str, suggestion: str
) -> None:
    mistake = written.mistake(text)
    assert message in mistake.message
    assert suggestion in mistake.suggestion
    assert (mistake.path, mistake.line) == (written.path, line)
    assert "hunter2" not in str(mistake)


def test_every_mistake_is_told_in_the_order_of_the_file(written: Written) -> None:
    text = P % "{ tcp = 'x' },\n { htp = 'y' }" + "nope = 1\n[policy]\nautonomy = 'x'\n[limits]\nplans = 0\n"
    assert [mistake.line for mistake in written.mistakes(text)] == [4, 5, 7, 9, 11]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_config_file_that_may_not_be_read(written: Written) -> None:
    (written.folder / "payments/.env").chmod(0)
    assert "cannot be read" in written.mistake(A + "config = ['payments/.env']\n").message


def test_a_pipe_in_a_config_files_place(written: Written) -> None:
    os.mkfifo(written.folder / "pipe")
    assert "cannot be read" in written.mistake(A + "config = ['pipe']\n").message


def test_a_file_in_a_folders_place(written: Written) -> None:
    assert "no folder" in written.mistake(A + "config = ['payments/.env/x']\n").message


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadFleet, match="no such file"):
        load_fleet(tmp_path / "prunella.toml")
    with pytest.raises(BadFleet, match="This is a folder"):
        load_fleet(tmp_path)


def test_deep_nesting_is_a_mistake_and_not_a_crash(written: Written) -> None:
    assert written.mistakes("a = " + "[" * 100_000)


def test_the_nearest_fleet_file_above_is_found(tmp_path: Path) -> None:
    (tmp_path / "a/b/prunella.toml").mkdir(parents=True)
    (tmp_path / "prunella.toml").touch()
    assert find_fleet(tmp_path / "a/b") == tmp_path / "prunella.toml"
    (tmp_path / "a/prunella.toml").touch()
    assert find_fleet(tmp_path / "a/b") == tmp_path / "a/prunella.toml"


def test_without_a_fleet_file_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=f"No prunella.toml in {tmp_path} or above.*--fleet FILE"):
        find_fleet(tmp_path)


def test_two_ways_to_one_file_are_one_path(written: Written, tmp_path: Path) -> None:
    written.load(A)
    (tmp_path / "link").symlink_to(tmp_path)
    assert load_fleet(tmp_path / "link/prunella.toml").path == written.path
