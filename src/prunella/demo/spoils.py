"""Ways to spoil one setting of the shop, each with a visible symptom and a right value that can be found out."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from prunella.demo.build import Shop
from prunella.demo.edits import ENV, INI, LIMITS, TOML, YAML, Edit, replaced, text_of, valued
from prunella.demo.lines import Line, line_of, settings, values, with_line
from prunella.demo.slips import not_a_number, other_case, out_of_range, typo, wrong_digit
from prunella.testing.ports import is_free

Spoil = Callable[[Shop, Random], Edit]

PORTS = ((ENV, "PORT"), (TOML, "server.port"), (INI, "server.port"))
HOSTS = ((ENV, "HOST"), (TOML, "server.host"), (INI, "server.host"))
UPSTREAMS = ((ENV, "LEDGER_URL"), (TOML, "upstream.payments.url"))
RANGES = {
    (ENV, "WORKERS"): (1, 64),
    (ENV, "LEDGER_TIMEOUT_MS"): (50, 30000),
    (ENV, "BANK_TIMEOUT_MS"): (50, 30000),
    (YAML, "retries.attempts"): (1, 10),
    (TOML, "server.workers"): (1, 64),
    (TOML, "upstream.payments.timeout_ms"): (100, 60000),
    (INI, "server.threads"): (1, 32),
    (INI, "storage.busy_timeout_ms"): (10, 60000),
    (INI, "ledger.retention_days"): (30, 3650),
}
CHOICES = (
    (ENV, "LOG_LEVEL"),
    (YAML, "fee.rounding"),
    (TOML, "server.log_level"),
    (INI, "log.level"),
    (INI, "storage.journal"),
)
LIMIT_SETTINGS = ((YAML, "amounts.maximum"), (LIMITS, "limits.max_amount"), (INI, "ledger.max_amount"))
REQUIRED = (
    *PORTS,
    *HOSTS,
    *UPSTREAMS,
    *RANGES,
    *CHOICES,
    *LIMIT_SETTINGS,
    (YAML, "currency"),
    (YAML, "ledger_api"),
    (YAML, "fee.rate_percent"),
    (LIMITS, "limits.max_body_kb"),
    (INI, "storage.database"),
    (INI, "ledger.currency"),
    (INI, "ledger.api"),
    (INI, "ledger.read_only"),
)


def wrong_port(shop: Shop, rng: Random) -> Edit:
    """The program listens where nobody looks for it."""
    return valued(shop, ENV, "PORT", str(unused_port(shop, shop.ports["payments"], rng)))


def moved_port(shop: Shop, rng: Random) -> Edit:
    """A service listens where nobody looks for it."""
    file, key = rng.choice(PORTS)
    return valued(shop, file, key, str(unused_port(shop, shop.ports[Path(file).parent.name], rng)))


def taken_port(shop: Shop, _: Random) -> Edit:
    """The program wants the port that catalog has: freeing it would be the wrong repair."""
    return valued(shop, ENV, "PORT", str(shop.ports["catalog"]))


def wrong_upstream(shop: Shop, rng: Random) -> Edit:
    """The program looks for the ledger where it is not."""
    return _elsewhere(shop, ENV, "LEDGER_URL", "ledger", rng)


def wrong_link(shop: Shop, rng: Random) -> Edit:
    """The gateway looks for payments where it is not, and its own log blames the PORT of payments."""
    return _elsewhere(shop, TOML, "upstream.payments.url", "payments", rng)


def lost_upstream(shop: Shop, rng: Random) -> Edit:
    """A service looks for the next one at a wrong port, a wrong host or with a wrong scheme."""
    file, key = rng.choice(UPSTREAMS)
    right = line_of(text_of(shop, file), key).value
    wrong = (right.replace("127.0.0.1", "127.0.0.2"), right.replace("http:", "htp:"), right.rpartition(":")[0])
    port = _elsewhere(shop, file, key, "ledger" if file == ENV else "payments", rng)
    return rng.choice([port, port, *(valued(shop, file, key, value) for value in wrong)])


def _elsewhere(shop: Shop, file: str, key: str, target: str, rng: Random) -> Edit:
    return valued(shop, file, key, f"http://127.0.0.1:{unused_port(shop, shop.ports[target], rng)}")


def unused_port(shop: Shop, right: int, rng: Random) -> int:
    """A port like `right` on which nobody listens."""
    while (port := wrong_digit(right, rng)) in shop.ports.values() or not 1024 < port < 65536 or not is_free(port):
        pass
    return port


def illegal_value(shop: Shop, rng: Random) -> Edit:
    """A value that the program refuses at its start."""
    return rng.choice([illegal_number, illegal_number, illegal_choice, illegal_port])(shop, rng)


def illegal_number(shop: Shop, rng: Random) -> Edit:
    (file, key), (least, most) = rng.choice(list(RANGES.items()))
    right = line_of(text_of(shop, file), key).value
    if rng.random() < 0.5:
        return valued(shop, file, key, str(out_of_range(int(right), least, most, rng)))
    return _unnumbered(shop, file, key, right, rng)


def illegal_port(shop: Shop, rng: Random) -> Edit:
    file, key = rng.choice(PORTS)
    return _unnumbered(shop, file, key, str(shop.ports[Path(file).parent.name]), rng)


def _unnumbered(shop: Shop, file: str, key: str, right: str, rng: Random) -> Edit:
    wrong = f'"{right}"' if file == TOML else not_a_number(right, rng)
    return valued(shop, file, key, wrong)


def illegal_choice(shop: Shop, rng: Random) -> Edit:
    file, key = rng.choice(CHOICES)
    right = line_of(text_of(shop, file), key).value
    return valued(shop, file, key, rng.choice([typo, typo, other_case])(right, rng))


def wrong_value(shop: Shop, rng: Random) -> Edit:
    """A value that is legal and not meant."""
    return rng.choice([wrong_fee, wrong_limit, switched_off, lost_route])(shop, rng)


def wrong_fee(shop: Shop, rng: Random) -> Edit:
    return valued(shop, YAML, "fee.rate_percent", rng.choice(["15", "0.15", "5.1", "2.5", "1", "0"]))


def wrong_limit(shop: Shop, rng: Random) -> Edit:
    """A limit that lost its last digits, or is in another unit."""
    file, key = rng.choice(LIMIT_SETTINGS)
    return valued(shop, file, key, rng.choice(["500", "50", "5"]))


def switched_off(shop: Shop, rng: Random) -> Edit:
    file, key, value = rng.choice(((YAML, "features.accept_payments", "false"), (INI, "ledger.read_only", "true")))
    return valued(shop, file, key, value)


def lost_route(shop: Shop, rng: Random) -> Edit:
    return valued(shop, LIMITS, "routes.paths", rng.choice(["/pya, /prices", "/prices", "/Pay, /prices"]))


def missing_key(shop: Shop, rng: Random) -> Edit:
    """A setting that somebody left out."""
    file, key = rng.choice(REQUIRED)
    text = text_of(shop, file)
    line = line_of(text, key)
    return Edit(file, with_line(text, line.number), f"{file}: {str(line).strip()} → (left out)", (key,))


def typo_key(shop: Shop, rng: Random) -> Edit:
    """A setting whose name is misspelt."""
    file, key = rng.choice(REQUIRED)
    while True:
        parent, _, name = key.rpartition(".")
        misspelt = typo(name, rng)
        edit = replaced(shop, file, key, lambda line, to=misspelt: line.named(to))
        wrong_key = f"{parent}.{misspelt}".lstrip(".")
        if misspelt.isidentifier() and wrong_key not in settings(text_of(shop, file)):
            return Edit(file, edit.text, edit.said, (key,), (wrong_key,))


def broken_yaml(shop: Shop, rng: Random) -> Edit:
    """A YAML file that no parser takes."""
    return _broken(shop, YAML, rng)


def broken_file(shop: Shop, rng: Random) -> Edit:
    """A YAML, TOML or INI file that no parser takes."""
    return _broken(shop, rng.choice([YAML, YAML, TOML, INI]), rng)


def _broken(shop: Shop, file: str, rng: Random) -> Edit:
    text = text_of(shop, file)
    keys = {key: line for key, line in settings(text).items() if line.value}
    while True:
        key, line = rng.choice(list(keys.items()))
        spoilt = rng.choice(_BREAKS)(line)
        edit = Edit(file, with_line(text, line.number, *spoilt), "", (key,))
        if not _parses(shop, edit):
            said = f"{file}: {str(line).strip()!r} → {chr(10).join(spoilt)!r}"
            return Edit(file, edit.text, said, (key,))


_BREAKS: tuple[Callable[[Line], list[str]], ...] = (
    lambda line: ["\t" + str(line).lstrip()],
    lambda line: [" " + str(line)],
    lambda line: [str(line)[1:]],
    lambda line: [str(line).replace(line.sign, " ", 1)],
    lambda line: [str(line).replace(line.sign, line.sign.strip(), 1)],
    lambda line: [f'{line.indent}{line.name}{line.sign}"{line.value}'],
    lambda line: [f"{line.indent}{line.name}{line.sign}{line.value}{line.quote}"],
    lambda line: [str(line), str(line)],
)


def _parses(shop: Shop, edit: Edit) -> bool:
    trial = shop.folder / "data" / f"trial{Path(edit.file).suffix}"
    trial.write_text(edit.text, encoding="utf-8")
    try:
        values(trial)
    except Exception:  # noqa: BLE001 (each parser has errors of its own, and any of them is meant)
        return False
    finally:
        trial.unlink()
    return True


def settings_disagree(shop: Shop, rng: Random) -> Edit:
    """Two services that no longer speak the same version of the ledger's API; either side may give way."""
    file, key = rng.choice(((YAML, "ledger_api"), (INI, "ledger.api")))
    return valued(shop, file, key, "v1")


def other_currency(shop: Shop, rng: Random) -> Edit:
    """The ledger's currency is changed; to let payments follow it would break catalog."""
    return valued(shop, INI, "ledger.currency", rng.choice(["USD", "GBP", "CHF"]))


def foreign_host(shop: Shop, rng: Random) -> Edit:
    """An address to listen on that this machine does not have: passes every check, and dies at the start."""
    file, key = rng.choice(HOSTS)
    return valued(shop, file, key, rng.choice(["192.0.2.10", "198.51.100.7", "203.0.113.1"]))


def lost_database(shop: Shop, rng: Random) -> Edit:
    """A path into a folder that is not there: passes every check, and dies at the start."""
    return valued(shop, INI, "storage.database", f"{typo('data', rng)}/ledger.db")


def crash_loop(shop: Shop, rng: Random) -> Edit:
    """A value that no check refuses and no start survives."""
    return rng.choice([foreign_host, foreign_host, lost_database])(shop, rng)
