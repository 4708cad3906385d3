"""What is known of better times: snapshots, git, neighbours."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from prunella.configs.known_good import KEPT_SNAPSHOTS, FileKnownGood, git_head, siblings
from prunella.domain.setting import FileState
from prunella.sealing import Sealer

A, B = Path("/etc/a.env"), Path("/etc/b.yaml")


def files_of(folder: Path) -> dict[Path, tuple[int, int]]:
    return {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


async def test_the_newest_snapshot_comes_back(tmp_path: Path):
    known = FileKnownGood(tmp_path / "state")
    assert await known.newest("shop") == {}
    await known.keep("shop", {A: b"1", B: b"\xff\r\n"})
    await known.keep("other", {A: b"other"})
    await known.keep("shop", {A: b"2", B: b""})
    assert await FileKnownGood(tmp_path / "state").newest("shop") == {A: b"2", B: b""}
    assert await known.newest("other") == {A: b"other"}


async def test_what_is_unchanged_is_not_written_again(tmp_path: Path):
    known = FileKnownGood(tmp_path)
    await known.keep("shop", {A: b"1", B: b"2"})
    before = files_of(tmp_path)
    await known.keep("shop", {B: b"2", A: b"1"})
    assert files_of(tmp_path) == before
    await known.keep("shop", {A: b"1", B: b"3"})
    after = files_of(tmp_path)
    assert before.items() <= after.items()
    assert len(after) == len(before) + 2


async def test_old_snapshots_and_what_only_they_held_are_forgotten(tmp_path: Path):
    known = FileKnownGood(tmp_path)
    await known.keep("other", {A: b"0"})
    for number in range(KEPT_SNAPSHOTS + 3):
        await known.keep("shop", {A: str(number).encode(), B: b"same"})
    assert len(list((tmp_path / "objects").iterdir())) == KEPT_SNAPSHOTS + 2
    assert (await known.newest("shop"))[A] == str(KEPT_SNAPSHOTS + 2).encode()
    assert await known.newest("other") == {A: b"0"}


def state(path: str, mode: int, mtime_ns: int = 0) -> FileState:
    return FileState(path=Path(path), exists=True, mode=mode, uid=7, gid=8, link="to", sha256="ab", mtime_ns=mtime_ns)


async def test_states_come_back_with_the_bytes_of_their_snapshot(tmp_path: Path):
    known = FileKnownGood(tmp_path)
    assert await known.newest_states("shop") == ()
    await known.keep("shop", {A: b"1"}, [state("/b", 0o700, 5), state("/a", 0o644)])
    assert await known.newest_states("shop") == (state("/a", 0o644), state("/b", 0o700)), "times are not kept"
    before = files_of(tmp_path)
    await known.keep("shop", {A: b"1"}, [state("/a", 0o644), state("/b", 0o700, 9)])
    assert files_of(tmp_path) == before
    await known.keep("shop", {A: b"1"}, [state("/a", 0o600)])
    assert await known.newest_states("shop") == (state("/a", 0o600),)
    await known.keep("shop", {A: b"2"})
    assert await known.newest_states("shop") == ()


async def test_states_are_kept_as_long_as_their_snapshot_and_mended(tmp_path: Path):
    known = FileKnownGood(tmp_path)
    for number in range(KEPT_SNAPSHOTS + 3):
        await known.keep("shop", {A: b"same"}, [state("/a", number)])
    assert len(list((tmp_path / "objects").iterdir())) == KEPT_SNAPSHOTS + 1
    assert await known.newest_states("shop") == (state("/a", KEPT_SNAPSHOTS + 2),)
    for content in (tmp_path / "objects").iterdir():
        if content.read_bytes() != b"same":
            content.write_bytes(b"damaged")
    assert (await known.newest("shop"), await known.newest_states("shop")) == ({A: b"same"}, ())
    await known.keep("shop", {A: b"same"}, [state("/a", 1)])
    assert await known.newest_states("shop") == (state("/a", 1),)


def without_states(manifest: Path) -> None:
    content = json.loads(manifest.read_bytes())
    del content["states"]
    manifest.write_text(json.dumps(content))


async def test_a_snapshot_of_an_older_kind_has_no_states(tmp_path: Path):
    known = FileKnownGood(tmp_path)
    await known.keep("shop", {A: b"1"}, [state("/a", 1)])
    (manifest,) = (each for each in files_of(tmp_path) if each.suffix == ".json")
    without_states(manifest)
    assert (await known.newest("shop"), await known.newest_states("shop")) == ({A: b"1"}, ())


async def test_sealed_states_name_no_path(tmp_path: Path):
    known = FileKnownGood(tmp_path, Sealer([bytes(32)]))
    await known.keep("shop", {}, [state("/a/private/place", 1)])
    assert await known.newest_states("shop") == (state("/a/private/place", 1),)
    assert not any(b"private" in each.read_bytes() for each in files_of(tmp_path))


async def test_nobody_else_may_read_them(tmp_path: Path):
    await FileKnownGood(tmp_path / "state").keep("shop", {A: b"secret"})
    for path in [tmp_path / "state", *(tmp_path / "state").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


async def test_a_damaged_snapshot_is_passed_over_and_mended(tmp_path: Path):
    known = FileKnownGood(tmp_path)
    await known.keep("shop", {A: b"old"})
    await known.keep("shop", {A: b"new"})
    for content in (tmp_path / "objects").iterdir():
        if content.read_bytes() == b"new":
            content.write_bytes(b"damaged")
    assert await known.newest("shop") == {A: b"old"}
    await known.keep("shop", {A: b"third"})
    assert await known.newest("shop") == {A: b"third"}


def git(folder: Path, *arguments: str) -> None:
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *settings, *arguments], check=True, capture_output=True, timeout=20)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    (top / "conf").mkdir(parents=True)
    (top / "conf/app.env").write_bytes(b"A=1\r\n")
    git(top, "init", "-q")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    (top / "conf/app.env").write_bytes(b"A=2\n")
    (top / "conf/new.env").write_bytes(b"A=2\n")
    return top


def test_head_is_what_was_committed(repository: Path):
    (repository.parent / "link").symlink_to(repository / "conf/app.env")
    assert git_head(repository / "conf/app.env") == b"A=1\r\n"
    assert git_head(repository.parent / "link") == b"A=1\r\n"
    assert git_head(repository / "conf/new.env") is None
    assert git_head(repository.parent / "outside") is None


def test_a_deleted_file_is_still_in_head(repository: Path):
    (repository / "conf/app.env").unlink()
    assert git_head(repository / "conf/app.env") == b"A=1\r\n"


def test_nothing_of_the_repository_is_run(repository: Path):
    trap = repository / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repository}/sprung\ncat\n")
    trap.chmod(0o755)
    for setting in ("core.fsmonitor", "core.pager", "filter.x.smudge", "filter.x.clean", "diff.x.textconv"):
        git(repository, "config", setting, str(trap))
    (repository / ".gitattributes").write_text("* filter=x diff=x\n")
    (repository / ".git/hooks/post-index-change").symlink_to(trap)
    assert git_head(repository / "conf/app.env") == b"A=1\r\n"
    assert not (repository / "sprung").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="owners can be changed by root only")
def test_a_repository_counts_when_it_is_the_files_owners(repository: Path):
    os.chown(repository / ".git", 65534, 65534)
    assert git_head(repository / "conf/app.env") is None
    os.chown(repository / "conf/app.env", 65534, 65534)
    assert git_head(repository / "conf/app.env") == b"A=1\r\n"


def test_copies_beside_a_file_are_found(tmp_path: Path):
    names = (
        ".env",
        ".env.example",
        ".env.bak",
        ".env.local",
        "app.yaml",
        "app.yaml~",
        "app.example.yaml",
        "app.yaml.dist",
    )
    for name in names:
        (tmp_path / name).write_text("")
    (tmp_path / "app.yaml.old").mkdir()
    assert [p.name for p in siblings(tmp_path / ".env")] == [".env.bak", ".env.example"]
    assert [p.name for p in siblings(tmp_path / ".env.local")] == [".env.example", ".env.bak"]
    assert [p.name for p in siblings(tmp_path / "app.yaml")] == ["app.yaml~", "app.yaml.dist", "app.example.yaml"]
    assert siblings(tmp_path / "gone.ini") == ()
