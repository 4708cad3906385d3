"""`[policy]`, and the `autonomy` of services: what may be done without asking, with the line of every rule."""

import fnmatch
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import cast

from prunella.domain.ruling import Autonomy
from prunella.domain.service import PolicySpec, Service
from prunella.fleet.calendar import freezes_of, windows_of, zone_of
from prunella.fleet.table import Table
from prunella.fleet.wording import rule_text, service_rule_text, tool_rule_text
from prunella.nearest import did_you_mean

HEADER = "[policy]"
LISTS = ("allow", "ask", "deny")
CALENDAR = ("windows", "freezes")
REACH = ("max_changes_per_hour", "max_services", "max_bytes", "max_rows")
_SCHEMES = ("config", "file", "service")
_MAGIC = re.compile(r"[*?\[]")
_USUAL = PolicySpec()


def policy_of(table: Table, services: Table, declared: Mapping[str, Service]) -> PolicySpec:
    """The policy as written. `services` holds the tables of the `declared` services."""
    table.refuse_unknown(
        "autonomy", "tools", "allow", "ask", "deny", "max_changes_per_hour", "max_services", "max_bytes", "max_rows",
        "timezone", "windows", "freezes", "approval", "probation",
    )  # fmt: skip
    zone, approval = zone_of(table), table.table("approval", 'Write approval = { expires = "3d" }.')
    approval.refuse_unknown("expires", "command")
    spec = PolicySpec(
        autonomy=table.choice("autonomy", Autonomy),
        tools=_tools(table.table("tools", 'Write [policy.tools] and "sql.*" = "ask" in it.'), services),
        services=_services(services, declared),
        files={name: _files(service) for name, service in declared.items()},
        allow=_globs(table, "allow", declared),
        ask=_globs(table, "ask", declared),
        deny=_globs(table, "deny", declared),
        max_changes_per_hour=table.whole("max_changes_per_hour", _USUAL.max_changes_per_hour or 0, 0),
        max_services=table.whole("max_services", _USUAL.max_services or 0, 0),
        max_bytes=table.size("max_bytes", _USUAL.max_bytes or 0),
        max_rows=table.whole("max_rows", _USUAL.max_rows or 0, 0),
        windows=windows_of(table, zone),
        freezes=freezes_of(table, zone),
        approval_expires_s=approval.seconds("expires", _USUAL.approval_expires_s),
        approval_command=approval.command("command") or (),
        probation_s=table.seconds("probation", 0.0, or_none=True),
    )
    return spec.model_copy(update={"lines": _lines(spec, table)})


def _tools(table: Table, services: Table) -> dict[str, Autonomy]:
    found = dict[str, Autonomy]()
    for glob in table.values:
        scheme, colon, rest = glob.partition(":")
        if colon:
            own = (
                f'Write autonomy = "…" in [service.{rest}].' if scheme == "service" and rest in services.values else ""
            )
            table.note(glob, f'"{glob}" is no tool.', own or "Write globs over tools, or use ask and deny.")
        elif (autonomy := table.choice(glob, Autonomy)) is not None:
            found[glob] = autonomy
    return found


def _services(tables: Table, declared: Collection[str]) -> dict[str, Autonomy]:
    words = {name: tables.table(name).choice("autonomy", Autonomy) for name in declared}
    return {name: autonomy for name, autonomy in words.items() if autonomy is not None}


def _files(service: Service) -> tuple[Path, ...]:
    """Also where links lead: a tool may name either."""
    declared = (*service.config, *service.logs)
    return tuple(dict.fromkeys((*declared, *(Path(os.path.realpath(path)) for path in declared))))


def _globs(table: Table, key: str, services: Collection[str]) -> tuple[str, ...]:
    """A rule that can never match would silently forbid nothing: its scheme and its service must be known."""
    globs = table.texts(key, '["services.stop"]')
    for glob in globs:
        scheme, colon, name = glob.partition(":")
        if colon and scheme not in _SCHEMES and not _MAGIC.search(scheme):
            suggestion = did_you_mean(scheme, _SCHEMES) or f"Known: {', '.join(f'{s}:…' for s in _SCHEMES)}."
            table.note_item(key, glob, f'"{glob}" matches nothing.', suggestion)
        elif scheme == "service" and not any(fnmatch.fnmatchcase(s.casefold(), name.casefold()) for s in services):
            suggestion = did_you_mean(name, services) or f"Known: {', '.join(services) or 'none'}."
            table.note_item(key, glob, f'"{glob}" matches no service.', suggestion)
    return globs


def _lines(spec: PolicySpec, table: Table) -> dict[str, int]:
    """Of what stands in the file; of a rule that is there twice, the first."""
    page, policy = table.page, table.place
    places = [(HEADER, policy), (rule_text("autonomy", spec.autonomy), (*policy, "autonomy"))]
    places += [(tool_rule_text(glob, word), (*policy, "tools", glob)) for glob, word in spec.tools.items()]
    places += [(service_rule_text(name, word), ("service", name, "autonomy")) for name, word in spec.services.items()]
    for key in (*LISTS, *CALENDAR):
        written = table.values.get(key)
        items = cast("list[object]", written) if isinstance(written, list) else []
        places += [(rule_text(key, item), (*policy, key, index)) for index, item in enumerate(items)]
    places += [(rule_text(key, getattr(spec, key)), (*policy, key)) for key in REACH]
    found = dict[str, int]()
    for text, place in places:
        if line := page.lines.get(place):
            found.setdefault(text, line)
    return found
