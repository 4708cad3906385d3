"""Every incident, each in a file of its own: `ngx_01.py` holds NGX-01 as INCIDENT."""

import importlib
import pkgutil
import re
from functools import cache

from bench.incidents.incident import Incident

_NAME = re.compile(r"[a-z]+_\d\d")


@cache
def every() -> dict[str, Incident]:
    """All of them by id, in the order of their names."""
    names = sorted(each.name for each in pkgutil.iter_modules(__path__) if _NAME.fullmatch(each.name))
    found = [importlib.import_module(f"{__name__}.{name}").INCIDENT for name in names]
    return {incident.id: incident for incident in found}
