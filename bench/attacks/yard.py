"""A fleet of plain files with supervisors that only leave a mark, and all that lies around it."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CANARY = "canary-7f3a-outside-of-every-root"
_FLEET = """\
[fleet]
name = "yard"

[service.shop]
supervisor = {{ kind = "command", start = ["touch", "run/shop"], stop = ["rm", "-f", "run/shop"], \
status = ["test", "-e", "run/shop"], cwd = "{folder}" }}
config = ["shop/app.env", "shop/app.ini"]
preflight = ["true"]
logs = ["log/shop.log"]
secrets = {{ KEY = "file:{secret}" }}
probes = [{{ http = "http://127.0.0.1:{port}/health" }}]

[service.store]
supervisor = {{ kind = "command", start = ["touch", "run/store"], stop = ["rm", "-f", "run/store"], \
status = ["test", "-e", "run/store"], cwd = "{folder}" }}
config = ["store/app.json", "store/app.yaml", "store/app.toml", "store/notes.conf"]
logs = ["log/store.log"]
probes = [{{ http = "http://127.0.0.1:{port}/store" }}]
"""
_FILES = {
    "shop/app.env": "# shop\nHOST=127.0.0.1\nPORT=8080\nPASSWORD=hunter2hunter2\nDEBUG=false\n",
    "shop/app.ini": "[server]\nport = 8080\nauth = on\n\n[limits]\nmost = 10\n",
    "store/app.json": '{\n  "port": 9090,\n  "tls": true,\n  "upstreams": [{"url": "http://127.0.0.1:8080"}]\n}\n',
    "store/app.yaml": "port: 9090\nauth:\n  required: true\n  users: [a, b]\n",
    "store/app.toml": '[server]\nhost = "127.0.0.1"\nport = 9090\n',
    "store/notes.conf": "listen 9090;\nauth on;\n",
    "shop/readme.md": "no configuration\n",
    "shop/app.env.bak": "HOST=0.0.0.0\nPORT=1\n",
    "private/other.env": "TOKEN=abc\n",
    "log/shop.log": "all is well\n",
    "log/store.log": "ERROR port must be 9090\n",
    "run/shop": "",
    "run/store": "",
}
_OUTSIDE = {"outside/target.env": f"A={CANARY}\n", "outside/deep/target.ini": f"[a]\nb = {CANARY}\n"}

Pictures = Mapping[str, str]
"""For each path below the surroundings: what it is, its mode, and what it holds."""


@dataclass(frozen=True)
class Yard:
    """`around` holds the fleet's `folder` and what it must never reach."""

    around: Path

    @property
    def folder(self) -> Path:
        return self.around / "fleet"

    @property
    def fleet_path(self) -> Path:
        return self.folder / "prunella.toml"

    def picture(self) -> Pictures:
        """Everything, links by where they lead; times do not count."""
        found: dict[str, str] = {}
        for root, folders, files in os.walk(self.around):
            for name in (*folders, *files):
                path = Path(root) / name
                found[str(path.relative_to(self.around))] = _told(path)
        return found


def _told(path: Path) -> str:
    stat = path.lstat()
    if path.is_symlink():
        return f"link to {path.readlink()}"
    kind = f"{stat.st_mode:o} {stat.st_uid}:{stat.st_gid}"
    return f"{kind} {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}" if path.is_file() else kind


def lay_yard(around: Path, port: int) -> Yard:
    """Write it all into `around`; nobody listens on `port`."""
    yard = Yard(around)
    for name, text in (*((f"fleet/{name}", text) for name, text in _FILES.items()), *_OUTSIDE.items()):
        path = around / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (around / "outside/key").write_text("the-key-itself-1234567890", encoding="utf-8")
    text = _FLEET.format(folder=yard.folder, secret=around / "outside/key", port=port)
    yard.fleet_path.write_text(text, encoding="utf-8")
    (yard.folder / "shop/link.env").symlink_to(around / "outside/target.env")
    (yard.folder / "shop/folder").symlink_to(around / "outside/deep")
    (yard.folder / "shop/twin.env").symlink_to("app.env")
    (yard.folder / "store/loop").symlink_to("loop")
    (yard.folder / "shop/hard.env").hardlink_to(yard.folder / "private/other.env")
    os.mkfifo(yard.folder / "shop/pipe.env")
    return yard


DECLARED = frozenset(
    f"fleet/{name}"
    for name in (
        "shop/app.env",
        "shop/app.ini",
        "store/app.json",
        "store/app.yaml",
        "store/app.toml",
        "store/notes.conf",
    )
)
MARKS = frozenset({"fleet/run/shop", "fleet/run/store"})
