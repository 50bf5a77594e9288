"""The directory of a comparison: whose it is, and how far each of its runs has come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from tutelage.errors import RunDirError
from tutelage.files import write_json
from tutelage.graph.comparison.plan import Job, Plan
from tutelage.graph.manifest import read_manifest
from tutelage.graph.rundir import COMPARISON
from tutelage.graph.runs import can_resume

Stage = Literal["new", "begun", "done"]


def check_folder(plan: Plan, sha256: str) -> None:
    """The directory is this comparison's, or free.

    Arms, seeds and the baseline may be others than before: runs that are there are adopted, and the rest is made.

    Args:
        plan: What is to be compared.
        sha256: Of the configuration that all its runs share, budget included.

    Raises:
        RunDirError: it belongs to another configuration or budget, or holds something else.
    """
    path = plan.into / COMPARISON
    if path.is_file():
        if _said(path).get("config_sha256") != sha256:
            raise RunDirError(
                "this comparison was begun with another configuration or budget",
                where=plan.into,
                do=f"say what {COMPARISON} says, or name another directory",
            )
    elif plan.into.exists() and (not plan.into.is_dir() or any(p.name != ".lock" for p in plan.into.iterdir())):
        raise RunDirError("exists and is not an empty directory", where=plan.into, do="name another directory")


def claim(plan: Plan, sha256: str) -> None:
    """Make the directory this comparison's."""
    if not (plan.into / COMPARISON).is_file():
        facts = {"config": str(plan.config_path), "budget": plan.budget, "settings": list(plan.settings)}
        write_json(plan.into / COMPARISON, {"schema_version": 1, "config_sha256": sha256, **facts})


def stage_of(job: Job) -> Stage:
    """How far a run has come.

    Raises:
        RunDirError: the run there has another configuration.
    """
    if not can_resume(job.root):
        return "new"
    if read_manifest(job.root).config != job.config:
        raise RunDirError(
            "this run has another configuration than the comparison gives it",
            where=job.root,
            do="move it away, or name another directory",
        )
    return "done" if outcome_of(job.root) not in (None, "unfinished") else "begun"


def outcome_of(root: Path) -> str | None:
    """How a run ended, by its report; None where it has none."""
    path = root / "report.json"
    if not path.is_file():
        return None
    return str(json.loads(path.read_bytes())["run"]["outcome"])


def _said(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise RunDirError("not a comparison's plan", where=path, do="name another directory") from error
    return value if isinstance(value, dict) else {}
