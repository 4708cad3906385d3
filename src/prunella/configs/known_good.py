"""What files looked like at a better time: our own snapshots, git's HEAD, examples and backups beside them."""

import asyncio
import fcntl
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from prunella.commands import for_children
from prunella.configs.files import MAX_BYTES, write_atomically
from prunella.configs.formats import COPY_SUFFIXES
from prunella.domain.setting import FileState
from prunella.errors import Transient
from prunella.sealing import Damaged, Sealer, opened

KEPT_SNAPSHOTS = 10

_SEALED = ".sealed"
_LOCK_TIMEOUT_S = 10.0
_GIT_TIMEOUT_S = 5.0
_GIT_SETTINGS = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never")


class FileKnownGood:
    """Snapshots in `folder`, readable by their owner only: contents by their hash, one list of them a snapshot.

    The newest ten of each fleet are kept. Content that is unchanged is not written again. With a `sealer` contents
    are sealed, and named so that nobody without the key can try out what they might be; the names of files are not.
    """

    def __init__(self, folder: Path, sealer: Sealer | None = None) -> None:
        self._folder, self._sealer = folder, sealer
        self._objects = folder / "objects"
        self._fleets = folder / "fleets"

    async def keep(self, fleet: str, files: Mapping[Path, bytes], states: Iterable[FileState] = ()) -> None:
        """`states` are the rights of files and folders beside the bytes; when they were written is not kept.

        Raises Transient when another process is writing for too long, Rejected when nothing can be written.
        """
        async with asyncio.timeout(_LOCK_TIMEOUT_S * 3):
            await asyncio.to_thread(self._keep, fleet, dict(files), _as_bytes(states))

    async def newest(self, fleet: str) -> Mapping[Path, bytes]:
        """The newest snapshot that is whole; empty when nothing was ever green. Raises Misuse without its key."""
        async with asyncio.timeout(_LOCK_TIMEOUT_S):
            return (await asyncio.to_thread(self._newest, fleet))[0]

    async def newest_states(self, fleet: str) -> tuple[FileState, ...]:
        """Those of the same snapshot; none for one that was kept without. Raises Misuse without its key."""
        async with asyncio.timeout(_LOCK_TIMEOUT_S):
            return (await asyncio.to_thread(self._newest, fleet))[1]

    def _keep(self, fleet: str, files: dict[Path, bytes], states: bytes) -> None:
        hashes = {str(path): self._name(data) for path, data in files.items()}
        kept = _Listed(hashes, self._name(states) if states else "")
        if self._is_newest(fleet, kept):
            return
        with self._locked():
            for folder in (self._objects, self._fleets, self._fleet(fleet)):
                folder.mkdir(mode=0o700, exist_ok=True)
            for path, data in files.items():
                self._put(hashes[str(path)], data)
            if states:
                self._put(kept.states, states)
            manifests = self._manifests(fleet)
            number = int(manifests[-1].stem) + 1 if manifests else 1
            content = json.dumps({"fleet": fleet, "files": hashes, "states": kept.states}, indent=1).encode()
            _write_private(self._fleet(fleet) / f"{number:08}.json", content)
            self._forget(fleet)

    def _is_newest(self, fleet: str, kept: "_Listed") -> bool:
        manifests = self._manifests(fleet)
        is_same = bool(manifests) and _listed(manifests[-1]) == kept
        return is_same and all((self._objects / digest).is_file() for digest in kept.contents)

    def _newest(self, fleet: str) -> tuple[dict[Path, bytes], tuple[FileState, ...]]:
        for manifest in reversed(self._manifests(fleet)):
            listed = _listed(manifest)
            found = {Path(path): self._get(digest) for path, digest in listed.files.items()} if listed else {}
            whole = {path: data for path, data in found.items() if data is not None}
            if listed is not None and len(whole) == len(listed.files):
                return whole, _as_states(self._get(listed.states) if listed.states else None)
        return {}, ()

    def _name(self, data: bytes) -> str:
        """Of the content among all contents; the ending tells that it is sealed."""
        return self._sealer.digest(data) + _SEALED if self._sealer else hashlib.sha256(data).hexdigest()

    def _put(self, name: str, data: bytes) -> None:
        if self._get(name) is None:
            kept = self._sealer.seal(data, _place(name)) if self._sealer else data
            _write_private(self._objects / name, kept)

    def _get(self, name: str) -> bytes | None:
        """None when it is missing or damaged."""
        try:
            data = (self._objects / name).read_bytes()
        except OSError:
            return None
        if name.endswith(_SEALED):
            with suppress(Damaged):
                return opened(self._sealer, data, _place(name))
            return None
        return data if hashlib.sha256(data).hexdigest() == name else None

    def _forget(self, fleet: str) -> None:
        """Older snapshots, and contents that none of any fleet names."""
        for manifest in self._manifests(fleet)[:-KEPT_SNAPSHOTS]:
            manifest.unlink(missing_ok=True)
        manifests = (_listed(each) for each in self._fleets.glob("*/*.json"))
        named = {digest for each in manifests if each for digest in each.contents}
        for content in self._objects.iterdir():
            if content.name not in named:
                content.unlink(missing_ok=True)

    def _fleet(self, fleet: str) -> Path:
        return self._fleets / hashlib.sha256(fleet.encode()).hexdigest()[:24]

    def _manifests(self, fleet: str) -> list[Path]:
        """Oldest first."""
        return sorted(path for path in self._fleet(fleet).glob("*.json") if path.stem.isdecimal())

    @contextmanager
    def _locked(self) -> Generator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            _wait_for_lock(descriptor, self._folder)
            yield
        finally:
            os.close(descriptor)


def git_head(path: Path) -> bytes | None:
    """The file's content in the newest commit; None when it is in none, git is missing, slow or not to be trusted.

    Runs nothing of the repository's own: no hook, filter, pager or fetch. A repository counts only when it belongs
    to us, to root or to the file's owner.
    """
    real = Path(os.path.realpath(path))
    top = next((folder for folder in real.parents if (folder / ".git").exists()), None)
    if top is None or not _is_trusted(top / ".git", real):
        return None
    options = [part for setting in (*_GIT_SETTINGS, f"safe.directory={top}") for part in ("-c", setting)]
    command = ["git", "--no-pager", "-C", str(top), *options, "cat-file", "blob", f"HEAD:{real.relative_to(top)}"]
    environment = {name: value for name, value in for_children(os.environ).items() if not name.startswith("GIT_")}
    quiet = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            command,
            env=environment | quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 and len(done.stdout) <= MAX_BYTES else None


def siblings(path: Path) -> tuple[Path, ...]:
    """Examples and backups that lie beside the file, backups first; only plain files."""
    words = [suffix.lstrip(".") for suffix in COPY_SUFFIXES if suffix != "~"]
    backups = [f"{path.name}{suffix}" for suffix in (".bak", ".orig", ".old", "~")]
    copies = [f"{path.name}{suffix}" for suffix in COPY_SUFFIXES]
    inner = [f"{path.stem}.{word}{path.suffix}" for word in words if path.suffix]
    if path.name.startswith(".env."):
        inner = [f".env.{word}" for word in words]
    names = dict.fromkeys([*backups, *copies, *inner])
    beside = (path.with_name(name) for name in names if name != path.name)
    return tuple(each for each in beside if each.is_file())


def _place(name: str) -> str:
    return f"The known good content {name}"


@dataclass(frozen=True)
class _Listed:
    """What one snapshot holds: path to content, and the content that holds its states ("": there are none)."""

    files: dict[str, str]
    states: str = ""

    @property
    def contents(self) -> tuple[str, ...]:
        return (*self.files.values(), *([self.states] if self.states else ()))


def _listed(manifest: Path) -> _Listed | None:
    """None when the list is damaged."""
    try:
        content = json.loads(manifest.read_bytes())
        files = {str(path): str(digest) for path, digest in content["files"].items()}
        return _Listed(files, str(content.get("states", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _as_bytes(states: Iterable[FileState]) -> bytes:
    """In one order, so that equal ones are equal; nothing for none."""
    plain = {str(state.path): state.model_copy(update={"mtime_ns": 0}) for state in states}
    return json.dumps([plain[path].model_dump(mode="json") for path in sorted(plain)]).encode() if plain else b""


def _as_states(data: bytes | None) -> tuple[FileState, ...]:
    """None where they were damaged: the bytes beside them are of use all the same."""
    if data is None:
        return ()
    try:
        return tuple(FileState.model_validate(each) for each in json.loads(data))
    except ValueError:
        return ()


def _write_private(path: Path, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    private = FileState(path=path, exists=True, sha256=digest, mode=0o600, uid=os.geteuid(), gid=os.getegid())
    write_atomically(path, data, private)


def _wait_for_lock(descriptor: int, folder: Path) -> None:
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() > deadline:
            raise Transient(f"{folder} has been locked by another process for {_LOCK_TIMEOUT_S:g} s. Try again.")
        time.sleep(0.02)


def _is_trusted(repository: Path, file: Path) -> bool:
    owners = {os.geteuid(), 0}
    with suppress(OSError):
        owners.add(file.stat().st_uid)
    return repository.stat().st_uid in owners
