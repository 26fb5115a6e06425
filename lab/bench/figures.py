"""From timed rounds to figures, bars and a table: pure."""

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any, NamedTuple


class Timed(NamedTuple):
    """What one work took, in seconds, round by round."""

    name: str
    what: str
    peer: str
    """The command that does the same, or why there is none."""
    ours: Sequence[float]
    peers: Sequence[float]
    """Of the same rounds; empty when there is no peer."""
    commands: Sequence[float]
    """The whole command with its start-up; empty when there is none."""


class Measured(NamedTuple):
    """One number that isn't a comparison."""

    name: str
    what: str
    value: float
    unit: str


class Delays(NamedTuple):
    """How long people wait for something, in seconds, round by round."""

    name: str
    what: str
    rounds: Sequence[float]


class Bar(NamedTuple):
    """What a figure must not exceed: the ratio of a work, the value of a measurement, p99_ms of delays."""

    name: str
    most: float


BARS = (
    Bar("apply_11k", 0.05),
    Bar("snapshot_10k", 0.16),
    Bar("noop_11k", 0.2),
    Bar("memory_100k", 400.0),
    Bar("version_cpu", 0.15),
    Bar("approve_to_verified", 1000.0),
)

JUDGED = {"ratio": "", "value": "", "p99_ms": " ms at p99"}
"""What a bar looks at in a figure, and its unit; the unit of a value stands beside it."""


def ratio(timed: Timed) -> float | None:
    """The median of each round's ours / peer; None without a peer.

    Of the rounds, not of the medians: what slows the machine down for a while slows down both of a pair.
    """
    pairs = list(zip(timed.ours, timed.peers, strict=bool(timed.peers)))
    return median(ours / peer for ours, peer in pairs) if pairs else None


def percentile(values: Sequence[float], percent: float) -> float:
    """By nearest rank: the least of the values that so many percent of them don't exceed."""
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]


def figures(
    works: Iterable[Timed], measured: Iterable[Measured], delays: Iterable[Delays] = ()
) -> dict[str, dict[str, Any]]:
    """All figures by name, as `build/bench.json` holds them. Seconds, unless a unit is named."""
    found: dict[str, dict[str, Any]] = {}
    for work in works:
        found[work.name] = {
            "what": work.what,
            "peer": work.peer,
            "rounds": len(work.ours),
            "ours_s": _rounded(median(work.ours)),
            "peer_s": _rounded(median(work.peers)) if work.peers else None,
            "ratio": _rounded(ratio(work)),
            "command_s": _rounded(median(work.commands)) if work.commands else None,
        }
    for one in measured:
        found[one.name] = {"what": one.what, "value": _rounded(one.value), "unit": one.unit}
    for delay in delays:
        found[delay.name] = {
            "what": delay.what,
            "rounds": len(delay.rounds),
            "p50_ms": round(percentile(delay.rounds, 50) * 1000, 1),
            "p99_ms": round(percentile(delay.rounds, 99) * 1000, 1),
        }
    return found


def misses(found: dict[str, dict[str, Any]], bars: Iterable[Bar] = BARS) -> list[str]:
    """A sentence for each bar that is missed, or whose figure is not there."""
    return [text for bar in bars if (text := _miss(found.get(bar.name), bar))]


def _miss(figure: dict[str, Any] | None, bar: Bar) -> str:
    figure = figure or {}
    judged = next((key for key in JUDGED if figure.get(key) is not None), None)
    if judged is None:
        return f"{bar.name} was not measured; its bar is {bar.most:g}"
    value, unit = figure[judged], JUDGED[judged]
    if "unit" in figure:
        unit = f" {figure['unit']}"
    return "" if value <= bar.most else f"{bar.name} is {value:g}{unit}, its bar {bar.most:g}{unit}"


def table(found: dict[str, dict[str, Any]], bars: Iterable[Bar] = BARS) -> str:
    """The figures for people, with the bars."""
    most = {bar.name: bar.most for bar in bars}
    rows = [("work", "ours", "peer", "ratio", "bar", "command", "peer is")]
    for name, figure in found.items():
        bar = f"{most[name]:g}" if name in most else "–"
        if alone := _alone(figure):
            rows.append((name, alone, "–", "–", bar, "–", "–"))
            continue
        seconds = (_seconds(figure[key]) for key in ("ours_s", "peer_s"))
        share = "–" if figure["ratio"] is None else f"{figure['ratio']:.3f}"
        rows.append((name, *seconds, share, bar, _seconds(figure["command_s"]), figure["peer"]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "".join(_line(row, widths) for row in rows)


def _alone(figure: dict[str, Any]) -> str:
    """What there is to say of a figure that isn't a comparison; "" for one that is."""
    if "value" in figure:
        return f"{figure['value']:g} {figure['unit']}"
    if "p99_ms" in figure:
        return f"{figure['p50_ms']:.0f} ms, p99 {figure['p99_ms']:.0f} ms"
    return ""


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.ljust(width) if column in (0, len(row) - 1) else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip() + "\n"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f} s"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
