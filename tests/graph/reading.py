"""A run's trace, read as the commands read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Filter, Step, read_steps
from tutelage.graph.traces.table import shown, step_rows

EVERY = Filter()


def steps_of(root: Path) -> tuple[Ledgers, list[Step]]:
    ledgers = Ledgers(root)
    return ledgers, read_steps(ledgers)


def rows_of(root: Path, wanted: Filter = EVERY, *, everything: bool = False) -> list[dict[str, Any]]:
    ledgers, steps = steps_of(root)
    return step_rows(shown(steps, wanted, everything=everything), steps, ledgers)
