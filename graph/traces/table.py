"""Steps and runs as lines of a terminal, and as rows for machines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len, set_cell_size

from tutelage.graph.plain_text import visible
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.outcomes import outcome
from tutelage.graph.traces.steps import Filter, Step, innermost
from tutelage.tracing import names

HEADINGS = ("step", "at (UTC)", "seconds", "calls", "tokens", "what", "outcome")
RIGHT = (True, True, True, True, True, False, False)
CUT = 100
_WORDS = (5, 6)
_NARROWEST = 12


def shown(steps: Sequence[Step], wanted: Filter, *, everything: bool) -> list[Step]:
    """The steps that a listing shows: single calls, gradings and decisions only where they are asked for."""
    if wanted.is_on:
        return wanted.of(steps)
    listed = (s for s in steps if everything or not (s.role or s.is_decision or s.span.name == names.GRADE))
    return depth_first(list(listed))


def step_rows(steps: Sequence[Step], every: Sequence[Step], ledgers: Ledgers) -> list[dict[str, Any]]:
    """The steps for machines; ``every`` holds all of the run's."""
    deepest = innermost(every)
    last = next((s.span.id for s in reversed(every) if s.span.name == names.RUN), None)
    return [
        {
            "step": step.number,
            "span_id": step.span.id,
            "call_id": step.call_id,
            "checkpoint_id": step.span.attributes.get(names.CHECKPOINT_ID),
            "name": step.span.name,
            "depth": step.depth,
            "node": step.node,
            "module": step.module,
            "about": None if step.is_decision else step.span.attributes.get(names.MODULE),
            "round": step.round,
            "probing": probing(step.span.attributes.get(names.PART)),
            "started": _moment(step.span.start_ns).isoformat(timespec="milliseconds"),
            "seconds": None if step.span.seconds is None else round(step.span.seconds, 3),
            "open": step.span.end_ns is None,
            "died": step.died,
            "failed": step.failed,
            "calls": step.cost.calls,
            "cached": step.cost.cached,
            "retries": step.cost.retries,
            "tokens": step.cost.tokens,
            "outcome": outcome(step, ledgers, deepest, last),
        }
        for step in steps
    ]


def step_lines(rows: Sequence[dict[str, Any]], *, indent: bool, width: int | None = None) -> list[str]:
    """The steps for people, cut to ``width`` columns where there are no more."""
    cells = [_cells(row, indent=indent) for row in rows]
    return table(HEADINGS, RIGHT, cells, width, _WORDS) if rows else ["no step"]


def table(
    headings: Sequence[str],
    right: Sequence[bool],
    rows: Iterable[Sequence[str]],
    width: int | None = None,
    words: Sequence[int] = (),
) -> list[str]:
    """Rows as aligned lines. Every cell is made harmless and kept on one line.

    Args:
        headings: Of the columns.
        right: Which columns are flush right.
        rows: The cells.
        width: Of the terminal; None where lines may be as long as they are.
        words: The columns that are cut where a line does not fit. Numbers and paths are of no use in part.
    """
    cells = [tuple(headings), *(tuple(_cell(value) for value in row) for row in rows)]
    widths = [max(_wide(row[n]) for row in cells) for n in range(len(headings))]
    if width is not None:
        widths = _narrowed(widths, words, width)
    return [
        "  ".join(
            " " * (wide - _wide(value)) + value if flush else _padded(value, wide)
            for value, wide, flush in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


def _narrowed(widths: Sequence[int], words: Sequence[int], width: int) -> list[int]:
    """Widths that fit ``width`` with their gaps, if the columns of words can give enough; the widest gives first."""
    found = list(widths)
    while words and sum(found) + 2 * (len(found) - 1) > width:
        widest = max(words, key=lambda n: found[n])
        if found[widest] <= _NARROWEST:
            break
        found[widest] -= 1
    return found


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _wide(text)) if _wide(text) <= width else set_cell_size(text, width - 1) + "…"


def clock(ns: int) -> str:
    """Time of day, UTC."""
    return f"{_moment(ns):%H:%M:%S}"


def depth_first(steps: Sequence[Step]) -> list[Step]:
    """Each step before what is within it, so that branches which ran at the same time do not mix."""
    ids = {step.span.id for step in steps}
    inside: dict[str | None, list[Step]] = {}
    for step in steps:
        inside.setdefault(step.span.parent if step.span.parent in ids else None, []).append(step)
    ordered, waiting = [], list(reversed(inside.get(None, [])))
    while waiting:
        step = waiting.pop()
        ordered.append(step)
        waiting += reversed(inside.get(step.span.id, []))
    return ordered


def what(row: dict[str, Any]) -> str:
    """A step's name with what it is about."""
    if row["probing"]:
        return f"{row['name']}: {row['probing']}"
    return f"{row['name']}, {row['about']}" if row["about"] else row["name"]


def probing(part: str | None) -> str | None:
    """Which probing a part of the attempts is of: ``look1``, ``retention``, ``profile word.boxes``."""
    found = re.fullmatch(r"\d+-\d-[a-z]+-?(.*?)-?(?:student|teacher)-[0-9a-f]+", part or "")
    return found.group(1).replace("-", " ") or None if found else None


def _cells(row: dict[str, Any], *, indent: bool) -> tuple[str, ...]:
    seconds = "open" if row["seconds"] is None else f"{row['seconds']:.1f}"
    again = f" (+{row['cached']} read again)" if row["cached"] and not row["call_id"] else ""
    return (
        str(row["step"]),
        row["started"][11:19],
        seconds,
        f"{row['calls']:,}{again}" if row["calls"] or again else "",
        f"{row['tokens']:,}" if row["tokens"] else "",
        "  " * row["depth"] * indent + what(row),
        row["outcome"],
    )


def _wide(text: str) -> int:
    """Columns of a text in a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def _cell(text: str) -> str:
    line = visible(text).rstrip().replace("\n", " ").replace("\t", " ")
    return line if len(line) <= CUT else line[: CUT - 1] + "…"


def _moment(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, UTC)
