"""What crossplane knows of nginx's directives: their names, and how many arguments they take; loaded when asked."""

from functools import cache


@cache
def known_directives() -> frozenset[str]:
    """Of nginx and the modules that come with it."""
    from crossplane.analyzer import DIRECTIVES

    return frozenset(DIRECTIVES)


@cache
def lua_blocks() -> frozenset[str]:
    """Directives whose braces hold Lua."""
    from crossplane.ext.lua import LuaBlockPlugin

    return frozenset(name for name in LuaBlockPlugin.directives)


@cache
def block_takes_arguments(name: str) -> bool | None:
    """`location` does, `http` does not; None for what is no block, or not known."""
    from crossplane.analyzer import DIRECTIVES, NGX_CONF_BLOCK, NGX_CONF_NOARGS

    masks = [mask for mask in DIRECTIVES.get(name, ()) if mask & NGX_CONF_BLOCK]
    return not any(mask & NGX_CONF_NOARGS for mask in masks) if masks else None


def is_refused(name: str, arguments: tuple[str, ...], *, is_block: bool) -> bool:
    """Whether nginx would refuse so many arguments wherever it stands; False when that is not known."""
    from crossplane.analyzer import analyze  # pyright: ignore[reportUnknownVariableType] # it is not typed
    from crossplane.errors import NgxParserDirectiveError

    statement = {"directive": name, "line": 0, "args": list(arguments)}
    try:
        analyze("", statement, "{" if is_block else ";", check_ctx=False)
    except NgxParserDirectiveError:
        return True
    return False
