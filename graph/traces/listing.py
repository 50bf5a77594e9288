"""The runs of a folder, as ``tutelage trace ls`` lists them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tutelage.errors import TutelageError
from tutelage.graph.statuses import words
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Step, innermost, read_steps
from tutelage.graph.traces.table import table
from tutelage.tracing import names

HEADINGS = ("run", "started (UTC)", "seconds", "calls", "tokens", "round", "how it stands")
RIGHT = (False, False, True, True, True, True, False)
_STANDING = (6,)


def run_rows(folder: Path) -> list[dict[str, Any]]:
    """The runs in a folder, oldest first, for machines. What is no run directory is left out."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if (path / "run.yaml").is_file():
            try:
                found.append(_row(Ledgers(path)))
            except TutelageError as error:
                found.append({"run": str(path), "started": "", "standing": error.line, **_NOTHING})
    return sorted(found, key=lambda row: (row["started"], row["run"]))


def run_lines(rows: list[dict[str, Any]], width: int | None = None) -> list[str]:
    """The runs for people, cut to ``width`` columns where there are no more."""
    if not rows:
        return ["no run in runs/: give the directory of one, or see 'tutelage run --help'"]
    return table(
        HEADINGS,
        RIGHT,
        [
            (
                row["run"],
                row["started"].replace("T", " ")[:16],
                f"{row['seconds']:.0f}",
                f"{row['calls']:,}",
                f"{row['tokens']:,}",
                str(row["round"]),
                row["standing"],
            )
            for row in rows
        ],
        width,
        _STANDING,
    )


_NOTHING: dict[str, Any] = {"seconds": 0.0, "calls": 0, "tokens": 0, "round": 0, "forked_from": None}


def _row(ledgers: Ledgers) -> dict[str, Any]:
    steps = read_steps(ledgers)
    return {
        "run": str(ledgers.root),
        "started": str(ledgers.manifest.get("started", "")),
        "seconds": round(_seconds(steps), 1),
        "calls": sum(s.cost.calls for s in steps if s.role),
        "tokens": sum(s.cost.tokens for s in steps if s.role),
        "round": max((s.round or 0 for s in steps), default=0),
        "standing": standing(ledgers, steps),
        "forked_from": ledgers.manifest.get("forked_from"),
    }


def standing(ledgers: Ledgers, steps: Sequence[Step]) -> str:
    """How a run stands, in a few words."""
    starts = [s for s in steps if s.span.name == names.RUN and not s.shared]
    if not starts:
        return "forked, not begun" if steps else "not begun"
    last = starts[-1]
    deepest = innermost(steps)
    where = ", ".join(
        dict.fromkeys(
            f"{s.span.name} (step {s.number})" for s in steps if s.span.id in deepest and s.number >= last.number
        )
    )
    if last.died:
        return f"died in {where}"
    if last.span.end_ns is None:
        return f"running: {where}"
    if last.span.failed:
        return f"failed: {last.span.error}" if last.span.error != "cancelled" else "interrupted"
    return words(ledgers.outcome or "") or "waits for approval"


def _seconds(steps: list[Step]) -> float:
    """Wall time of all processes: each from its start to its end, or to the last that is known of it."""
    total, begun, latest = 0, None, 0
    for step in steps:
        span = step.span
        if span.name == names.RUN:
            total += 0 if begun is None else latest - begun
            begun = span.start_ns
            latest = span.start_ns
        latest = max(latest, span.end_ns or span.start_ns)
    return (total + (0 if begun is None else latest - begun)) / 1e9
