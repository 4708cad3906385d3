"""What a trial says, as sights; and what a start has to look at."""

from pathlib import Path

from prunella.configs.files import decode
from prunella.configs.formats import format_of
from prunella.configs.reading import parsed
from prunella.domain.probe import CommandProbe, HttpProbe, TcpProbe
from prunella.domain.service import Service
from prunella.domain.setting import Format
from prunella.domain.supervisor import CommandResult
from prunella.errors import Rejected
from prunella.rehearsal import inside
from prunella.rehearsal.sights import Sight

PREFLIGHT, START = "preflight", "start"
ENCLOSED, COPIED = "bubblewrap", "on a copy of its folder"
WORDS = 400


def title(kind: str, service: Service) -> str:
    return f"the pre-flight of {service.name}" if kind == PREFLIGHT else f"the start of {service.name}"


def parse_sight(path: Path, data: bytes | None, folder: Path) -> Sight | None:
    """None for a format without a parser. The file is named as from `folder`."""
    trial = f"{str(path).removeprefix(f'{folder}/')} parses"
    if data is None:
        return Sight(trial, ok=False, said="there is no such file")
    try:
        text = decode(data).text
    except Rejected as error:
        return Sight(trial, ok=False, said=str(error))
    fmt = format_of(path, text)
    fault = parsed(path, text, fmt).fault
    return None if fmt is Format.TEXT else Sight(trial, ok=not fault, said=fault)


def preflight_sight(trial: str, how: str, result: CommandResult, missed: bool) -> Sight:
    said = result.output.strip()[-WORDS:]
    if result.exit_code is None:
        return Sight(trial, None, f"it did not end within {result.duration_s:.1f} s ({how})", said)
    words = f"exit code {result.exit_code} ({how})"
    return Sight(trial, result.ok, words if result.ok else f"{words}: {said}", result.output, missed)


def start_sights(trial: str, told: inside.Told, output: str) -> dict[str, Sight]:
    """It stays up; somebody is there where each probe looks; and what is there is right."""
    missed, late = told["missed"], False if told["settled"] else None
    is_up = told["ended"] is None
    is_deaf = missed and not (is_up and told["listens"])
    found = {f"{trial}: up": Sight(trial, ok=True, said=f"it stays up ({ENCLOSED})")}
    if not is_up:
        said = f"it ended with exit code {told['ended']} ({ENCLOSED}): {output.strip()[-WORDS:]}"
        found = {f"{trial}: up": Sight(trial, ok=False, said=said, errors=output, missed=missed)}
    for name, reach, detail in told["probes"]:
        said = f"{name}: {detail} ({ENCLOSED})"
        is_there, is_right = reach > inside.NOBODY or late, reach == inside.RIGHT or late
        found[f"{trial}: {name}: there"] = Sight(trial, is_there, said, missed=is_deaf, firmness=1 if is_up else 2)
        found[f"{trial}: {name}: right"] = Sight(trial, is_right, said, missed=missed, firmness=0 if is_up else 2)
    return found


def wishes(service: Service) -> list[inside.ProbeWish]:
    """Those that look at the service itself. Commands often make a journey through others; alone they count."""
    network = [probe for probe in service.probes if isinstance(probe, HttpProbe | TcpProbe)]
    commands = [probe for probe in service.probes if isinstance(probe, CommandProbe)]
    return [_wish(probe) for probe in network or commands]


def _wish(probe: HttpProbe | TcpProbe | CommandProbe) -> inside.ProbeWish:
    wish = inside.ProbeWish(
        kind=probe.kind, name=probe.name, timeout_s=probe.timeout_s, url="", expect=0, contains="", host="", port=0,
        command=[], cwd="",
    )  # fmt: skip
    match probe:
        case HttpProbe():
            wish.update(url=probe.url, expect=probe.expect, contains=probe.contains)
        case TcpProbe():
            wish.update(host=probe.host, port=probe.port)
        case CommandProbe():
            wish.update(command=list(probe.command), cwd=str(probe.cwd), expect=probe.expect)
    return wish
