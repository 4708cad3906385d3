"""What one job leaves in the folder, the next one finds; nothing else lives on."""

import os

import pytest

from prunella.domain.sandbox import JobLimits
from prunella.errors import Rejected
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.tools.lending.workspace import Workspace


async def test_bytes_modes_links_and_deletions_live_on(sandbox: Bubblewrap):
    there = Workspace(sandbox)
    await there.put("deep/er/x.bin", bytes(range(256)))
    await there.run("printf text > gone; printf script > run; chmod 750 run; ln -s run link")
    await there.run("rm gone")
    done = await there.run('ls -A; stat -c "%a" run; readlink link; cat gone')
    assert done.result.stdout.split() == ["deep", "link", "run", "750", "run"]
    assert await there.get("/tmp/workspace/deep/er/x.bin") == bytes(range(256))


async def test_one_that_changes_nothing_is_kept_too(sandbox: Bubblewrap):
    there = Workspace(sandbox)
    assert [(await there.run("true")).kept for _ in range(2)] == [True, True]


async def test_one_that_is_stopped_leaves_the_folder_as_it_was(sandbox: Bubblewrap):
    there = Workspace(sandbox)
    await there.put("a", b"1")
    done = await there.run("echo 2 > a; sleep 100", wall_s=0.5)
    assert (done.kept, done.result.stopped) == (False, "wall time 0.5 s")
    assert await there.get("a") == b"1"


async def test_what_is_too_large_to_keep_is_told(sandbox: Bubblewrap):
    there = Workspace(sandbox, JobLimits(files_chars=100_000))
    done = await there.run("head -c 1000000 /dev/urandom > noise")
    assert (done.kept, done.result.exit_code) == (False, 0)
    with pytest.raises(FileNotFoundError):
        await there.get("noise")
    with pytest.raises(Rejected, match="no room"):
        await there.put("noise", os.urandom(1_000_000))


@pytest.mark.parametrize("path", ["/etc/x", "../x", "/tmp/workspace", "a\0b", "/tmp/workspace/../x"])
async def test_files_lie_in_the_folder_only(sandbox: Bubblewrap, path: str):
    with pytest.raises(Rejected, match="only what lies in"):
        await Workspace(sandbox).put(path, b"")


async def test_what_is_not_there_is_told_apart(sandbox: Bubblewrap):
    there = Workspace(sandbox)
    await there.run("mkdir folder")
    with pytest.raises(IsADirectoryError):
        await there.get("folder")
    with pytest.raises(FileNotFoundError):
        await there.get("no; touch /tmp/workspace/such")
