"""Reading stays below the fleet's folder, writing at the declared files."""

import asyncio
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prunella.errors import Rejected
from prunella.protocols import Toolbox
from tests.world.yard import Yard, call, carry_out, prepare

FLEET = """
[service.app]
config = [{config}]
logs = ["{logs}"]
probes = [{{ tcp = "127.0.0.1:1" }}]
"""
OUTSIDE = "the-word-outside"
PARTS = st.sampled_from(["..", ".", "sub", "out", "deep", "app.env", "inside.txt", "secret.txt", "fleet", ""])
PATHS = st.lists(PARTS, min_size=1, max_size=6).map("/".join)


def build(root: Path, config: str = '"sub/app.env"') -> Toolbox:
    """A fleet in `root/fleet`; beside it lies what is nobody's business, and links lead there."""
    yard = Yard(root / "fleet")
    yard.write("sub/app.env", "PORT=80\n")
    yard.write("inside.txt", "inside")
    yard.write("../secret.txt", OUTSIDE)
    yard.write("../logs/app.log", "a line of the log\n")
    (yard.folder / "out").symlink_to("..")
    (yard.folder / "sub/deep").symlink_to("../../secret.txt")
    (yard.folder / "linked.env").symlink_to("../secret.txt")
    return yard.tools(yard.world(yard.fleet(FLEET.format(config=config, logs=root / "logs/app.log"))))


@settings(max_examples=30, deadline=None)
@given(path=PATHS, absolute=st.booleans())
@example(path="out/secret.txt", absolute=False)
@example(path="sub/deep", absolute=False)
@example(path="linked.env", absolute=True)
@example(path="../secret.txt", absolute=True)
@example(path="../fleetless/secret.txt", absolute=False)
def test_no_path_leads_out(path: str, absolute: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        tools = build(root)
        (root / "fleetless").mkdir()
        (root / "fleetless/secret.txt").write_text(OUTSIDE)
        before = contents(root)
        told = asyncio.run(try_all(tools, str(root / "fleet" / path) if absolute else path))
        after = contents(root)
        assert {each for each in after if after[each] != before.get(each)} <= {root / "fleet/sub/app.env"}
        assert OUTSIDE not in told
        assert "secret.txt" not in told


def contents(root: Path) -> dict[Path, bytes]:
    return {each: each.read_bytes() for each in root.rglob("*") if each.is_file()}


async def try_all(tools: Toolbox, path: str) -> str:
    steps = call("files.read", path=path), call("files.list", path=path), call("files.write", path=path, content="N=1")
    return " ".join([str((await tools.call(step)).output) for step in steps]).replace(f"{path} is written", "")


@pytest.mark.parametrize(
    "path", ["../secret.txt", "/etc/passwd", "out/secret.txt", "sub/../../secret.txt", "out", "linked.env"]
)
async def test_what_lies_outside_is_refused(yard: Yard, path: str) -> None:
    tools = build(yard.folder)
    for name in ("files.read", "files.list"):
        observation = await tools.call(call(name, path=path))
        assert "lies outside of the fleet's folder" in observation.message


async def test_declared_files_may_lie_anywhere(yard: Yard) -> None:
    tools = build(yard.folder, '"linked.env"')
    log = str(yard.folder / "logs/app.log")
    assert (await tools.call(call("files.read", path=log))).output == "a line of the log\n"
    assert (await tools.call(call("files.read", path="linked.env"))).output == OUTSIDE


async def test_reading_hides_secrets_and_keeps_the_newest_end(yard: Yard) -> None:
    tools = build(yard.folder)
    (yard.folder / "fleet/inside.txt").write_text("first\n" + "x" * 30_000 + "\npassword=hunter2-hunter2\nlast\n")
    text = str((await tools.call(call("files.read", path="inside.txt"))).output)
    assert "last" in text
    assert "first" not in text
    assert "hunter2" not in text


async def test_a_folder_is_listed_with_its_folders_marked(yard: Yard) -> None:
    tools = build(yard.folder)
    listed = (await tools.call(call("files.list"))).output
    assert listed == ["inside.txt", "linked.env", "out/", "prunella.toml", "sub/"]
    assert "is no folder" in (await tools.call(call("files.list", path="inside.txt"))).message


@pytest.mark.parametrize("path", ["inside.txt", "new.env", "prunella.toml", "sub/../sub/app.env", "sub/app.env/x"])
async def test_only_declared_files_are_written(yard: Yard, path: str) -> None:
    tools = build(yard.folder)
    with pytest.raises(Rejected, match="others are not written"):
        await prepare(tools, call("files.write", path=path, content="NEW=1\n"))
    assert not (await tools.call(call("files.write", path=path, content="NEW=1\n"))).ok
    assert not (yard.folder / "fleet" / PurePosixPath(path)).exists() or path != "new.env"


async def test_a_write_keeps_the_encoding(yard: Yard) -> None:
    tools, path = build(yard.folder), yard.folder / "fleet/sub/app.env"
    path.write_bytes("\ufeffA=ü\n".encode())
    await carry_out(tools, call("files.write", path="sub/app.env", content="B=ö\n"))
    assert path.read_bytes() == "\ufeffB=ö\n".encode()
    path.write_bytes("A=ü\n".encode("latin-1"))
    await carry_out(tools, call("files.write", path="sub/app.env", content="B=ö\n"))
    assert path.read_bytes() == "B=ö\n".encode("latin-1")
    with pytest.raises(Rejected, match="cannot be written in latin-1"):
        await prepare(tools, call("files.write", path="sub/app.env", content="B=€\n"))
