"""How the start command of a known server becomes one that only checks its configuration."""

import fnmatch
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Recipe:
    """`programs` are patterns of its name. `check` are the words that make it check.

    `checker` is another program that does it, beside the server or on the PATH ("": the server itself). `keeps` are the
    flags whose values count, each as the checker calls it ("": its value stands alone, behind all else). With `rest`
    the words behind `--` count too. What has one of the words `unless` is no start of a server.
    """

    programs: str
    check: str = ""
    checker: str = ""
    keeps: Mapping[str, str] = field(default_factory=dict[str, str])
    needed: bool = False
    rest: bool = False
    unless: str = ""


def _same(flags: str) -> dict[str, str]:
    return {flag: flag for flag in flags.split()}


RECIPES = (
    Recipe("nginx nginx-* openresty angie", "-t", keeps=_same("-c -p -g -e"), unless="-s -t -T -v -V"),
    Recipe("haproxy haproxy-*", "-c", keeps=_same("-f -C -L -n -m"), rest=True, unless="-c -v -vv"),
    Recipe("apache2 httpd apachectl apache2ctl", "-t", keeps=_same("-f -d -D -c -C"), unless="-t -S -v stop"),
    Recipe("sshd", "-t", keeps=_same("-f -h -o -c"), unless="-t -T -i"),
    Recipe("named", checker="named-checkconf", keeps={"-t": "-t", "-c": ""}),
    Recipe("unbound", checker="unbound-checkconf", keeps={"-c": ""}),
    Recipe("nsd", checker="nsd-checkconf", keeps={"-c": ""}, needed=True),
    Recipe("prometheus", "check config", "promtool", {"--config.file": ""}, needed=True),
    Recipe("alertmanager", "check-config", "amtool", {"--config.file": ""}, needed=True),
    Recipe("caddy", "validate", keeps=_same("--config --adapter --envfile") | {"-c": "--config", "-a": "--adapter"},
           unless="stop reload validate fmt adapt file-server reverse-proxy"),
    Recipe("postfix", "check", keeps=_same("-c"), unless="stop reload abort flush status check"),
    Recipe("dnsmasq", "--test", keeps=_same("-C --conf-file -7 --conf-dir"), unless="--test --version"),
    Recipe("squid", "-k parse", keeps=_same("-f"), unless="-k -z -v"),
    Recipe("lighttpd", "-tt", keeps=_same("-f -m"), unless="-t -tt -p -v -V"),
    Recipe("php-fpm php-fpm*", "-t", keeps=_same("-y -c -p -d --fpm-config --prefix --php-ini"), unless="-t -i -v"),
    Recipe("dovecot", "-n", "doveconf", _same("-c"), unless="stop reload"),
    Recipe("rsyslogd", "-N1", keeps=_same("-f"), unless="-N -v"),
    Recipe("chronyd", "-p", keeps=_same("-f"), unless="-p -q -Q -v"),
    Recipe("keepalived", "-t", keeps=_same("-f --use-file"), unless="-t -v"),
    Recipe("nats-server", "-t", keeps=_same("-c --config"), unless="-t -v --signal"),
    Recipe("envoy", "--mode validate", keeps=_same("-c --config-path --config-yaml"), unless="--mode --version"),
    Recipe("fluent-bit", "--dry-run", keeps=_same("-c --config -R --parser"), unless="--dry-run -V"),
)  # fmt: skip


def recipe_for(name: str) -> Recipe | None:
    fitting = (each for each in RECIPES if any(fnmatch.fnmatchcase(name, glob) for glob in each.programs.split()))
    return next(fitting, None)


def checking(recipe: Recipe, server: Sequence[str], env: Mapping[str, str]) -> tuple[str, ...] | None:
    """The command that checks; None where the words do not start a server, or nothing here can check it."""
    if set(server[1:]) & set(recipe.unless.split()):
        return None
    program = _beside(server[0], recipe.checker, env) if recipe.checker else server[0]
    kept = list(_kept(recipe, server))
    alone = [value for flag, value in kept if not flag]
    if program is None or (recipe.needed and not alone):
        return None
    flags = [word for flag, value in kept if flag for word in _joined(flag, value)]
    if recipe.rest and "--" in server:
        alone += ["--", *server[server.index("--") + 1 :]]
    return (program, *_ordered(recipe, flags), *alone)


def _ordered(recipe: Recipe, flags: list[str]) -> tuple[str, ...]:
    """A subcommand of postfix comes behind its flags, all else before them."""
    words = recipe.check.split()
    return (*flags, *words) if recipe.programs == "postfix" else (*words, *flags)


def _kept(recipe: Recipe, server: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The flags that count with their values: `-f x`, `-fx`, `--file x`, `--file=x`."""
    words = iter(server[1:])
    for word in words:
        if word == "--":
            return
        name, equals, value = word.partition("=")
        if word in recipe.keeps:
            yield recipe.keeps[word], next(words, "")
        elif equals and name in recipe.keeps:
            yield recipe.keeps[name], value
        elif word[:2] in recipe.keeps and not word.startswith("--"):
            yield recipe.keeps[word[:2]], word[2:]


def _joined(flag: str, value: str) -> tuple[str, ...]:
    return (f"{flag}={value}",) if flag.startswith("--") else (flag, value)


def _beside(server: str, checker: str, env: Mapping[str, str]) -> str | None:
    """Beside the server as it is named, else on the PATH and where the system keeps such programs."""
    path = env.get("PATH") or os.environ.get("PATH", os.defpath)
    here = str(Path(server).parent) if "/" in server else ""
    return shutil.which(checker, path=os.pathsep.join(filter(None, (here, path, "/usr/sbin", "/sbin"))))
