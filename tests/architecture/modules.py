"""The package's own source, as data."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "prunella"


def modules() -> tuple[Path, ...]:
    """Every module of the package, sorted."""
    return tuple(sorted(SOURCE.rglob("*.py")))


@dataclass(frozen=True)
class Function:
    """`lines` counts from `def` to the last line of the body, without the docstring."""

    place: str
    lines: int


def functions() -> Iterator[Function]:
    """Every function and method of the package."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", _length(node))


def code_strings_and_names(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of every name and every text literal that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first, last = node.body[0], node.end_lineno or node.lineno
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if is_docstring else 0
    return last - node.lineno + 1 - docstring
