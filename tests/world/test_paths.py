"""What services need beside their configuration: where it lies, whom it keeps out, what is usual there."""

import os
import pwd
import sys
from pathlib import Path

import pytest

from prunella.domain.service import Service
from prunella.domain.setting import FileState
from prunella.world.access import CLOSED, closed_paths
from prunella.world.evidence import findings
from prunella.world.paths import (
    MOST_BELOW,
    MOST_FOLDERS_BESIDE,
    MOST_IN_FOLDER,
    SMALL_BYTES,
    kept_paths,
    look_at,
    paths_of,
    surveyed,
    way_to,
)
from prunella.world.processes import Ids
from prunella.world.rights import BESIDE, KNOWN_GOOD, usual_rights
from tests.world.yard import Yard

NOBODY = Ids(54321, frozenset({54321}))
ROOT = Ids(0, frozenset({0}))
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def put(path: Path, text: str = "x", mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def serving(top: Path, *paths: str, config: tuple[str, ...] = ()) -> Service:
    return Service(
        name="edge", folder=top, paths=tuple(top / path for path in paths), config=tuple(top / path for path in config)
    )


def told(service: Service, top: Path, *users: Ids, good: tuple[FileState, ...] = ()) -> list[tuple[str, str]]:
    facts = closed_paths(service, paths_of(service, top), users, {state.path: state for state in good}, top)
    assert {fact.code for fact in facts} <= {CLOSED}
    return [(str(Path(fact.fields["path"]).relative_to(top)), fact.fields["usual_mode"]) for fact in facts]


def test_a_way_begins_with_the_fleets_folder_or_below_the_systems() -> None:
    assert way_to(Path("/srv/shop/a/b/c"), Path("/srv/shop")) == tuple(
        map(Path, ("/srv/shop", "/srv/shop/a", "/srv/shop/a/b"))
    )
    assert way_to(Path("/var/www/html/i"), Path("/srv/shop")) == (Path("/var/www"), Path("/var/www/html"))
    assert way_to(Path("/etc"), Path("/srv/shop")) == ()


def test_a_renewed_certificate_beside_the_declared_one_is_seen(tmp_path: Path) -> None:
    put(tmp_path / "certs/site.pem", PEM)
    put(tmp_path / "certs/next/site.pem")
    found = {
        each.state.path.relative_to(tmp_path): each for each in paths_of(serving(tmp_path, "certs/site.pem"), tmp_path)
    }
    assert set(map(str, found)) == {".", "certs", "certs/site.pem", "certs/next", "certs/next/site.pem"}
    assert found[Path("certs/next")].is_folder
    assert found[Path("certs/site.pem")].state.sha256, "what is declared is read"
    assert not found[Path("certs/next/site.pem")].state.sha256


def test_large_folders_are_cut(tmp_path: Path) -> None:
    for number in range(MOST_FOLDERS_BESIDE + 4):
        for inner in range(MOST_BELOW + 4):
            put(tmp_path / f"www/d{number:02}/{inner:03}")
    for number in range(MOST_IN_FOLDER + 4):
        put(tmp_path / f"www/f{number:03}")
    found = paths_of(serving(tmp_path, "www"), tmp_path)
    assert len(found) == 2 + MOST_IN_FOLDER + MOST_FOLDERS_BESIDE * MOST_BELOW


def test_links_are_told_as_links_with_what_they_lead_to(tmp_path: Path) -> None:
    put(tmp_path / "releases/2/app.py")
    (tmp_path / "current").symlink_to("releases/2")
    found = {each.state.path: each for each in paths_of(serving(tmp_path, "current"), tmp_path)}
    assert found[tmp_path / "current"].state.link == "releases/2"
    assert found[tmp_path / "releases/2"].is_folder


def test_what_is_not_there_says_so_and_large_files_are_not_read(tmp_path: Path) -> None:
    gone = look_at(tmp_path / "gone/file", reads=True)
    assert gone is not None
    assert not gone.state.exists
    put(tmp_path / "large", "x" * (SMALL_BYTES + 1))
    large = look_at(tmp_path / "large", reads=True)
    assert large is not None
    assert (large.size, large.state.sha256) == (SMALL_BYTES + 1, "")


def test_a_pipe_in_a_files_place_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert paths_of(serving(tmp_path, "pipe"), tmp_path)
    assert dict(surveyed(serving(tmp_path, "pipe"), tmp_path))


def test_a_root_folder_that_is_shut_keeps_the_worker_out(tmp_path: Path) -> None:
    put(tmp_path / "site/www/index.html")
    put(tmp_path / "site/other/x")
    (tmp_path / "site/www").chmod(0o700)
    service = serving(tmp_path, "site/www")
    tmp_path.chmod(0o755)
    assert told(service, tmp_path, ROOT, NOBODY) == [("site/www", "0755")]
    assert told(service, tmp_path, ROOT) == [], "root may"
    (tmp_path / "site/www").chmod(0o755)
    assert told(service, tmp_path, ROOT, NOBODY) == []
    (tmp_path / "site").chmod(0o750)
    assert [path for path, _ in told(service, tmp_path, ROOT, NOBODY)] == ["site"]


def test_single_files_are_read_by_root_where_there_is_one(tmp_path: Path) -> None:
    put(tmp_path / "certs/site.key", "k", 0o600)
    tmp_path.chmod(0o755)
    service = serving(tmp_path, "certs/site.key")
    assert told(service, tmp_path, ROOT, NOBODY) == []
    assert [path for path, _ in told(service, tmp_path, NOBODY)] == ["certs/site.key"]


def test_a_page_unlike_the_others_is_told_but_not_one_among_like_ones(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        put(tmp_path / f"www/{name}.html")
    tmp_path.chmod(0o755)
    put(tmp_path / "www/b.html", mode=0o600)
    assert told(serving(tmp_path, "www"), tmp_path, NOBODY) == [("www/b.html", "0644")]
    for name in ("a", "c"):
        (tmp_path / f"www/{name}.html").chmod(0o600)
    assert told(serving(tmp_path, "www"), tmp_path, NOBODY) == []


def test_groups_count(tmp_path: Path) -> None:
    put(tmp_path / "www/a.html")
    tmp_path.chmod(0o755)
    (tmp_path / "www").chmod(0o750)
    member = Ids(54321, frozenset({54321, (tmp_path / "www").stat().st_gid}))
    assert told(serving(tmp_path, "www"), tmp_path, member) == []
    assert told(serving(tmp_path, "www"), tmp_path, NOBODY)


def state(path: Path, mode: int) -> FileState:
    facts = path.lstat()
    return FileState(path=path, exists=True, mode=mode, uid=facts.st_uid, gid=facts.st_gid)


def test_the_known_good_is_more_usual_than_neighbours(tmp_path: Path) -> None:
    path = put(tmp_path / "www/a", mode=0o600)
    put(tmp_path / "www/b")
    beside, good = usual_rights(path, {}), usual_rights(path, {path: state(path, 0o640)})
    assert beside is not None
    assert good is not None
    assert (beside.mode, beside.where, good.mode, good.where) == (0o644, BESIDE, 0o640, KNOWN_GOOD)


def test_nobody_learns_from_neighbours_how_to_share_secrets(tmp_path: Path) -> None:
    key = put(tmp_path / "certs/site.key", "-----BEGIN PRIVATE KEY-----\n", 0o600)
    put(tmp_path / "certs/site.pem")
    config = put(tmp_path / "certs/app.env", mode=0o600)
    assert usual_rights(key, {}) is None
    assert usual_rights(config, {}, (config,)) is None
    put(tmp_path / "x/wide", mode=0o666)
    found = usual_rights(put(tmp_path / "x/own", mode=0o600), {})
    assert found is not None
    assert found.mode == 0o664, "what others may write is learnt from nobody"


def test_only_certificates_count_by_content_in_a_survey(tmp_path: Path) -> None:
    put(tmp_path / "data/rows", "1")
    put(tmp_path / "site.pem", PEM)
    service = serving(tmp_path, "data/rows", "site.pem")
    before = dict(surveyed(service, tmp_path))
    (tmp_path / "data/rows").write_text("2")
    assert dict(surveyed(service, tmp_path)) == before
    (tmp_path / "site.pem").write_text(PEM.replace("A", "B"))
    assert dict(surveyed(service, tmp_path)) != before
    (tmp_path / "site.pem").write_text(PEM)
    (tmp_path / "data").chmod(0o700)
    assert dict(surveyed(service, tmp_path)) != before


def test_what_is_kept_has_digests_of_small_declared_files_only(tmp_path: Path) -> None:
    put(tmp_path / "app.env", "A=1")
    put(tmp_path / "site.pem", PEM)
    put(tmp_path / "www/a")
    kept = {
        each.state.path: each.state
        for each in kept_paths(serving(tmp_path, "site.pem", "www", config=("app.env",)), tmp_path)
    }
    assert {path for path, each in kept.items() if each.sha256} == {tmp_path / "site.pem"}
    assert tmp_path / "www/a" in kept
    assert tmp_path / "app.env" in kept


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs things as others")
async def test_a_process_of_another_user_is_told_what_it_cannot_enter(yard: Yard) -> None:
    nobody = pwd.getpwnam("nobody")
    put(yard.folder / "www/index.html")
    put(yard.folder / "pub/x")
    yard.write("app.env", "A=1\n")
    sleeps = f'["{sys.executable}", "-S", "-E", "-c", "import os,time; os.setuid({nobody.pw_uid}); time.sleep(60)"]'
    world = yard.world(
        yard.fleet(
            f'[service.edge]\nsupervisor = {{ kind = "process", command = {sleeps} }}\nconfig = ["app.env"]\n'
            'paths = ["www"]\nprobes = [{ process = true }]\n'
        )
    )
    await world.supervised["edge"].start()
    await world.remember_good()
    (yard.folder / "www").chmod(0o700)
    facts = await world.facts()
    closed = [each for each in facts.services["edge"].server if each.fields.get("path") == str(yard.folder / "www")]
    assert [(each.fields["mode"], each.fields["usual_mode"], each.fields["user"]) for each in closed] == [
        ("0700", "0755", "nobody")
    ]
    said = {each.text: each.is_error for each in findings(facts).evidence}
    assert said[
        "edge's user nobody cannot enter www, which is 0700 root:root; by known good it would be 0755 root:root"
    ]
    assert "0755 root:root → 0700 root:root" in said
