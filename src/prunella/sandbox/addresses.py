"""Where docker and podman listen, by the rules of their own command lines; nothing is asked or started."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from prunella.errors import Misuse

Engine = Literal["docker", "podman"]
_SYSTEM_DOCKER = "/var/run/docker.sock"
_SYSTEM_PODMAN = "/run/podman/podman.sock"


@dataclass(frozen=True)
class Address:
    """`certificates` is a folder with ca.pem, cert.pem and key.pem for a daemon that is spoken to by TLS."""

    url: str
    certificates: Path | None = None


def address_of(engine: Engine, environ: Mapping[str, str]) -> Address:
    """The daemon that `engine` on the command line would speak to. Raises Misuse for a context that is not there."""
    return _docker(environ) if engine == "docker" else _podman(environ)


def _docker(environ: Mapping[str, str]) -> Address:
    """DOCKER_HOST, the context that is chosen, the system's socket, the user's own."""
    host = environ.get("DOCKER_HOST")
    if host:
        return Address(host, _certificates(environ))
    chosen = environ.get("DOCKER_CONTEXT") or _current_context(environ)
    if chosen and chosen != "default":
        return _context(chosen, _docker_folder(environ))
    return _first_socket((_SYSTEM_DOCKER, *_own("docker.sock", environ)))


def _podman(environ: Mapping[str, str]) -> Address:
    """CONTAINER_HOST, the user's own socket, the system's."""
    host = environ.get("CONTAINER_HOST")
    if host:
        return Address(host)
    own = () if os.geteuid() == 0 else tuple(_own("podman/podman.sock", environ))
    return _first_socket((*own, _SYSTEM_PODMAN))


def _first_socket(places: tuple[str, ...]) -> Address:
    """The first that is there; where none is, the first."""
    return Address(f"unix://{next((place for place in places if Path(place).exists()), places[0])}")


def _own(socket: str, environ: Mapping[str, str]) -> Iterator[str]:
    yield f"{environ.get('XDG_RUNTIME_DIR') or f'/run/user/{os.geteuid()}'}/{socket}"


def _certificates(environ: Mapping[str, str]) -> Path | None:
    if not environ.get("DOCKER_TLS_VERIFY"):
        return None
    named = environ.get("DOCKER_CERT_PATH")
    return Path(named) if named else _docker_folder(environ)


def _docker_folder(environ: Mapping[str, str]) -> Path:
    named = environ.get("DOCKER_CONFIG")
    return Path(named) if named else Path(environ.get("HOME") or Path.home()) / ".docker"


def _current_context(environ: Mapping[str, str]) -> str:
    return str(_read(_docker_folder(environ) / "config.json").get("currentContext") or "")


def _context(name: str, folder: Path) -> Address:
    key = hashlib.sha256(name.encode()).hexdigest()
    endpoint = _read(folder / "contexts" / "meta" / key / "meta.json").get("Endpoints", {}).get("docker", {})
    host = endpoint.get("Host")
    if not host:
        raise Misuse(f"The docker context {name!r} is not there: see `docker context ls`, or set DOCKER_HOST.")
    certificates = folder / "contexts" / "tls" / key / "docker"
    return Address(str(host), certificates if certificates.is_dir() else None)


def _read(file: Path) -> dict[str, Any]:
    try:
        content: object = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", content) if isinstance(content, dict) else {}
