"""Against a real supervisord, started by the tests."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from prunella.domain.supervisor import SupervisordSupervisor
from prunella.errors import Rejected
from prunella.supervisors.roots import roots_of
from prunella.supervisors.running_on import RunningOn
from prunella.supervisors.supervisord import SupervisordService, as_process
from prunella.testing.ports import free_ports
from prunella.testing.supervisors import SupervisorSuite
from tests.supervisors.conftest import DYING, SLEEPER, STUBBORN, is_alive, until
from tests.supervisors.daemons import SOCKET, Daemon, supervisord

AT_ONCE = {"startsecs": 1, "startretries": 0}


@pytest.fixture(scope="module")
def shared() -> Iterator[Daemon]:
    with supervisord() as daemon:
        yield daemon


@pytest.fixture
def daemon(shared: Daemon) -> Iterator[Daemon]:
    """The module's, without programs of other tests on its disk."""
    yield shared
    for path in (shared.folder / "conf.d").iterdir():
        path.unlink()


class TestConformance(SupervisorSuite):
    @pytest.fixture(autouse=True)
    def _at(self, daemon: Daemon) -> None:
        self.daemon = daemon

    def make(self, folder: Path) -> SupervisordService:
        return self.serving(folder, SLEEPER)

    def make_dying(self, folder: Path) -> SupervisordService:
        return self.serving(folder, DYING, **AT_ONCE)

    def make_stubborn(self, folder: Path) -> SupervisordService:
        return self.serving(folder, STUBBORN)

    def serving(self, folder: Path, source: str, **keys: object) -> SupervisordService:
        name = f"p{abs(hash(folder))}"
        self.daemon.declare(name, source, directory=folder, **keys)
        return self.daemon.service(name)


async def running(daemon: Daemon, name: str, source: str = SLEEPER, **keys: object) -> SupervisordService:
    daemon.declare(name, source, **keys)
    service = daemon.service(name)
    await service.start()
    return service


async def pid_of(service: SupervisordService) -> int | None:
    return (await service.status()).pid


async def test_a_changed_section_is_taken_over_and_no_other(daemon: Daemon):
    mine, other = await running(daemon, "mine"), await running(daemon, "other")
    before = await pid_of(other)
    daemon.declare("mine", SLEEPER, environment='COLOUR="blue"')
    daemon.declare("other", SLEEPER, environment='COLOUR="green"')
    await mine.restart()
    pid = await pid_of(mine)
    assert pid is not None
    assert psutil.Process(pid).environ()["COLOUR"] == "blue"
    assert await pid_of(other) == before
    await other.stop()
    await other.start()
    pid = await pid_of(other)
    assert pid is not None
    assert psutil.Process(pid).environ()["COLOUR"] == "green"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"command": "/no/such/program"}, "no executable /no/such/program"),
        ({"command": "no-such-program --fast"}, "no executable no-such-program"),
        ({"directory": "/no/such/folder"}, "directory = /no/such/folder of app does not exist"),
        ({"numprocs": 0}, "numprocs=0 for app"),
        ({"command": "echo %(nobody)s"}, "command = echo %(nobody)s cannot be filled in"),
        ({"command": "echo 'oh"}, "cannot be split"),
        ({"numprocs": 2}, "process_num"),
        ({"autorestart": "perhaps"}, "perhaps"),
    ],
)
async def test_what_cannot_be_started_again_is_left_running(daemon: Daemon, keys: dict[str, object], message: str):
    app = await running(daemon, "app")
    before = await pid_of(app)
    daemon.declare("app", SLEEPER, **keys)
    with pytest.raises(Rejected) as refused:
        await app.restart()
    assert message in str(refused.value)
    assert await pid_of(app) == before
    await app.stop()


async def test_a_program_that_is_gone_from_the_file_is_missed_by_name(daemon: Daemon):
    app = await running(daemon, "payments")
    (daemon.folder / "conf.d/payments.conf").rename(daemon.folder / "conf.d/other.conf")
    text = (daemon.folder / "conf.d/other.conf").read_text()
    (daemon.folder / "conf.d/other.conf").write_text(text.replace("[program:payments]", "[program:paymnts]"))
    with pytest.raises(Rejected, match=r"no program payments\. Did you mean paymnts\?"):
        await app.restart()
    status = await app.status()
    assert status.running
    assert "Did you mean paymnts?" in status.detail
    await app.stop()
    assert not (await app.status()).running


async def test_a_file_that_is_broken_stops_no_stop(daemon: Daemon):
    app = await running(daemon, "app")
    whole = daemon.conf.read_text()
    daemon.conf.write_text(f"what is this\n{whole}")
    try:
        with pytest.raises(Rejected, match="supervisord would refuse"):
            await app.restart()
        assert (await app.status()).running
        await app.stop()
        assert not (await app.status()).running
    finally:
        daemon.conf.write_text(whole)


async def test_what_went_wrong_is_told_in_supervisords_own_words(daemon: Daemon):
    daemon.declare("app", DYING, **AT_ONCE)
    app = daemon.service("app")
    with pytest.raises(Rejected, match=r"(?s)FATAL: Exited too quickly .*gave up.*no licence"):
        await app.start()
    status = await app.status()
    assert (status.running, status.pid) == (False, None)
    assert "FATAL: Exited too quickly" in status.detail
    assert "no licence" in status.detail


async def test_one_that_dies_at_once_is_seen_without_startsecs_too(daemon: Daemon):
    daemon.declare("app", DYING, autorestart="false")
    with pytest.raises(Rejected, match=r"(?s)EXITED by itself with exit status 3.*no licence"):
        await daemon.service("app").start()


async def test_stopped_by_hand_and_never_started_look_different(daemon: Daemon):
    app = await running(daemon, "app")
    await app.stop()
    assert "STOPPED: somebody stopped it; autostart=false: app" in (await app.status()).detail
    daemon.declare("late", SLEEPER)
    assert "has not loaded its section" in (await daemon.service("late").status()).detail


async def test_one_that_takes_longer_than_allowed_is_said_not_to_be_up(daemon: Daemon):
    daemon.declare("slow", SLEEPER, startsecs=60)
    slow = daemon.service("slow", timeout_s=0.4)
    begun = time.monotonic()
    with pytest.raises(Rejected, match=r"not up after 0\.4 s: STARTING as pid"):
        await slow.start()
    assert time.monotonic() - begun < 3
    assert not (await slow.status()).running
    await slow.stop()


async def test_of_several_processes_all_have_to_run(daemon: Daemon):
    daemon.declare("many", SLEEPER, numprocs=3, process_name="many_%(process_num)02d", autorestart="false")
    many = daemon.service("many")
    await many.start()
    pids = await many.pids()
    assert len(pids) == 3
    os.kill(pids[1], signal.SIGKILL)
    await until(lambda: not is_alive(pids[1]))

    async def is_down() -> bool:
        return not (await many.status()).running

    await until(is_down)
    assert "2 of 3 processes run" in (await many.status()).detail
    await many.start()
    assert (await many.status()).running
    assert {pids[0], pids[2]} < set(await many.pids())
    await many.stop()
    assert await many.pids() == ()


def grouped(daemon: Daemon) -> None:
    for name in ("front", "back"):
        daemon.declare(name, SLEEPER)
    (daemon.folder / "conf.d/group.conf").write_text("[group:site]\nprograms=front,back\n")


@pytest.mark.parametrize("name", ["front", "site:front"])
async def test_one_of_a_group_is_started_and_stopped_alone(daemon: Daemon, name: str):
    grouped(daemon)
    site, front, back = daemon.service("site"), daemon.service(name), daemon.service("back")
    await site.start()
    assert len(await site.pids()) == 2
    other = await pid_of(back)
    await front.restart()
    daemon.declare("front", SLEEPER, environment="A=1")
    with pytest.raises(Rejected, match="back would be restarted too, so nothing was touched"):
        await front.restart()
    assert (await front.status()).running
    assert await pid_of(back) == other
    await front.stop()
    assert (await back.status()).running
    await site.stop()


async def test_what_a_process_would_be_is_what_supervisord_makes_of_it(daemon: Daemon):
    environment = 'N="%(program_name)s",A="1, 2",HERE=%(here)s'
    daemon.declare("app", SLEEPER, numprocs=2, process_name="%(program_name)s-%(process_num)d", environment=environment)
    text = (daemon.folder / "conf.d/app.conf").read_text()
    words = "-u app.py --name '%(group_name)s %(process_num)d' \"100%%\" %(ENV_N)s --at %(here)s  ; not this"
    command = f"{sys.executable} {words}"
    (daemon.folder / "conf.d/app.conf").write_text(text + f"command={command}\n")
    app = daemon.service("app")
    await app.start()
    expected = as_process(daemon.spec("app"))
    assert expected is not None
    first = min((psutil.Process(pid) for pid in await app.pids()), key=lambda each: each.cmdline())
    assert tuple(first.cmdline()) == expected.command
    assert Path(first.cwd()) == expected.cwd
    assert expected.env.items() <= first.environ().items()
    assert {"N": "app", "A": "1, 2", "EVERYBODY": "yes"}.items() <= expected.env.items()
    await app.stop()


def test_there_is_no_process_for_what_is_not_there(daemon: Daemon):
    daemon.declare("app", SLEEPER, numprocs=0)
    assert as_process(daemon.spec("other")) is None
    assert as_process(daemon.spec("app")) is not None
    assert as_process(SupervisordSupervisor(program="app", config=daemon.folder / "none", cwd=daemon.folder)) is None
    grouped(daemon)
    assert as_process(daemon.spec("site")) is None
    daemon.declare("app", SLEEPER, environment="A=1,B")
    assert as_process(daemon.spec("app")) is None


async def test_the_files_that_it_prints_to_are_known_before_it_is_asked(daemon: Daemon):
    daemon.declare("app", SLEEPER, stdout_logfile="%(here)s/../app.log", redirect_stderr="true")
    assert [path.resolve() for path in daemon.service("app").outputs] == [daemon.folder / "app.log"]
    auto = await running(daemon, "auto")
    assert {path.name.split("---")[0] for path in auto.outputs} == {"auto-stderr", "auto-stdout"}
    await auto.stop()


async def test_what_we_started_is_known_to_run_on_what_was_there(daemon: Daemon):
    app = await running(daemon, "app")
    assert (await app.status()).config == "d1"
    assert (await daemon.service("app", digest="d2").status()).config == "d1"
    await app.note_reload("d2")
    assert (await app.status()).config == "d2"
    pid = await pid_of(app)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    async def is_another() -> bool:
        return await pid_of(app) not in {pid, None}

    await until(is_another)
    assert (await app.status()).config is None, "supervisord started it again: nobody can tell on what"
    await app.stop()


FORKING = "import os, time\nos.fork()\ntime.sleep(60)\n"


async def test_what_supervisord_started_is_no_stray_and_what_another_left_is(daemon: Daemon):
    app = await running(daemon, "app", FORKING)
    own = await app.pids()
    process = as_process(daemon.spec("app"))
    assert process is not None
    assert [(root.pid, root.is_stray) for root in await roots_of(app)] == [(own[0], False)]
    stray = psutil.Popen(process.command, cwd=process.cwd)
    try:
        roots = await roots_of(app)
        assert [(root.pid, root.is_stray) for root in roots] == [(own[0], False), (stray.pid, True)]
        assert roots[1].started == stray.create_time()
    finally:
        for each in (*stray.children(), stray):
            each.kill()
        stray.wait(5)
    (child,) = psutil.Process(own[0]).children()
    await app.stop()
    assert [(root.pid, root.is_stray) for root in await roots_of(app)] == [(child.pid, True)], "a worker left behind"
    child.kill()


async def test_a_supervisord_that_is_down_says_what_to_do(tmp_path: Path):
    with supervisord() as own:
        app = await running(own, "app")
        own.close()
        for order in (app.status, app.start, app.stop, app.restart):
            with pytest.raises(Rejected, match=r"does not answer at .*Start it with `supervisord -c "):
                await order()
        assert await roots_of(app) == ()
    conf = tmp_path / "none.conf"
    missing = SupervisordSupervisor(program="app", config=conf, cwd=tmp_path)
    lost = SupervisordService(missing, service="app", running_on=RunningOn(tmp_path / "runs", str))
    with pytest.raises(Rejected, match="cannot be read"):
        await lost.status()
    conf.write_text("[supervisord]\n")
    with pytest.raises(Rejected, match=r"neither \[unix_http_server\]"):
        await lost.status()


async def test_it_is_asked_at_its_port_with_its_password():
    (port,) = free_ports(1)
    secured = f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=me\npassword=open%%sesame\n"
    with supervisord(secured) as own:
        app = await running(own, "app")
        assert (await app.status()).running
        text = own.conf.read_text()
        own.conf.write_text(text.replace("open", "shut"))
        with pytest.raises(Rejected, match=r"refuses the username and password of \[inet_http_server\]") as refused:
            await app.status()
        assert "sesame" not in str(refused.value)
        hashed = "{SHA}1234"
        own.conf.write_text(
            f"{text.replace('open%%sesame', hashed)}\n[supervisorctl]\nusername=me\npassword=open%%sesame\n"
        )
        assert (await app.status()).running


async def test_a_supervisord_without_an_interface_is_told_what_it_lacks():
    head = "[supervisord]\nlogfile=%(here)s/supervisord.log\npidfile=%(here)s/pid\n"
    lacking = r"UNKNOWN_METHOD.*Add \[rpcinterface:supervisor\]"
    with supervisord(SOCKET, head) as own, pytest.raises(Rejected, match=lacking):
        await own.service("app").status()
