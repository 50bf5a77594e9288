"""The report of a run that may be going on: from a copy of its checkpoints, so that its own are never opened."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tutelage.configs.schema import RunConfig
from tutelage.errors import RunDirError
from tutelage.graph.advance import THREAD
from tutelage.graph.lineage import copy_checkpoints, opened
from tutelage.graph.manifest import read_manifest
from tutelage.graph.report import build_report
from tutelage.graph.rundir import RunDir
from tutelage.graph.runs import read_items
from tutelage.graph.state import State, as_state


def live_report(root: Path) -> Mapping[str, Any]:
    """What ``report.json`` would say now. Nothing is written.

    Raises:
        RunDirError: the directory is not a run's, or holds records that this version cannot read.
    """
    rundir = RunDir(root)
    try:
        manifest = read_manifest(root)
        return build_report(rundir, manifest, read_items(root), _state(rundir, manifest.config))
    except ValidationError as error:
        what = f"a record is of another version ({error.title}: {error.errors()[0]['msg']})"
        raise RunDirError(what, where=root, do="steps and candidates are shown all the same") from error


def _state(rundir: RunDir, config: RunConfig) -> State:
    """The state of the last checkpoint; empty before the first, or where the copy was torn by a write."""
    if not rundir.checkpoints.exists():
        return State()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "checkpoints.sqlite"
        copy_checkpoints(rundir, copy)
        try:
            with opened(copy, config) as graph:
                return as_state(graph.get_state(THREAD).values)
        except sqlite3.DatabaseError:
            return State()
