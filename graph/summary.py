"""The table at the end of a run: before, after and teacher on held-out items, module by module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from tutelage.graph.page.formats import count, interval, rate
from tutelage.graph.page.model import read_report
from tutelage.graph.page.parts import ModuleResult, Reading
from tutelage.graph.plain_text import one_line
from tutelage.graph.statuses import mark, words

_HEADINGS = ("Module", "Before", "After", "interval", "Teacher", "n", "Verdict")
_RIGHT = (False, True, True, False, True, True, False)
_NAME = 25


@dataclass(frozen=True)
class _Line:
    cells: tuple[str, ...]
    verdict: str = ""


def summary_table(report: Mapping[str, Any]) -> Table:
    """The table for a terminal, with a row of means at the end.

    Raises:
        InputError: the report cannot be read.
    """
    *modules, mean = _lines(report)
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=True, header_style="dim", footer_style="bold"
    )
    for heading, right, foot in zip(_HEADINGS, _RIGHT, mean.cells, strict=True):
        table.add_column(heading, Text(foot), justify="right" if right else "left", no_wrap=True)
    for line in modules:
        style = {"mastered": "blue", "stalled": "red"}.get(line.verdict, "")
        table.add_row(*(Text(cell) for cell in line.cells[:-1]), Text(line.cells[-1], style=style))
    return table


def summary_text(report: Mapping[str, Any]) -> str:
    """The same table as plain text, for pipes. Ends with a newline.

    Raises:
        InputError: the report cannot be read.
    """
    rows = [_HEADINGS, *(line.cells for line in _lines(report))]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return "".join(
        "  ".join(_padded(*cell) for cell in zip(row, widths, _RIGHT, strict=True)).rstrip() + "\n" for row in rows
    )


def losses(report: Mapping[str, Any]) -> tuple[str, ...]:
    """What teaching has cost the student, a sentence each: modules that clearly fell, and a mean that did.

    A module clearly fell where its whole interval after lies under the one before.

    Raises:
        InputError: the report cannot be read.
    """
    facts = read_report(report)
    before, after = facts.totals.before, facts.totals.after
    fallen = [line for module in facts.modules if (line := _fall(module))]
    found = []
    if fallen:
        found.append(
            f"Forgotten: {', '.join(fallen)}. curriculum.retention gives less of it away, tutor.replay_share and "
            "tutor.keep_share replay more of it."
        )
    if before is not None and after is not None and after < before:
        found.append(
            f"On the whole the student answers less than before it was taught: {rate(before)} to {rate(after)}."
        )
    return tuple(found)


def _fall(module: ModuleResult) -> str:
    before, after = module.before, module.after
    if before is None or after is None or before.low is None or after.high is None or after.high >= before.low:
        return ""
    return f"{one_line(module.title, _NAME)} ({rate(before.rate)} to {rate(after.rate)})"


def _padded(text: str, width: int, right: bool) -> str:
    return " " * (width - cell_len(text)) + text if right else set_cell_size(text, width)


def _lines(report: Mapping[str, Any]) -> list[_Line]:
    facts = read_report(report)
    totals = facts.totals
    means = (rate(totals.before), rate(totals.after), "", rate(totals.teacher), count(totals.items))
    mastered = "" if totals.mastered is None else f"✓ {count(totals.mastered)} of {count(totals.modules)}"
    return [*(_line(module) for module in facts.modules), _Line(("Mean over modules", *means, mastered))]


def _line(module: ModuleResult) -> _Line:
    after = module.after
    measured = after or module.before or module.teacher
    cells = (
        one_line(module.title, _NAME),
        _rate(module.before),
        _rate(after),
        interval(after.low, after.high) if after else "",
        _rate(module.teacher),
        count(measured.n if measured else None),
        f"{mark(module.verdict)} {words(one_line(module.verdict))}",
    )
    return _Line(cells, module.verdict)


def _rate(reading: Reading | None) -> str:
    return rate(reading.rate if reading else None)
