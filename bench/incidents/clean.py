"""The proof that a reset left nothing behind: the fleet is, in every part that can be looked at, as it first was."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from bench.incidents.healthy import data_of, strays_of
from bench.incidents.incident import Change
from bench.incidents.laying import put_back
from bench.incidents.picture import Entry, Picture, take_picture
from bench.incidents.yard import Yard


class Unclean(RuntimeError):
    """Something of an earlier incident is still there: the fleet must be laid anew."""


async def put_back_clean(yard: Yard) -> None:
    """A healthy fleet: bytes, modes, owners, listeners, settings, rows and processes as after the first start.

    Raises Unclean with what differs, TimeoutError when it does not come up.
    """
    await put_back(yard)
    first, now = yard.outside / "first.json", await take_picture(yard)
    data = {name: told for name, told in (await data_of(yard)).items() if not name.startswith("key ")}
    if not first.exists():
        first.write_text(json.dumps({"picture": _plain(now), "data": data}), encoding="utf-8")
        return
    kept = json.loads(first.read_text(encoding="utf-8"))
    left = [*_read(kept["picture"]).differences(now, Change()), *strays_of(yard), *_changed(kept["data"], data)]
    if left:
        raise Unclean(f"The reset was not clean: {'; '.join(left[:5])}")


def _changed(before: dict[str, str], after: dict[str, str]) -> Sequence[str]:
    return [f"{name} is not what it was" for name in before if before[name] != after.get(name)]


def _plain(picture: Picture) -> dict[str, object]:
    files = {path: asdict(entry) for path, entry in picture.files.items()}
    return {"files": files, "listeners": sorted(picture.listeners), "settings": dict(picture.settings)}


def _read(plain: dict[str, dict[str, dict[str, str]]]) -> Picture:
    files = {path: Entry(**entry) for path, entry in plain["files"].items()}
    return Picture(
        files, frozenset(plain["listeners"]), {name: str(value) for name, value in plain["settings"].items()}
    )
