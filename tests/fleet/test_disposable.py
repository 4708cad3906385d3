"""Files that may go: how globs are read, and which ones an operator cannot have meant."""

from pathlib import Path

import pytest

from prunella.domain.service import Service
from prunella.errors import BadFleet
from prunella.fleet.file import load_fleet
from prunella.fleet.globs import absolute_glob, beginning, is_wild, matches

HEAD = """
[service.b]
config = ["b/b.env"]
paths = ["data"]
logs = ["log/b.log"]
secrets = { KEY = "file:secrets/key" }
probes = [{ log = "log/audit.log", forbid = "x" }]
[service.a]
probes = [{ tcp = "127.0.0.1:1" }]
"""


def service(folder: Path, text: str) -> Service:
    for name in ("spool", "data/deep", "b", "log", "secrets"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "prunella.toml").write_text(f"{HEAD}disposable = {text}\n", encoding="utf-8")
    return load_fleet(folder / "prunella.toml").services["a"]


@pytest.mark.parametrize(
    ("glob", "path", "is_match"),
    [
        ("/srv/spool/*.tmp", "/srv/spool/a.tmp", True),
        ("/srv/spool/*.tmp", "/srv/spool/a.tmp.x", False),
        ("/srv/spool/*.tmp", "/srv/spool/deep/a.tmp", False),
        ("/srv/spool/*", "/srv/spool/.lock", False),
        ("/srv/spool/.*", "/srv/spool/.lock", True),
        ("/srv/**/core.*", "/srv/core.7", True),
        ("/srv/**/core.*", "/srv/a/b/core.7", True),
        ("/srv/**/core.*", "/srv/a/.hidden/core.7", False),
        ("/srv/**/core.*", "/other/core.7", False),
        ("/srv/core.[0-9]", "/srv/core.7", True),
        ("/srv/core.[0-9]", "/srv/core.x", False),
        ("/srv/A.tmp", "/srv/a.tmp", False),
        ("/srv/spool/a.tmp", "/srv/spool", False),
    ],
)
def test_what_a_glob_means(glob: str, path: str, is_match: bool) -> None:
    assert matches(glob, Path(path)) is is_match


def test_the_fleets_own_folder_is_no_pattern() -> None:
    glob = absolute_glob(Path("/srv/[x]*"), "spool/*.tmp")
    assert matches(glob, Path("/srv/[x]*/spool/a.tmp"))
    assert not matches(glob, Path("/srv/xy/spool/a.tmp"))
    assert beginning(glob) == Path("/srv/[x]*/spool")
    assert not is_wild("/srv/[[]x]")
    assert beginning("/srv/a*/b/c") == Path("/srv")
    assert beginning("/srv/a/b") == Path("/srv/a")


def test_they_are_read_from_the_fleets_folder(tmp_path: Path) -> None:
    text = '["spool/*.tmp", "data/deep/**/core.*", "/var/spool/x/*.dump", "spool/one.dump"]'
    assert service(tmp_path, text).disposable == (
        f"{tmp_path}/spool/*.tmp", f"{tmp_path}/data/deep/**/core.*", "/var/spool/x/*.dump",
        f"{tmp_path}/spool/one.dump",
    )  # fmt: skip
    assert service(tmp_path, "[]").disposable == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["**/*.tmp"]', "begins anywhere"),
        ('["/**/x.tmp"]', "begins anywhere"),
        ('["/*/x.tmp"]', "begins anywhere"),
        ('["/"]', "is a folder"),
        ('["."]', "is a folder"),
        ('["spool"]', "is a folder"),
        ('["spool/"]', "is a folder"),
        ('["spool/**"]', "is a folder"),
        ('["spool/../b/*.old"]', "leads out of its folder"),
        ('["spool/*.tmp", "spool/*.tmp"]', "listed twice"),
        ('["spoool/*.tmp"]', "There is no folder"),
        ('["b/*.env"]', "which is configuration of b"),
        ('["log/*.log"]', "which is a log of b"),
        ('["log/a*.log"]', "which is used by b"),
        ('["secrets/*"]', "which is a secret of b"),
        ('["d*"]', "which is needed by b"),
        ('["*.toml"]', "which is the fleet file"),
        ('["data/*"]', "all that lies in"),
        ('"spool/*.tmp"', "must be an array"),
        ("[7]", "must be a text"),
    ],
)
def test_every_glob_that_nobody_can_have_meant_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadFleet) as refused:
        service(tmp_path, text)
    (mistake,) = refused.value.mistakes
    assert message in mistake.message
    assert mistake.line == HEAD.count("\n") + 1
