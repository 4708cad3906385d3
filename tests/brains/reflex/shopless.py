"""A small healthy fleet of an invented trade: `desk` takes orders, `stock` keeps them, `news` is by itself."""

from dataclasses import replace

from tests.brains.reflex.paper import Unit, with_text

DESK = """# where it runs
HOST=127.0.0.1
PORT=8080
STOCK_URL=http://127.0.0.1:9100/v1
STOCK_TOKEN=tok-77
LOG_LEVEL=INFO
WORKERS=4
"""
RULES = """orders:
  currency: EUR
  limits:
    smallest: 10
    largest: 500
  kinds: [retail, trade]
"""
STOCK = """[server]
port = 9100
bind = 127.0.0.1

[auth]
token = tok-77

[books]
currency = EUR
"""
NEWS = '{\n  "port": 7000,\n  "log_level": "INFO"\n}\n'

FLEET = {
    "desk": Unit({"desk/.env": DESK, "desk/rules.yaml": RULES}, port=8080, listens=8080, needs=("stock",)),
    "stock": Unit({"stock/stock.ini": STOCK}, port=9100, listens=9100),
    "news": Unit({"news/news.json": NEWS}, port=7000, listens=7000),
}
FILES = {"desk/.env": DESK, "desk/rules.yaml": RULES, "stock/stock.ini": STOCK, "news/news.json": NEWS}


def broken(name: str, file: str, right: str, wrong: str, **changes: object) -> dict[str, Unit]:
    """The fleet with one thing wrong in one file."""
    text = FLEET[name].files[file]
    assert right in text
    return with_text(FLEET, name, file, text.replace(right, wrong, 1), **changes)


def seen(units: dict[str, Unit], name: str, **changes: object) -> dict[str, Unit]:
    """The same with something else that is seen of a service."""
    return {**units, name: replace(units[name], **changes)}  # pyright: ignore[reportArgumentType] (fields of Unit by name)
