"""Stands in for systemctl where there is no systemd: the same words and answers, for units kept as JSON in the folder
that UNITS names, each with a real process. A unit says `command`, and perhaps `load`, `changed`, `stubborn`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

UNITS = Path(__file__).parent / "units"
Unit = dict[str, Any]


def read(name: str) -> Unit:
    path = UNITS / f"{name.removesuffix('.service')}.json"
    return json.loads(path.read_text()) if path.exists() else {"load": "not-found"}


def write(name: str, unit: Unit) -> None:
    (UNITS / f"{name.removesuffix('.service')}.json").write_text(json.dumps(unit))


def alive(unit: Unit) -> bool:
    try:
        state = Path(f"/proc/{unit['pid']}/stat").read_text().rpartition(")")[2].split()[0]
    except (KeyError, OSError):
        return False
    return state != "Z"


def show(name: str) -> None:
    unit = read(name)
    up = alive(unit)
    failed = not up and "pid" in unit
    shown = {
        "LoadState": unit.get("load", "loaded"),
        "LoadError": unit.get("error", ""),
        "ActiveState": "active" if up else "failed" if failed else "inactive",
        "SubState": "running" if up else "failed" if failed else "dead",
        "MainPID": unit["pid"] if up else 0,
        "Result": "exit-code" if failed else "success",
        "ExecMainStatus": 3 if failed else 0,
        "NRestarts": 0,
        "NeedDaemonReload": "yes" if unit.get("changed") else "no",
        "UnitFileState": "disabled",
    }
    print("\n".join(f"{key}={value}" for key, value in shown.items()))


def start(name: str) -> None:
    unit = read(name)
    if "pid" in unit and not alive(unit):
        sys.exit(f"Job for {name} failed: start request repeated too quickly.")
    if unit.get("changed"):
        sys.exit("Warning: the unit file changed on disk. Run 'systemctl daemon-reload'.")
    with (UNITS / "journal").open("ab") as journal:
        child = subprocess.Popen(
            unit["command"], cwd=unit["folder"], stdout=journal, stderr=journal, start_new_session=True
        )
    write(name, unit | {"pid": child.pid})
    time.sleep(0.05)


def stop(name: str) -> None:
    unit = read(name)
    if alive(unit):
        os.kill(unit["pid"], signal.SIGTERM)
        for _ in range(50 if not unit.get("stubborn") else 5):
            if not alive(unit):
                break
            time.sleep(0.02)
        else:
            os.kill(unit["pid"], signal.SIGKILL)
            time.sleep(0.1)
    write(name, {key: value for key, value in unit.items() if key != "pid"})


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    order, name = words[0], (words[1] if len(words) > 1 else "")
    with (UNITS / "orders").open("a") as orders:
        print(*words, file=orders)
    match order:
        case "show":
            show(name)
        case "start":
            start(name)
        case "stop":
            stop(name)
        case "restart":
            stop(name)
            start(name)
        case "reset-failed":
            write(name, {key: value for key, value in read(name).items() if key != "pid"})
        case "daemon-reload":
            for path in UNITS.glob("*.json"):
                path.write_text(json.dumps(json.loads(path.read_text()) | {"changed": False}))
        case "list-unit-files":
            print("\n".join(f"{path.stem}.service enabled" for path in UNITS.glob("*.json")))
        case "status":
            print((UNITS / "journal").read_text() if (UNITS / "journal").exists() else "")
        case _:
            sys.exit(f"Unknown command verb {order}.")


main()
