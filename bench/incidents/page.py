"""One page that needs nothing else: pictures as inline SVG, a row an incident that opens its timeline."""

from collections.abc import Iterable, Sequence
from html import escape

from bench.incidents.outcome import Outcome
from bench.incidents.rates import Rate, by_family, median_repair_s, rates_of, repair_times, rows_of

_STYLE = """
:root { color-scheme: light dark; --good: #2e7d5b; --bad: #b3443c; --soft: #8886; --ink: currentColor; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2.2rem 0 .5rem; } svg { max-width: 100%; height: auto; }
svg text { font: 12px system-ui; fill: currentColor; }
table { border-collapse: collapse; width: 100%; font-size: 14px; } th, td { text-align: left; }
details { border-bottom: 1px solid var(--soft); padding: .2rem 0; } summary { cursor: pointer; }
summary b { display: inline-block; min-width: 6rem; } .good { color: var(--good); } .bad { color: var(--bad); }
.time { display: inline-block; min-width: 5rem; text-align: right; opacity: .7; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; margin: .4rem 0 .8rem 1rem; font-size: 12.5px; }
"""
_LEFT, _WIDTH, _ROW = 230, 460, 22


def page_of(outcomes: Sequence[Outcome]) -> str:
    """A whole HTML document."""
    sections = "".join(_section(*row) for row in rows_of(outcomes))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>The incidents</title><style>{_STYLE}</style><h1>The incidents</h1>"
        f"<p>Real faults on real servers, judged from outside. Lines are 95&nbsp;% intervals.</p>"
        f"{_overview(outcomes)}{sections}</html>\n"
    )


def _overview(outcomes: Sequence[Outcome]) -> str:
    """Who repaired how much, one bar a contender and condition."""
    rates = [_renamed(f"{who}, {when}", rates_of(own)[0]) for who, when, own in rows_of(outcomes)]
    return f"<h2>Repaired, by the whole oracle</h2>{bars(rates)}"


def _renamed(name: str, rate: Rate) -> Rate:
    return Rate(name, rate.hits, rate.of, rate.is_bad)


def _section(contender: str, condition: str, own: Sequence[Outcome]) -> str:
    rates, middle = rates_of(own), median_repair_s(own)
    took = "" if middle is None else f"<p>Half of the right repairs took at most {middle:.1f} s.</p>"
    return (
        f"<h2>{escape(contender)}, {escape(condition)}</h2>"
        f"<h3>By family</h3>{bars(by_family(own))}"
        f"<h3>Time to a right repair</h3>{took}{steps(repair_times(own))}"
        f"<h3>What went wrong, and how often</h3>{bars([rate for rate in rates if rate.is_bad])}"
        f"<h3>And what went right</h3>{bars([rate for rate in rates if not rate.is_bad])}"
        f"<h3>Every incident</h3>{''.join(map(_incident, own))}"
    )


def bars(rates: Sequence[Rate]) -> str:
    """A bar each, with its interval as a line."""
    height = _ROW * len(rates) + 6
    drawn = "".join(_bar(rate, number * _ROW + 3) for number, rate in enumerate(rates))
    return f'<svg viewBox="0 0 {_LEFT + _WIDTH + 190} {height}" width="{_LEFT + _WIDTH + 190}" role="img">{drawn}</svg>'


def _bar(rate: Rate, top: int) -> str:
    if not rate.of:
        return f'<text x="0" y="{top + 14}">{escape(rate.name)}</text><text x="{_LEFT}" y="{top + 14}">none</text>'
    low, high = (round(_LEFT + _WIDTH * bound, 1) for bound in rate.interval)
    colour, middle = "var(--bad)" if rate.is_bad else "var(--good)", top + 9
    return (
        f'<text x="0" y="{top + 14}">{escape(rate.name[:34])}</text>'
        f'<rect x="{_LEFT}" y="{top + 2}" width="{_WIDTH * rate.share:.1f}" height="14" fill="{colour}" opacity=".75"/>'
        f'<path d="M{low} {middle}H{high}M{low} {middle - 4}v8M{high} {middle - 4}v8" stroke="currentColor"/>'
        f'<text x="{_LEFT + _WIDTH + 12}" y="{top + 14}">{escape(str(rate))}</text>'
    )


def steps(times: Sequence[float]) -> str:
    """How many repairs were done within how many seconds, as a staircase."""
    if not times:
        return "<p>none</p>"
    longest, height = max(times[-1], 1.0), 140
    path = f"M{_LEFT} {height}"
    for done, time in enumerate(times, 1):
        path += f"H{_LEFT + _WIDTH * time / longest:.1f}V{height - (height - 12) * done / len(times):.1f}"
    marks = "".join(
        f'<text x="{_LEFT + _WIDTH * share:.0f}" y="{height + 16}" text-anchor="middle">{longest * share:.0f} s</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        f'<svg viewBox="0 0 {_LEFT + _WIDTH + 190} {height + 22}" width="{_LEFT + _WIDTH + 190}" role="img">'
        f'<path d="M{_LEFT} 8V{height}H{_LEFT + _WIDTH}" stroke="var(--soft)" fill="none"/>'
        f'<path d="{path}" stroke="var(--good)" stroke-width="2" fill="none"/>{marks}'
        f'<text x="0" y="20">{len(times)} repairs</text></svg>'
    )


def _incident(outcome: Outcome) -> str:
    sign = "?" if outcome.troubled else "✔" if outcome.is_right else "✘"
    kind = "good" if outcome.is_right and not outcome.troubled else "bad"
    body = "".join(f"<div>{escape(line)}</div>" for line in _facts(outcome))
    return (
        f'<details><summary><b class="{kind}">{sign} {escape(outcome.incident)}</b> {escape(outcome.title)} — '
        f"{escape(outcome.claim)}, {outcome.wall_s:.1f} s</summary>{body}<pre>{_timeline(outcome)}</pre></details>"
    )


def _facts(outcome: Outcome) -> Iterable[str]:
    yield f"Wanted: {outcome.expected}. Symptom: {'; '.join(outcome.symptom)[:300] or 'none'}"
    yield f"Recorded cause: {outcome.cause or 'none'}"
    for label, lines in (*outcome.parts.items(), ("changed", outcome.changed), ("broke", outcome.broke)):
        if lines:
            yield f"{label}: {'; '.join(lines)[:600]}"
    if outcome.troubled or outcome.error:
        yield outcome.troubled or outcome.error


def _timeline(outcome: Outcome) -> str:
    lines = (
        f'<span class="time">{m["at_s"]:.1f} s</span>  {m["kind"]:<10} {escape(m["text"])}' for m in outcome.timeline
    )
    return "\n".join(lines)
