# ruff: noqa: RUF001 - look-alike letters are meant
"""The worst plans that a brain could propose: every tool, and arguments that no sane caller would give."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Answer, LookUp, Plan, Proposal, Step
from prunella.domain.tool import Risk, ToolSpec

_IN_FILES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "shop/app.env": (("PORT", "HOST", "DEBUG", "PASSWORD", "NEW_KEY"), ("8080", "# shop", "DEBUG=false")),
    "shop/app.ini": (("server.port", "server.auth", "limits.most"), ("auth = on", "10")),
    "store/app.json": (("port", "tls", "upstreams.0.url"), ("9090", '"tls": true')),
    "store/app.yaml": (("port", "auth.required", "auth.users.0"), ("9090", "required: true")),
    "store/app.toml": (("server.host", "server.port"), ("9090", "127.0.0.1")),
    "store/notes.conf": (("listen",), ("auth on;", "9090")),
}
"""Of each declared file: keys that it has or may be given, and texts that occur in it once."""
_SOUND_FILES = tuple(_IN_FILES)
_SERVICES = ("shop", "store")
_ODD_SERVICES = ("bank", "", "shop\0", "SHOP", "../shop", "shop store", "*", "ｓｈｏｐ", "shop\n", "-rf")
_KEYS = (
    "PORT", "HOST", "PASSWORD", "DEBUG", "server.port", "server.auth", "server.host", "limits.most", "port", "tls",
    "auth.required", "auth.users.0", "auth.users.9", "upstreams.0.url", "upstreams.5.url", "NEW_KEY", "a.b.c.d",
    "__proto__", "", ".", "..", '"a.b".c', "PORT\nEVIL=1", "PORT=1;EVIL", "\0", "k" * 5_000, "ＰＯＲＴ", "[server]",
)  # fmt: skip
_VALUES = (
    "8081", "127.0.0.1", "false", "true", "off", "on", "", " ", "0.0.0.0", "::", "http://203.0.113.66/", "secret:KEY",
    "secret:NONE", "secret:", "x\nEVIL=1", "x\r\n[server]\nauth = off", "\0", "v" * 200_000, "1e999", "-1", "NaN",
    "${HOME}", "$(id)", "`id`", "{{7*7}}", "# comment", '"', "'", "]]>", "\u202e8080", "٨٠٨٠", "\ud800", "null", "~",
)  # fmt: skip
_URLS = (
    "file:///etc/passwd", "http://127.0.0.1:1/", "http://127.0.0.1:1/?k=secret", "http://[::1]:1/", "gopher://x/",
    "http://127.1:1/", "http://0x7f000001:1/", "http://2130706433:1/", "http://127.0.0.1:1@127.0.0.1:1/", "http://",
    "http://127.0.0.1:99999/", "http://127.0.0.1:1/\r\nX: y", "HTTP://127.0.0.1:1/", "",
)  # fmt: skip
_ORIGINS = ("known good", "git HEAD", "shop/app.env.bak", "app.env.bak", "../outside/target.env", "/etc/passwd", "")
_TOOLS = ("shell.run", "python.run", "files.delete", "config.set ", "CONFIG.SET", "config_set", "", "\0", "x" * 3_000)
_REST: tuple[JsonValue, ...] = (
    None, True, 0, -1, 1, 40, 2**63, 1.5, [], {}, [[]], {"a": {"b": []}}, ["shop"], {"path": "/etc/passwd"},
    "POST", "GET", "ev-000000", "../ev", "port", "8080", "auth on;", "listen", "\n", "a" * 100_000,
)  # fmt: skip


def odd_paths(around: Path) -> tuple[str, ...]:
    """Ways out of a folder, and ways to call what is in it by another name."""
    folder, outside = around / "fleet", around / "outside"
    return (
        "../outside/target.env", "shop/../../outside/target.env", "shop/app.env/../../private/other.env",
        str(outside / "target.env"), f"{folder}/../outside/target.env", "shop/link.env", "shop/folder/target.ini",
        "shop/twin.env", "shop/hard.env", "shop/pipe.env", "store/loop", "store/loop/x", "prunella.toml", ".", "..",
        "/", "", "~/.bashrc", "/etc/passwd", "/proc/self/environ", "/proc/self/root/etc/passwd", "/dev/null",
        "/dev/zero", "/dev/stdin", "/dev/fd/0", "shop//app.env", "./shop/./app.env", "shop/app.env/", "SHOP/APP.ENV",
        "shop\\app.env",
        "shop/app.env\0.txt", "shop/ａpp.env", "shop/app.en\u0076\u0301", "shop/app.env ", " shop/app.env",
        "file:///etc/passwd", "shop/%2e%2e/private/other.env", "private/other.env", "log/shop.log", "run/shop",
        "shop/app.env.bak", "a/" * 2_000, "n" * 5_000, "shop/new.env", f"{folder}/shop/app.env", "app.env", "app.ini",
        f"{folder}/shop/../store/app.json", "shop/readme.md", "store/.app.json.tmp", "*", "shop/*.env",
    )  # fmt: skip


class Wild:
    """Makes proposals; the same for the same seed. `specs` are the tools that there are, as a heal has them."""

    def __init__(self, specs: Sequence[ToolSpec], around: Path, rng: Random) -> None:
        self._specs, self._rng = specs, rng
        self._odd_paths = odd_paths(around)

    def proposal(self) -> Proposal:
        rng = self._rng
        if rng.random() < 0.02:
            return Answer(text=rng.choice(("all is well", "\0", "x" * 20_000)))
        if rng.random() < 0.15:
            return LookUp(steps=tuple(self._step(reads=rng.random() < 0.7) for _ in range(rng.randint(1, 3))))
        count = rng.choice((1, 1, 1, 1, 1, 2, 2, 3, 12))
        return Plan(cause="something", steps=tuple(self._step(reads=rng.random() < 0.1) for _ in range(count)))

    def _step(self, *, reads: bool) -> Step:
        rng = self._rng
        if rng.random() < 0.04:
            return Step(tool=rng.choice(_TOOLS), arguments={"path": rng.choice(self._odd_paths)})
        spec = rng.choice([each for each in self._specs if (each.risk is Risk.READ) is reads])
        sound = rng.random() < 0.75
        given = {name: self._argument(name, sound=sound or rng.random() < 0.6) for name in _names(spec)}
        if sound and "file" in given:
            given |= self._fitting(given)
        if not sound and rng.random() < 0.2:
            given.pop(rng.choice(list(given) or [""]), None)
        if not sound and rng.random() < 0.1:
            given[rng.choice(("force", "why", "cwd", "sudo"))] = rng.choice(_REST)
        return Step(tool=spec.name, arguments=given, why="because", until=rng.choice(("", "", "", "", "x")))

    def _fitting(self, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """A file, and a key or a text that it has."""
        file = self._rng.choice(_SOUND_FILES)
        keys, texts = _IN_FILES[file]
        fitting: dict[str, JsonValue] = {"file": file, "key": self._rng.choice(keys), "old": self._rng.choice(texts)}
        return {name: value for name, value in fitting.items() if name in given}

    def _argument(self, name: str, *, sound: bool) -> JsonValue:
        """One that may well be taken, where it is to be sound; else anything."""
        rng = self._rng
        pool: tuple[JsonValue, ...]
        match name:
            case "file" | "path":
                pool = _SOUND_FILES if sound else self._odd_paths
            case "service":
                pool = _SERVICES if sound else _ODD_SERVICES
            case "key":
                pool = _KEYS[:10] if sound else _KEYS
            case "value" | "content" | "new" | "body":
                pool = _VALUES[:6] if sound else _VALUES
            case "old":
                pool = ("8080", "port", "auth on;", "9090", "127.0.0.1") if sound else _VALUES
            case "url":
                pool = _URLS
            case "origin":
                pool = _ORIGINS
            case "method":
                pool = ("GET", "POST", "DELETE") if sound else _REST
            case "lines" | "port" | "first_line":
                pool = (1, 20, 8080) if sound else _REST
            case _:
                pool = _REST
        return rng.choice(pool if sound or rng.random() < 0.85 else _REST)


def _names(spec: ToolSpec) -> list[str]:
    properties: Any = spec.parameters.get("properties", {})
    return list(properties)
