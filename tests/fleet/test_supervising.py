"""Supervisors, reloads, needed paths and connections of a fleet file, and every mistake in them."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from prunella.domain.service import ConnectSpec, Service
from prunella.domain.supervisor import DockerSupervisor, ProcessSupervisor, SupervisordSupervisor, SystemdSupervisor
from prunella.errors import BadFleet, Mistake
from prunella.fleet.file import load_fleet


@dataclass(frozen=True)
class Written:
    """A fleet file in a folder with `etc/supervisord.conf`, `www` and `certs`."""

    path: Path

    @property
    def folder(self) -> Path:
        return self.path.parent

    def service(self, text: str) -> Service:
        self.path.write_text(text)
        return load_fleet(self.path).services["a"]

    def mistakes(self, text: str) -> list[Mistake]:
        self.path.write_text(text)
        with pytest.raises(BadFleet) as caught:
            load_fleet(self.path)
        return list(caught.value.mistakes)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    for name in ("etc", "www", "certs"):
        (tmp_path / name).mkdir()
    (tmp_path / "etc/supervisord.conf").touch()
    return Written(tmp_path / "prunella.toml")


S = "[service.a]\nsupervisor = { %s }\n"
SUPERVISORD = 'kind = "supervisord", program = "pay", config = "etc/supervisord.conf"'


def test_every_kind_of_supervisor(written: Written) -> None:
    home = written.folder
    conf = home / "etc/supervisord.conf"
    expected = {
        SUPERVISORD: SupervisordSupervisor(program="pay", config=conf, cwd=home),
        f'{SUPERVISORD}, cwd = "etc", timeout = "5s"': SupervisordSupervisor(
            program="pay", config=conf, cwd=home / "etc", timeout_s=5
        ),
        'kind = "systemd", unit = "pay.service"': SystemdSupervisor(unit="pay.service", cwd=home),
        'kind = "systemd", unit = "pay", user = true, timeout = 3': SystemdSupervisor(
            unit="pay", user=True, cwd=home, timeout_s=3
        ),
        'kind = "docker", container = "pay"': DockerSupervisor(container="pay", cwd=home),
        'kind = "docker", container = "pay", host = "unix:///run/d.sock"': DockerSupervisor(
            container="pay", host="unix:///run/d.sock", cwd=home
        ),
        'kind = "process", command = ["x"], user = "postgres"': ProcessSupervisor(
            command=("x",), user="postgres", cwd=home
        ),
    }
    for text, spec in expected.items():
        service = written.service(S % text)
        assert service.supervisor == spec
        assert service.folder == spec.cwd


def test_a_reload_paths_and_a_connection(written: Written) -> None:
    more = (
        'reload = ["nginx", "-s", "reload"]\npaths = ["www", "certs/server.pem"]\n'
        'secrets = { DB = "env:DB" }\nconnect = { url = "postgresql://admin@127.0.0.1:5432/shop", password = "DB" }\n'
    )
    service = written.service(S % SUPERVISORD + more)
    assert service.reload == ("nginx", "-s", "reload")
    assert service.paths == (written.folder / "www", written.folder / "certs/server.pem")
    assert service.connect == ConnectSpec(url="postgresql://admin@127.0.0.1:5432/shop", password="DB")  # noqa: S106 - a name
    plain = written.service(S % SUPERVISORD + 'connect = "redis://127.0.0.1:6379/0"\n')
    assert plain.connect == ConnectSpec(url="redis://127.0.0.1:6379/0")
    assert (plain.reload, plain.paths) == (None, ())


M = S % SUPERVISORD


@pytest.mark.parametrize(
    ("text", "line", "message", "suggestion"),
    [
        (S % 'kind = "supervisor"', 2, 'no supervisor of the kind "supervisor"', "Did you mean supervisord"),
        (S % 'kind = "supervisord", config = "etc/supervisord.conf"', 2, "has no `program`", 'program = "app"'),
        (S % 'kind = "supervisord", program = "a"', 2, "has no `config`", 'config = "supervisord.conf"'),
        (S % 'kind = "supervisord", program = "", config = "etc/x"', 2, "`program` must be a text", '"app"'),
        (S % 'kind = "supervisord", program = "a", config = "ect/x"', 2, "no folder", "Did you mean etc?"),
        (S % 'kind = "supervisord", program = "a", config = "etc"', 2, "is a folder; a file is needed", ""),
        (S % f"{SUPERVISORD}, programme = 1", 2, 'no "programme"', "Did you mean program?"),
        (S % f'{SUPERVISORD}, timeout = "soon"', 2, "`timeout` must be a duration", "5s"),
        (S % 'kind = "systemd"', 2, "has no `unit`", 'unit = "app.service"'),
        (S % 'kind = "systemd", unit = "a", user = "me"', 2, "`user` must be true or false", "user's own manager"),
        (S % 'kind = "docker"', 2, "has no `container`", 'container = "app"'),
        (S % 'kind = "docker", container = 7', 2, "`container` must be a text in quotes", '"7"'),
        (S % 'kind = "docker", container = "a", host = "localhost"', 2, "address of a docker daemon", "unix:///"),
        (M + "reload = 'nginx -s reload'\n", 3, "`reload` must be an array", '["nginx", "-s", "reload"]'),
        (M + "reload = []\n", 3, "`reload` is empty", '["program", "argument"]'),
        ("[service.a]\nreload = ['x']\nprobes = [{ tcp = 'd:1' }]\n", 2, "needs a supervisor", "kind ="),
        (M + "paths = ['www', 'www']\n", 3, "listed twice", ""),
        (M + "paths = [\n'www',\n'cert/server.pem',\n]\n", 5, "no folder", "Did you mean certs?"),
        (M + "paths = 'www'\n", 3, "`paths` must be an array of texts", '["www"]'),
        (M + "pahts = ['www']\n", 3, 'no "pahts"', "Did you mean paths?"),
        (M + "connect = 'postgresql://a:hunter2@h/db'\n", 3, "This URL holds a password", "Name a secret instead"),
        (M + "connect = 'redis://:hunter2@h:1'\n", 3, "This URL holds a password", "Name a secret instead"),
        (M + "connect = 'postgresql://h/db?password=hunter2'\n", 3, "This URL holds a password", "Name a secret"),
        (M + "connect = 'postgres://h/db'\n", 3, 'no way to talk to "postgres"', "Did you mean postgresql?"),
        (M + "connect = 'mysql://h/db'\n", 3, 'no way to talk to "mysql"', "Known: postgresql, redis"),
        (M + "connect = 'postgresql:///db'\n", 3, "must be a URL with a host", "postgresql://admin@"),
        (M + "connect = 'redis://h:99999'\n", 3, "This URL cannot be read", ""),
        (M + "connect = 7\n", 3, "`connect` must be a table", "Write connect ="),
        (M + "connect = { password = 'X' }\nsecrets = { X = 'env:X' }\n", 3, "has no `url`", "postgresql://"),
        (M + "connect = { url = 'redis://h', port = 1 }\n", 3, 'no "port"', "Known: url, password"),
        (
            M + "secrets = { DB_PASSWORD = 'env:X' }\nconnect = { url = 'redis://h', password = 'DB_PASWORD' }\n",
            4,
            "must be the name of one of the service's secrets",
            "Did you mean DB_PASSWORD?",
        ),
        (
            M + "connect = { url = 'redis://h', password = 'hunter2' }\n",
            3,
            "must be the name of one of the service's secrets",
            "Write secrets =",
        ),
    ],
)
def test_every_mistake_has_its_line_and_a_suggestion(
    written: Written, text: str, line: int, message: str, suggestion: str
) -> None:
    (mistake,) = written.mistakes(text)
    assert mistake.line == line
    assert message in mistake.message
    assert suggestion in mistake.suggestion
    assert "hunter2" not in str(mistake)


def test_what_is_missing_on_disk_may_be_the_fault_itself(written: Written) -> None:
    (written.folder / "etc/supervisord.conf").unlink()
    (written.folder / "www").rmdir()
    service = written.service(M + "paths = ['www', 'certs/none.pem']\n")
    assert service.paths == (written.folder / "www", written.folder / "certs/none.pem")
