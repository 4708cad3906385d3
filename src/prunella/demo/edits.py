"""One edit of one file of the shop, as somebody in a hurry makes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from prunella.demo.build import Shop
from prunella.demo.lines import Line, line_of, with_line

ENV, YAML = "payments/.env", "payments/payments.yaml"
TOML, LIMITS = "gateway/gateway.toml", "gateway/limits.ini"
INI = "ledger/ledger.ini"


@dataclass(frozen=True)
class Edit:
    """What a file becomes. `keys` are its settings that a repair may touch; one of `extras` may be left in it."""

    file: str
    text: str
    said: str
    keys: tuple[str, ...]
    extras: tuple[str, ...] = field(default=())

    @property
    def service(self) -> str:
        return Path(self.file).parent.name

    @property
    def roots(self) -> tuple[str, ...]:
        return tuple(f"{self.file}:{key}" for key in self.keys)


def text_of(shop: Shop, file: str) -> str:
    return (shop.folder / file).read_text(encoding="utf-8")


def replaced(shop: Shop, file: str, key: str, change: Callable[[Line], Line]) -> Edit:
    """The file with one setting's line changed."""
    text = text_of(shop, file)
    before = line_of(text, key)
    after = change(before)
    said = f"{file}: {str(before).strip()} → {str(after).strip()}"
    return Edit(file, with_line(text, before.number, str(after)), said, (key,))


def valued(shop: Shop, file: str, key: str, value: str) -> Edit:
    return replaced(shop, file, key, lambda line: line.valued(value))
