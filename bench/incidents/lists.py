"""Which incidents and contenders there are; a case is a module with INCIDENT, a rival one with a class RIVAL."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence

from bench.incidents import cases, rivals
from bench.incidents.contender import Contender
from bench.incidents.incident import Incident
from bench.incidents.ours import Prunella


def incidents_named(only: str) -> Sequence[Incident]:
    """Those whose id, or its beginning, or whose family stands in the list; "" for all. Raises SystemExit for none."""
    found = sorted(_incidents(), key=lambda incident: incident.id)
    wanted = [word.strip().casefold() for word in only.split(",") if word.strip()]
    chosen = [each for each in found if not wanted or any(_is_meant(each, word) for word in wanted)]
    if not chosen:
        raise SystemExit(f"No incident is called {only}. Known: {', '.join(each.id for each in found)}.")
    return chosen


def _is_meant(incident: Incident, word: str) -> bool:
    return incident.id.casefold().startswith(word) or incident.family.casefold() == word


def _incidents() -> list[Incident]:
    modules = [
        importlib.import_module(f"{cases.__name__}.{each.name}") for each in pkgutil.iter_modules(cases.__path__)
    ]
    return [module.INCIDENT for module in modules if hasattr(module, "INCIDENT")]


def contenders_named(names: str, model: str) -> Sequence[Callable[[], Contender]]:
    """A maker for each; rivals that need a model only with one. Raises SystemExit for a name nobody has."""
    known = _contenders(model)
    wanted = list(known) if names == "all" else [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise SystemExit(f"No contender is called {name}. Known: {', '.join(known)}.")
    return [known[name] for name in wanted]


def _contenders(model: str) -> dict[str, Callable[[], Contender]]:
    found: dict[str, Callable[[], Contender]] = {"prunella": Prunella}
    if model:
        found["prunella+model"] = lambda: Prunella("prunella+model", ("reflex", model))
    modules = [
        importlib.import_module(f"{rivals.__name__}.{each.name}") for each in pkgutil.iter_modules(rivals.__path__)
    ]
    for module in modules:
        if hasattr(module, "rivals"):
            found |= module.rivals(model)
    return found
