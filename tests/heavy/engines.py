"""docker and podman as they are started where there is no systemd and no registry, and an image made of packages.

PRUNELLA_HEAVY_CACHE names the folder that keeps the image; default: `prunella-heavy` in the user's cache.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
import pytest

IMAGE = "prunella-trial:1"
_PACKAGES = "python3-minimal,libpython3-stdlib"
_UP_S = 60.0


@contextmanager
def docker_daemon() -> Generator[str]:
    """The address of a daemon of our own, with IMAGE in it. Skips the test where there cannot be one, and says why."""
    _needs("dockerd", "docker.io")
    with _folder() as folder:
        address = f"unix://{folder}/d.sock"
        for driver in ("overlay2", "vfs"):
            command = (
                "dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", f"--storage-driver={driver}",
                f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--host={address}",
                f"--pidfile={folder}/d.pid", "--default-ulimit=nofile=1024:4096",
            )  # fmt: skip
            with _serving(command, folder / "log") as serving:
                if _is_up(address, serving):
                    _import_image(address)
                    yield address
                    return
        pytest.skip(f"dockerd does not start here: {_end_of(folder / 'log')}")


@contextmanager
def podman_service() -> Generator[str]:
    """The same of podman."""
    _needs("podman", "podman")
    _needs("runc", "runc")
    with _folder() as folder:
        address = f"unix://{folder}/p.sock"
        command = (
            "podman", f"--root={folder}/root", f"--runroot={folder}/run", "--runtime=runc", "--cgroup-manager=cgroupfs",
            "--events-backend=file", "system", "service", "--time=0", address,
        )  # fmt: skip
        settings = folder / "containers.conf"  # what watched an exec goes at once, not after five minutes
        settings.write_text("[engine]\nexit_command_delay = 0\n")
        with _serving(command, folder / "log", {"CONTAINERS_CONF": str(settings)}) as serving:
            if not _is_up(address, serving):
                pytest.skip(f"podman's service does not start here: {_end_of(folder / 'log')}")
            _import_image(address)
            yield address


@contextmanager
def client(address: str) -> Generator[Any]:
    import docker

    made: Any = docker.APIClient(base_url=address, version="1.41", timeout=120)
    try:
        yield made
    finally:
        made.close()


def _needs(program: str, package: str) -> None:
    if os.geteuid() != 0:
        pytest.skip(f"{program} is started as root here, and this user is not")
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: apt install {package}")


@contextmanager
def _folder() -> Generator[Path]:
    """With a short name: a socket's may have 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix="prunella-"))
    try:
        yield folder
    finally:
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            place = line.split()[1]
            if place.startswith(f"{folder}/"):
                subprocess.run(["umount", "--lazy", place], check=False, timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _serving(
    command: tuple[str, ...], log: Path, environ: dict[str, str] | None = None
) -> "Generator[subprocess.Popen[bytes]]":
    with log.open("wb") as output:
        serving = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | (environ or {}))
        try:
            yield serving
        finally:
            serving.send_signal(signal.SIGTERM)
            try:
                serving.wait(60)
            except subprocess.TimeoutExpired:
                serving.kill()
                serving.wait(10)


def _is_up(address: str, serving: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + _UP_S
    while time.monotonic() < until and serving.poll() is None:
        with socket.socket(socket.AF_UNIX) as trial:
            if trial.connect_ex(address.removeprefix("unix://")) == 0:
                break
        time.sleep(0.3)
    else:
        return False
    with client(address) as api:
        return bool(api.ping())


def _import_image(address: str) -> None:
    name, _, tag = IMAGE.partition(":")
    with client(address) as api:
        api.import_image_from_file(str(_image()), repository=name, tag=tag)
        api.tag(api.images()[0]["Id"], name, tag)  # podman gives it the name alone


def _image() -> Path:
    """A small Debian with Python, as a tar; made once."""
    cache = Path(os.environ.get("PRUNELLA_HEAVY_CACHE") or platformdirs.user_cache_path("prunella-heavy"))
    image = cache / "trial-image.tar"
    if not image.exists():
        if shutil.which("debootstrap") is None:
            pytest.skip("there is no image, and nothing to make one with: apt install debootstrap")
        cache.mkdir(parents=True, exist_ok=True)
        with _folder() as folder:
            root, made = folder / "root", folder / "image.tar"
            command = ("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "stable", str(root))
            made_root = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
            if made_root.returncode:
                pytest.skip(f"no image could be made: {made_root.stdout[-500:]}")
            for extra in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
                shutil.rmtree(root / extra, ignore_errors=True)
            subprocess.run(["tar", "-C", str(root), "-cf", str(made), "."], check=True, timeout=300)
            shutil.move(made, image)
    return image


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-500:]
