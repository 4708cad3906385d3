"""Settings change exactly as said, and come back to the byte."""

import asyncio
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.configs.formats import editor_for, format_of
from prunella.domain.plan import Step
from prunella.errors import Conflict, Rejected
from prunella.protocols import Toolbox
from tests.world.yard import Yard, call, carry_out, free_port, has_applied, prepare, take_back

FLEET = """
[service.app]
config = ["a.env", "b.toml", "c.yaml", "d.json", "e.ini", "f.txt"]
secrets = { TOKEN = "env:THE_TOKEN", LINES = "env:THE_LINES", NONE = "env:NOT_SET" }
probes = [{ tcp = "127.0.0.1:1" }]
[service.other]
config = ["sub/other.env"]
probes = [{ tcp = "127.0.0.1:1" }]
"""
TEXTS = {
    "a.env": "# top\nPORT=80 # note\nexport NAME='x y'\n",
    "b.toml": 'title = "x" # y\n[server]\nport = 80\n',
    "c.yaml": "# top\nserver:\n  port: 80 # here\nname: x\n",
    "d.json": '{\n  "port": 80,\n  "name": "x"\n}\n',
    "e.ini": "; note\n[server]\nport = 80\nname = x\n",
}
KEYS = {"a.env": "PORT", "b.toml": "server.port", "c.yaml": "server.port", "d.json": "port", "e.ini": "server.port"}
ODD = "tr0ub4dor&3'\"x"
Facts = tuple[bytes, int, int, int, str, int]


def tools_in(yard: Yard) -> Toolbox:
    (yard.folder / "sub").mkdir(exist_ok=True)
    return yard.tools(yard.world(yard.fleet(FLEET), "app"))


def facts(path: Path) -> Facts | None:
    """Bytes, mode, owners, link and time."""
    if not path.exists() and not path.is_symlink():
        return None
    found = path.lstat()
    link = os.readlink(path) if path.is_symlink() else ""  # noqa: PTH115 -- the target as it is written
    return (
        path.read_bytes(),
        stat.S_IMODE(path.stat().st_mode),
        found.st_uid,
        found.st_gid,
        link,
        path.stat().st_mtime_ns,
    )


def set_port(file: str, value: str = "81") -> Step:
    return call("config.set", file=file, key=KEYS[file], value=value)


EDITS = st.sampled_from([*TEXTS]).flatmap(
    lambda file: st.sampled_from(
        [
            set_port(file),
            call("config.set", file=file, key="brand_new" if file != "e.ini" else "server.brand_new", value="1"),
            call("config.remove", file=file, key=KEYS[file]),
            call("config.replace_text", file=file, old="80", new="a\nb"),
            call("files.write", path=file, content="whole\n"),
        ]
    )
)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(EDITS, min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.sampled_from([0o644, 0o600, 0o444]),
    st.booleans(),
)
def test_edits_are_undone_newest_first_to_the_byte(
    steps: list[Step], ending: str, bom: bytes, mode: int, linked: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        yard = Yard(Path(name).resolve())
        (yard.folder / "far").mkdir()
        for file, text in TEXTS.items():
            real = yard.folder / ("far/real-" + file if linked else file)
            real.write_bytes(bom + text.replace("\n", ending).encode())
            real.chmod(mode)
            os.utime(real, ns=(1_700_000_000_123_456_789, 1_700_000_000_123_456_789))
            if linked:
                (yard.folder / file).symlink_to(f"far/real-{file}")
        asyncio.run(edit_and_take_back(yard, steps))


async def edit_and_take_back(yard: Yard, steps: list[Step]) -> None:
    tools, files = tools_in(yard), [yard.folder / file for file in TEXTS]
    history = [{path: facts(path) for path in files}]
    done = list[tuple[Step, object]]()
    for step in steps:
        try:
            prepared = await prepare(tools, step)
        except Rejected:
            continue
        assert await has_applied(tools, step, prepared) is False
        assert {path: facts(path) for path in files} == history[-1]
        assert (await tools.call(step)).ok
        assert await has_applied(tools, step, prepared) is True
        now = {path: facts(path) for path in files}
        touched = yard.folder / str(step.arguments.get("file") or step.arguments["path"])
        assert {path for path in files if now[path] != history[-1][path]} == {touched}
        assert [each and each[1:5] for each in now.values()] == [each and each[1:5] for each in history[-1].values()]
        history.append(now)
        done.append((step, prepared))
    for step, prepared in reversed(done):
        history.pop()
        for _ in range(2):
            await take_back(tools, step, prepared)  # pyright: ignore[reportArgumentType] -- a Prepared
            assert {path: facts(path) for path in files} == history[-1]
    assert [path.name for path in yard.folder.rglob(".prunella-*")] == []


@pytest.mark.parametrize("file", KEYS)
async def test_set_and_remove_change_that_one_setting(yard: Yard, file: str) -> None:
    path = yard.write(file, TEXTS[file])
    tools, editor = tools_in(yard), editor_for(format_of(path))
    assert editor is not None
    before = {each.key: each.value for each in editor.settings(TEXTS[file])}
    await carry_out(tools, set_port(file))
    assert path.read_text() == TEXTS[file].replace("80", "81")
    await carry_out(tools, call("config.remove", file=file, key=KEYS[file]))
    after = {each.key: each.value for each in editor.settings(path.read_text())}
    assert after == {key: value for key, value in before.items() if key != KEYS[file]}


async def test_replace_text_wants_exactly_one_place(yard: Yard) -> None:
    path = yard.write("f.txt", "one two two")
    tools = tools_in(yard)
    for old in ("two", "three"):
        with pytest.raises(Rejected, match="must occur exactly once"):
            await prepare(tools, call("config.replace_text", file="f.txt", old=old, new="x"))
    await carry_out(tools, call("config.replace_text", file="f.txt", old="one", new="1"))
    assert path.read_text() == "1 two two"


async def test_the_difference_shows_what_changes_and_nothing_else_happens_yet(yard: Yard) -> None:
    path = yard.write("a.env", TEXTS["a.env"])
    prepared = await prepare(tools_in(yard), set_port("a.env"))
    assert "-PORT=80 # note\n+PORT=81 # note" in prepared.difference
    assert prepared.touches == (f"file:{path}", "service:app")
    assert path.read_text() == TEXTS["a.env"]


@pytest.mark.parametrize(
    "step",
    [
        set_port("a.env", "80"),
        call("config.replace_text", file="a.env", old="NAME", new="NAME"),
        call("config.restore", file="a.env", origin="a.env.bak"),
        call("files.write", path="a.env", content=TEXTS["a.env"]),
    ],
    ids=lambda step: step.tool,
)
async def test_what_would_change_nothing_is_rejected(yard: Yard, step: Step) -> None:
    yard.write("a.env", TEXTS["a.env"])
    yard.write("a.env.bak", TEXTS["a.env"])
    with pytest.raises(Rejected, match="says that already"):
        await prepare(tools_in(yard), step)


def by_bytes(path: Path) -> None:
    path.write_text("PORT=9 # mine\n")


def by_mode(path: Path) -> None:
    path.chmod(0o600)


def by_link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def by_removal(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("meddle", [by_bytes, by_mode, by_link, by_removal])
async def test_undo_leaves_what_a_human_changed_since(yard: Yard, meddle: object) -> None:
    path = yard.write("a.env", TEXTS["a.env"])
    path.chmod(0o644)
    tools, step = tools_in(yard), set_port("a.env")
    prepared = await carry_out(tools, step)
    meddle(path)  # pyright: ignore[reportCallIssue] -- one of those above
    left = facts(path)
    with pytest.raises(Conflict, match="changed by somebody else"):
        await take_back(tools, step, prepared)
    assert facts(path) == left


async def test_an_undo_that_died_before_it_set_the_time_is_finished(yard: Yard) -> None:
    path = yard.write("a.env", TEXTS["a.env"])
    os.utime(path, (1_700_000_000, 1_700_000_000))
    tools, step, found = tools_in(yard), set_port("a.env"), facts(path)
    prepared = await carry_out(tools, step)
    path.write_text(TEXTS["a.env"])
    await take_back(tools, step, prepared)
    assert facts(path) == found


async def test_undo_leaves_a_made_file_that_a_human_filled(yard: Yard) -> None:
    path, tools = yard.folder / "a.env", tools_in(yard)
    step = call("files.write", path="a.env", content="PORT=80\n")
    prepared = await carry_out(tools, step)
    path.write_text("PORT=80\nMINE=1\n")
    with pytest.raises(Conflict):
        await take_back(tools, step, prepared)
    assert path.read_text() == "PORT=80\nMINE=1\n"


async def test_a_third_state_cannot_be_told(yard: Yard) -> None:
    path, tools, step = yard.write("a.env", TEXTS["a.env"]), tools_in(yard), set_port("a.env")
    prepared = await prepare(tools, step)
    path.write_text("PORT=9\n")
    assert await has_applied(tools, step, prepared) is None
    path.unlink()
    assert await has_applied(tools, step, prepared) is None


async def test_a_missing_file_is_made_and_gone_again(yard: Yard) -> None:
    tools, path = tools_in(yard), yard.folder / "a.env"
    with pytest.raises(Rejected, match=r"a\.env"):
        await prepare(tools, set_port("a.env"))
    step = call("files.write", path="a.env", content="PORT=80\n")
    prepared = await carry_out(tools, step)
    assert (path.read_text(), await has_applied(tools, step, prepared)) == ("PORT=80\n", True)
    await take_back(tools, step, prepared)
    await take_back(tools, step, prepared)
    assert not path.exists()
    assert await has_applied(tools, step, prepared) is False


async def test_a_link_to_nothing_stays_one(yard: Yard) -> None:
    path, tools = yard.folder / "a.env", tools_in(yard)
    path.symlink_to("far.env")
    step = call("files.write", path="a.env", content="PORT=80\n")
    prepared = await carry_out(tools, step)
    assert (yard.folder / "far.env").read_text() == "PORT=80\n"
    await take_back(tools, step, prepared)
    assert (path.is_symlink(), path.exists(), (yard.folder / "far.env").exists()) == (True, False, False)


async def test_a_file_in_two_places_is_refused_before_anything_is_written(yard: Yard) -> None:
    path, tools = yard.write("a.env", TEXTS["a.env"]), tools_in(yard)
    (yard.folder / "twin.env").hardlink_to(path)
    with pytest.raises(Rejected, match="2 hard links"):
        await prepare(tools, set_port("a.env"))
    assert not (await tools.call(set_port("a.env"))).ok
    assert (yard.folder / "twin.env").read_text() == TEXTS["a.env"]
    assert path.stat().st_nlink == 2


async def test_a_missing_folder_is_refused_before_anything_is_written(yard: Yard) -> None:
    tools = tools_in(yard)
    (yard.folder / "sub").rmdir()
    with pytest.raises(Rejected, match="its folder does not exist"):
        await prepare(tools, call("files.write", path="sub/other.env", content="X=1\n"))


@pytest.mark.parametrize(
    "file", ["prunella.toml", "../a.env", "sub/../a.env", "/etc/passwd", "a.en", "other.toml", "", "."]
)
async def test_files_that_the_fleet_does_not_declare_are_refused(yard: Yard, file: str) -> None:
    yard.write("a.env", TEXTS["a.env"])
    yard.write("../a.env", "PORT=80\n")
    for step in (
        call("config.set", file=file, key="PORT", value="81"),
        call("config.remove", file=file, key="PORT"),
        call("config.replace_text", file=file, old="80", new="81"),
        call("config.restore", file=file, origin="git HEAD"),
    ):
        with pytest.raises(Rejected, match="no configuration file that the fleet declares"):
            await prepare(tools_in(yard), step)


async def test_the_nearest_declared_file_is_named(yard: Yard) -> None:
    observation = await tools_in(yard).call(call("config.show", file="sub/othr.env"))
    assert "Did you mean sub/other.env" in observation.message


@pytest.mark.parametrize("named", ["sub/other.env", "other.env", "{folder}/sub/other.env"])
async def test_a_file_may_be_named_in_full_from_the_folder_or_bare(yard: Yard, named: str) -> None:
    path = yard.write("sub/other.env", "PORT=80\n")
    step = call("config.set", file=named.format(folder=yard.folder), key="PORT", value="81")
    prepared = await carry_out(tools_in(yard), step)
    assert (path.read_text(), prepared.touches) == ("PORT=81\n", (f"file:{path}", "service:other"))


def secret_yard(yard: Yard, value: str) -> Yard:
    return Yard(yard.folder, {"THE_TOKEN": value})


@pytest.mark.parametrize("file", KEYS)
@pytest.mark.parametrize("value", [ODD, "plain-but-private", "two  words; within", "ümläut-väl", "line-1st\nline-2nd"])
async def test_a_secret_arrives_in_the_file_and_nowhere_else(yard: Yard, file: str, value: str) -> None:
    path = yard.write(file, TEXTS[file])
    key = "server.dsn" if file == "e.ini" else "dsn"
    tools, step = tools_in(secret_yard(yard, value)), call("config.set", file=file, key=key, value="secret:TOKEN")
    prepared = await carry_out(tools, step)
    editor = editor_for(format_of(path))
    assert editor is not None
    assert {each.key: each.value for each in editor.settings(path.read_text())}[key] == value
    kept = {"before": None, "changes": (), "hunks": ()}
    shown = prepared.model_copy(update=kept).model_dump_json() + step.model_dump_json()
    assert value not in shown
    assert not any(word in shown for word in value.split())
    assert "redacted" in prepared.difference
    told = (await tools.call(call("config.show", file=file))).model_dump_json()
    assert not any(word in told for word in value.split())
    await take_back(tools, step, prepared)
    assert path.read_text() == TEXTS[file]


async def test_a_secret_is_fetched_at_the_last_moment(yard: Yard) -> None:
    path, environ = yard.write("a.env", "PORT=80\n"), {"THE_TOKEN": "the-old-value"}
    tools = tools_in(Yard(yard.folder, environ))
    environ |= {"THE_TOKEN": "the-new-value"}
    await carry_out(tools, call("config.set", file="a.env", key="TOKEN", value="secret:TOKEN"))
    assert path.read_text() == "PORT=80\nTOKEN=the-new-value\n"


async def test_a_secret_that_does_not_fit_is_not_quoted(yard: Yard) -> None:
    yard.write("e.ini", TEXTS["e.ini"])
    tools = tools_in(Yard(yard.folder, {"THE_LINES": 'it\'s-first "line"\nsecond-line\n'}))
    step = call("config.set", file="e.ini", key="server.key", value="secret:LINES")
    with pytest.raises(Rejected, match="secret:LINES") as caught:
        await prepare(tools, step)
    observation = await tools.call(step)
    for word in ("first", "second-line"):
        assert word not in f"{caught.value!r} {caught.value.__cause__} {observation.model_dump_json()}"


@pytest.mark.parametrize(("name", "says"), [("NOPE", "Known: TOKEN, LINES, NONE"), ("NONE", "env:NOT_SET")])
async def test_a_secret_that_nobody_has_is_refused(yard: Yard, name: str, says: str) -> None:
    yard.write("a.env", TEXTS["a.env"])
    with pytest.raises(Rejected, match=says):
        await prepare(tools_in(yard), call("config.set", file="a.env", key="TOKEN", value=f"secret:{name}"))


async def test_a_service_gets_its_own_secrets_only(yard: Yard) -> None:
    yard.write("sub/other.env", "PORT=80\n")
    with pytest.raises(Rejected, match="other declares no secret TOKEN"):
        await prepare(
            tools_in(secret_yard(yard, ODD)),
            call("config.set", file="other.env", key="TOKEN", value="secret:TOKEN"),
        )


async def test_a_broken_file_is_not_quoted_with_its_secrets(yard: Yard) -> None:
    yard.write("c.yaml", "password: hunter2-hunter2\nbroken: [\n")
    with pytest.raises(Rejected) as caught:
        await prepare(tools_in(yard), set_port("c.yaml"))
    assert "hunter2" not in str(caught.value)


async def test_restore_knows_the_green_state_git_and_backups(yard: Yard) -> None:
    path = yard.write("a.env", "PORT=1 # git\n")
    yard.commit("a.env")
    yard.write("a.env.bak", "PORT=2 # backup\n")
    path.write_text("PORT=3 # good\n")
    (yard.folder / "sub").mkdir()
    world = yard.world(yard.fleet(FLEET), "app")
    await world.known_good.keep(world.good_name("app"), {path: path.read_bytes()})
    tools = yard.tools(world)
    path.write_text("PORT=0\n")
    for origin, port in (
        ("known good", "PORT=3 # good\n"), ("git HEAD", "PORT=1 # git\n"),
        (f"{path}.bak", "PORT=2 # backup\n"), ("a.env.bak", "PORT=2 # backup\n"),
    ):  # fmt: skip
        step = call("config.restore", file="a.env", origin=origin)
        prepared = await carry_out(tools, step)
        assert path.read_text() == port
        await take_back(tools, step, prepared)
        assert path.read_text() == "PORT=0\n"


async def test_restore_says_who_knows_the_file(yard: Yard) -> None:
    yard.write("a.env", "PORT=0\n")
    tools = tools_in(yard)
    with pytest.raises(Rejected, match=r"git HEAD knows no version of a\.env\. Who knows one: nobody"):
        await prepare(tools, call("config.restore", file="a.env", origin="git HEAD"))
    yard.write("a.env.bak", "PORT=2\n")
    with pytest.raises(Rejected, match=r"Who knows one: a\.env\.bak"):
        await prepare(tools, call("config.restore", file="a.env", origin="/etc/passwd"))


async def test_a_file_full_of_nothing_can_be_restored_and_put_back(yard: Yard) -> None:
    """What a power cut leaves."""
    path = yard.write("a.env", "")
    path.write_bytes(b"\0" * 40)
    yard.write("a.env.bak", "PORT=2\n")
    tools = tools_in(yard)
    for step in (
        call("config.restore", file="a.env", origin="a.env.bak"),
        call("files.write", path="a.env", content="PORT=2\n"),
    ):
        prepared = await carry_out(tools, step)
        assert "40 bytes that are no text" in prepared.difference
        assert path.read_text() == "PORT=2\n"
        await take_back(tools, step, prepared)
        assert path.read_bytes() == b"\0" * 40


async def test_a_file_that_two_tables_of_equal_names_hold_must_be_told_apart(yard: Yard) -> None:
    tables = "".join(
        f'[service.{name}]\nconfig = ["{name}/.env"]\nprobes = [{{ tcp = "127.0.0.1:{free_port()}" }}]\n'
        for name in ("left", "right")
    )
    for name in ("left", "right"):
        yard.write(f"{name}/.env", "PORT=80\n")
    tools = yard.tools(yard.world(yard.fleet(tables), "left"))
    with pytest.raises(Rejected, match="Did you mean"):
        await prepare(tools, call("config.set", file=".env", key="PORT", value="81"))
    await carry_out(tools, call("config.set", file="right/.env", key="PORT", value="81"))
    assert (yard.folder / "left/.env").read_text() == "PORT=80\n"
