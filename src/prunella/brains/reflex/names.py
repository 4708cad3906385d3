"""How settings, services and words of an error are compared: by their tokens, forgiving case, separators and slips."""

from prunella.policy.words import distance, is_near, leaf, names_service, normal, tokens

__all__ = ["distance", "is_near", "leaf", "likeness", "names_service", "nearest", "normal", "tokens"]


def nearest(word: str, choices: tuple[str, ...]) -> str | None:
    """The choice that differs in case only, else the one a slip away; None when there is none or it is a tie."""
    same = [choice for choice in choices if choice.lower() == word.lower() and choice != word]
    if same:
        return same[0]
    near = sorted((distance(word.lower(), c.lower()), c) for c in choices if is_near(word.lower(), c.lower()))
    if not near or (len(near) > 1 and near[0][0] == near[1][0]):
        return None
    return near[0][1]


def likeness(key: str, mention: str) -> float:
    """How surely an error's `mention` means the setting `key`: 1 for the same name, 0 for another one.

    `APP_SERVER_PORT` and `--port` both mean `server.port`, the shorter one less surely.
    """
    ours, theirs = tokens(key), tokens(mention)
    if not ours or not theirs:
        return 0.0
    if normal(key) == normal(mention):
        return 1.0
    if _ends_with(ours, theirs):
        return 0.9
    if _ends_with(theirs, ours):
        return 0.9 if len(ours) > 1 or len(theirs) == 2 else 0.7
    return 0.0


def _ends_with(long: tuple[str, ...], short: tuple[str, ...]) -> bool:
    wanted = "".join(short)
    return any("".join(long[-n:]) == wanted for n in range(1, len(long) + 1))
