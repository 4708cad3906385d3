"""Files and folders that a fleet file names: absolute, and known to be usable or noted as a mistake."""

import os
from pathlib import Path

from prunella.fleet.table import Table
from prunella.nearest import did_you_mean


def within(folder: Path, text: str) -> Path:
    """`text` as an absolute path without `..`; relative to `folder`, and `~` is the home."""
    return Path(os.path.normpath(folder / Path(text).expanduser()))


def folder_at(table: Table, key: str, default: Path) -> Path:
    """A folder that exists, relative to the fleet file's."""
    if key not in table.values or not (text := table.text(key)):
        return default
    folder = within(table.page.path.parent, text)
    if not folder.exists():
        table.note(key, f"There is no folder {folder}.", _sibling(folder))
    elif not folder.is_dir():
        table.note(key, f"{folder} is a file; `{key}` must be a folder.")
    return folder


def config_files(table: Table, key: str) -> tuple[Path, ...]:
    """Files that can be read. One that is not there is no mistake (it may be the fault), but its folder must be."""
    return _files(table, key, must_have_folder=True)


def log_files(table: Table, key: str) -> tuple[Path, ...]:
    """Files that can be read once they are there; a service may make its log folder when it starts."""
    return _files(table, key, must_have_folder=False)


def config_file(table: Table, key: str) -> Path:
    """One such file."""
    path = within(table.page.path.parent, table.text(key))
    if fault := _fault(path, must_have_folder=True):
        table.note(key, *fault)
    return path


def needed_paths(table: Table, key: str) -> tuple[Path, ...]:
    """Files or folders. One that is missing or shut is no mistake (it may be the fault), but its folder must be."""
    paths: list[Path] = []
    for text in table.texts(key, '["path/of/file/or/folder"]'):
        path = within(table.page.path.parent, text)
        if path in paths:
            table.note_item(key, text, f"{path} is listed twice.")
        elif missing := _missing_folder(path):
            table.note_item(key, text, f"There is no folder {missing}.", _sibling(missing))
        paths.append(path)
    return tuple(paths)


def missing_on_the_way(folder: Path) -> tuple[Path | None, str]:
    """The outermost folder on the way that is not there (None: all are), and what may be meant by it."""
    missing = _first_missing(folder)
    return missing, _sibling(missing) if missing else ""


def _missing_folder(path: Path) -> Path | None:
    try:
        return None if os.path.lexists(path) else _first_missing(path.parent)
    except PermissionError:
        return None


def log_file(table: Table, key: str) -> Path | None:
    text = table.text(key)
    if not text:
        return None
    path = within(table.page.path.parent, text)
    if fault := _fault(path, must_have_folder=False):
        table.note(key, *fault)
    return path


def _files(table: Table, key: str, *, must_have_folder: bool) -> tuple[Path, ...]:
    paths: list[Path] = []
    for text in table.texts(key, '["path/of/file"]'):
        path = within(table.page.path.parent, text)
        if path in paths:
            table.note_item(key, text, f"{path} is listed twice.")
        elif fault := _fault(path, must_have_folder=must_have_folder):
            table.note_item(key, text, *fault)
        paths.append(path)
    return tuple(paths)


def _fault(path: Path, *, must_have_folder: bool) -> tuple[str, str] | None:
    """What is wrong with a file and what may help; None when it can be read or made."""
    if path.is_dir():
        return f"{path} is a folder; a file is needed.", ""
    if path.exists():
        is_readable = path.is_file() and os.access(path, os.R_OK)
        return None if is_readable else (f"{path} cannot be read.", "Make it a regular file that this user may read.")
    missing = _first_missing(path.parent)
    if missing is None:
        return None
    suggestion = _sibling(missing)
    return (f"There is no folder {missing}.", suggestion) if must_have_folder or suggestion else None


def _first_missing(folder: Path) -> Path | None:
    """The outermost folder on the way that is not there, or is not a folder."""
    return next((place for place in (*reversed(folder.parents), folder) if not place.is_dir()), None)


def _sibling(missing: Path) -> str:
    try:
        names = [place.name for place in missing.parent.iterdir() if place.is_dir()]
    except OSError:
        return ""
    return did_you_mean(missing.name, names)
