"""The ledgers of a run directory as plain rows: light to load, and forgiving about rows of other versions.

A trace is looked at when something went wrong, so nothing here insists that the run be whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tutelage.errors import RunDirError
from tutelage.graph.rundir import Ledger, RunDir
from tutelage.teachers.replies import reply_path
from tutelage.tracing.reader import whole_lines

Row = Mapping[str, Any]
# What is read of a row here, ledger by ledger: less than a row has, so that rows of other versions are read too.
_WANTED: Mapping[Ledger, tuple[str, ...]] = {
    "attempts": ("probe", "role", "model", "response", "grade", "truncated"),
    "candidates": ("id", "module", "kind", "accepted", "reason", "detail", "example", "provenance"),
    "decisions": ("module", "round", "verdict", "reason", "inputs", "next"),
    "misconceptions": ("module", "round", "name", "explanation"),
    "trainings": ("round", "rows", "modules", "replayed", "loss_first", "loss_last", "seconds"),
}
_OF_AN_ITEM = ("id", "module", "question", "reference")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML was built with it


class Ledgers:
    """What a run directory holds, read when it is first asked for.

    Raises:
        RunDirError: it is not a run's.
    """

    def __init__(self, root: Path) -> None:
        self.rundir = RunDir(root)
        self.root = root
        self._read: dict[Path, list[Row]] = {}
        if not self.rundir.config.is_file():
            raise RunDirError("not a run directory (no run.yaml)", where=root, do="give the directory of a run")

    @cached_property
    def manifest(self) -> Row:
        """``run.yaml``."""
        try:
            value = yaml.load(self.rundir.config.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both safe
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise RunDirError("cannot be read", where=self.rundir.config, do="run it anew") from error
        return value if isinstance(value, dict) else {}

    @cached_property
    def items(self) -> Mapping[str, Row]:
        """The probe items by id."""
        path = self.root / "probes.jsonl"
        return {row["id"]: row for row in _rows(path, _OF_AN_ITEM)} if path.exists() else {}

    @cached_property
    def modules(self) -> list[str]:
        """Ids of the modules, in alphabetical order."""
        return sorted({str(item["module"]) for item in self.items.values()})

    @cached_property
    def candidates(self) -> list[Row]:
        """Every lesson, accepted or rejected, in order."""
        return [row for _, rows in self.parts("candidates") for row in rows]

    @cached_property
    def lessons_of_call(self) -> Mapping[str, list[Row]]:
        """The candidates by the call that wrote them."""
        return _grouped(self.candidates, lambda row: str(row["provenance"]["call_id"]))

    @cached_property
    def lessons_of_problem(self) -> Mapping[str, list[Row]]:
        """The candidates by the first line of their problem."""
        told = [row for row in self.candidates if row["example"] is not None]
        return _grouped(told, lambda row: _first_line(row["example"]["problem"]))

    @cached_property
    def items_of_question(self) -> Mapping[str, list[Row]]:
        """The probe items by the first line of their question."""
        return _grouped(self.items.values(), lambda row: _first_line(row["question"]))

    @cached_property
    def teacher_answers(self) -> Mapping[str, list[Row]]:
        """The teacher's graded answers by probe."""
        rows = (row for _, found in self.parts("attempts") for row in found if row["role"] == "teacher")
        return _grouped(rows, lambda row: str(row["probe"]))

    @cached_property
    def decisions(self) -> list[tuple[str, list[Row]]]:
        """The parts of the decisions, in order."""
        return list(self.parts("decisions"))

    @cached_property
    def outcome(self) -> str | None:
        """How the run ended, once it has been reported."""
        path = self.root / "report.json"
        try:
            return str(json.loads(path.read_bytes())["run"]["outcome"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def parts(self, ledger: Ledger, prefix: str = "") -> Iterator[tuple[str, list[Row]]]:
        """Name and rows of each part, in order."""
        for path in sorted((self.root / "parts" / ledger).glob(f"{prefix}*.jsonl")):
            if path not in self._read:  # a part is written once and whole
                self._read[path] = _rows(path, _WANTED.get(ledger, ()))
            yield path.stem, self._read[path]

    def anew(self) -> Ledgers:
        """The directory as it is now: what a running run has written meanwhile is there."""
        fresh = Ledgers(self.root)
        fresh._read = self._read
        return fresh

    def reply(self, call_id: str) -> Row | None:
        """A stored call: the request and its reply; None where it was not answered."""
        path = reply_path(self.rundir.replies, call_id)
        try:
            value = json.loads(path.read_bytes())
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def is_live(self) -> bool:
        """Whether a process holds the run directory now."""
        with self.rundir.at_rest() as still:
            return not still


def _rows(path: Path, wanted: Iterable[str]) -> list[Row]:
    """The rows of a file that we wrote.

    Raises:
        RunDirError: a row lacks what every version of ours has.
    """
    rows: list[Row] = list(whole_lines(path.read_bytes()))
    lacking = next((key for row in rows for key in wanted if key not in row), None)
    if lacking is not None:
        raise RunDirError(f"a row has no '{lacking}'", where=path, do="restore the file, or run anew")
    return rows


def _grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
