"""What all outcomes amount to: a table for the terminal, Markdown, JSON, and one page with pictures."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.figures import print_table
from bench.incidents.outcome import Outcome
from bench.incidents.page import page_of
from bench.incidents.rates import Rate, by_family, median_repair_s, rates_of, rows_of


def print_outcomes(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """For people the rates; for programs every outcome, one JSON object a line."""
    if as_json:
        for each in outcomes:
            print(json.dumps(asdict(each), ensure_ascii=False))
        return
    head, *rows = _table(outcomes)
    print_table(head, rows)
    for each in outcomes:
        if each.troubled or not each.is_right:
            print(each)


def write_report(outcomes: Sequence[Outcome], folder: Path) -> None:
    """`report.md`, `report.json` and `report.html` in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(_markdown(outcomes), encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(_plain(outcomes), ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / "report.html").write_text(page_of(outcomes), encoding="utf-8")


def _table(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """What was measured down the side, a column a contender and condition."""
    columns = [(f"{contender}, {condition}", rates_of(own), own) for contender, condition, own in rows_of(outcomes)]
    lines = [["", *(name for name, _, _ in columns)]]
    for number, rate in enumerate(columns[0][1] if columns else ()):
        lines.append([rate.name, *(str(rates[number]) for _, rates, _ in columns)])
    lines.append(["median time to a right repair", *(_seconds(median_repair_s(own)) for _, _, own in columns)])
    lines.append(["runs that the bench failed at", *(str(sum(bool(o.troubled) for o in own)) for _, _, own in columns)])
    return [*lines, ["model calls", *(str(sum(o.model_calls for o in own)) for _, _, own in columns)]]


def _seconds(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f} s"


def _markdown(outcomes: Sequence[Outcome]) -> str:
    parts = ["# The incidents", _as_markdown(_table(outcomes)), "Intervals are Wilson's, of 95 %."]
    for contender, condition, own in rows_of(outcomes):
        families = [[rate.name, str(rate)] for rate in by_family(own)]
        parts += [f"## {contender}, {condition}", _as_markdown([["family", "right end"], *families])]
        parts.append(_as_markdown([["incident", "", "claim", "s", "cause", "found"], *map(_line, own)]))
    return "\n\n".join(parts) + "\n"


def _line(outcome: Outcome) -> list[str]:
    wrong = [f"{name}: {faults[0]}" for name, faults in outcome.parts.items() if faults and name != "cause"]
    cause = "" if "cause" not in outcome.parts else "right" if outcome.cause_is_right else "other"
    said = outcome.troubled or outcome.error or "; ".join((*wrong, *outcome.changed[:1]))
    sign = "?" if outcome.troubled else "✔" if outcome.is_right else "✘"
    return [f"{outcome.incident} {outcome.title}", sign, outcome.claim, f"{outcome.wall_s:.1f}", cause, said[:160]]


def _as_markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = [[cell.replace("|", "/").replace("\n", " ").replace("\r", "") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


def _plain(outcomes: Sequence[Outcome]) -> dict[str, object]:
    rows = [
        {"contender": contender, "condition": condition, "rates": [_rate(rate) for rate in rates_of(own)],
         "families": [_rate(rate) for rate in by_family(own)], "median_repair_s": median_repair_s(own)}
        for contender, condition, own in rows_of(outcomes)
    ]  # fmt: skip
    return {"rows": rows, "outcomes": [asdict(each) | {"is_right": each.is_right} for each in outcomes]}


def _rate(rate: Rate) -> dict[str, object]:
    return {"name": rate.name, "hits": rate.hits, "of": rate.of, "interval": rate.interval}
