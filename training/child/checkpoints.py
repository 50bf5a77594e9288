"""Checkpoints in mid-training: the trainer's own folders, each with a mark that says it is whole.

The trainer writes file by file; the mark comes last, so a kill leaves a folder without one, which is never resumed
from. The two newest are kept: while one is being written the other is there.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from tutelage.files import write_json
from tutelage.pedagogy.records import Record
from tutelage.training.child.paced import PacedState
from tutelage.training.folders import make_durable

MARK = "whole.json"


class Mark(Record):
    """What the trainer's own files do not say of the steps so far; ``paced`` where lessons are dealt as it goes."""

    step: int
    losses: tuple[float, ...]
    norms: tuple[float, ...]
    tokens_seen: int
    seconds: float
    paced: PacedState | None = None


def mark(checkpoint: Path, facts: Mark) -> None:
    """Say that a checkpoint is whole, once it is."""
    make_durable(checkpoint)
    write_json(checkpoint / MARK, facts.model_dump(mode="json"))


def newest(folder: Path) -> tuple[Path, Mark] | None:
    """The whole checkpoint with the most steps; None where there is none."""
    found = [(facts.step, path, facts) for path in folder.glob("checkpoint-*") if (facts := _read(path)) is not None]
    if not found:
        return None
    _, path, facts = max(found, key=lambda whole: whole[0])
    return path, facts


def _read(checkpoint: Path) -> Mark | None:
    try:
        return Mark.model_validate_json((checkpoint / MARK).read_bytes())
    except (OSError, ValidationError):
        return None
