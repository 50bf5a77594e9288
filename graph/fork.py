"""A fork: another run that shares a run's past up to one checkpoint, and goes on from there with something changed.

The fork is a run directory of its own. What it shares is copied (adapters are linked where the file system can, since
they are never written in place), so nothing that either run does later reaches the other.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from tutelage.configs.load import override
from tutelage.configs.schema import RunConfig
from tutelage.errors import InputError, RunDirError
from tutelage.files import copy_file, share_file, write_bytes
from tutelage.graph.benchmarks import FILE as BENCHMARKS
from tutelage.graph.inputs import with_models_located
from tutelage.graph.lineage import Lineage, copy_checkpoints, keep_only, lineage
from tutelage.graph.manifest import ForkedFrom, Manifest, command_line, config_hash, read_manifest, write_manifest
from tutelage.graph.progress import Progress
from tutelage.graph.run_checks import check_prices
from tutelage.graph.rundir import Ledger, RunDir
from tutelage.graph.runs import Ended, plans_told, resume
from tutelage.graph.teaching import open_teachers
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Step, find_step, read_steps
from tutelage.teachers.replies import reply_path
from tutelage.tracing import names
from tutelage.tracing.reader import lines_of_spans
from tutelage.training.adapters import publish_current
from tutelage.training.device import SharedDevice
from tutelage.training.folders import whole_folder

FREE = frozenset({"teachers", "limits", "placement", "tutor", "training", "gate", "curriculum"})
"""Settings that say how to go on. The others are part of what the shared past means."""


@dataclass(frozen=True)
class _Branch:
    """A fork that can be made: from where, from which checkpoint, to where, and with what configuration."""

    root: Path
    origin: Manifest
    checkpoint: str
    into: Path
    config: RunConfig


async def fork(
    root: Path, at: str, into: Path, overrides: Sequence[str], progress: Progress, *, use_cache: bool = True
) -> Ended:
    """Make a fork of ``root`` in ``into`` and run it to its end.

    Args:
        root: A run that no process holds. Only read.
        at: A step of its trace, or a checkpoint's id: the fork begins before that step's node.
        into: Not there yet, or empty.
        overrides: ``key=value`` settings of the new branch.
        progress: Who watches.
        use_cache: Take answers that other runs paid for, and share this one's.

    Raises:
        InputError: there is no such step, or no fork can begin there.
        RunDirError: a live process holds the run, ``into`` is taken, or a setting cannot change.
        TeacherError: an endpoint does not answer or does not serve its model; nothing is made.
    """
    branch = _branch(root, at, into, overrides)
    # A resume looks up the teachers that it is told of; the others stay as the run resolved them.
    told = [setting for setting in overrides if setting.startswith("teachers.")]
    plans = plans_told(branch.origin, branch.config, told)
    # Whoever is not there is found before anything is made.
    async with SharedDevice.open(branch.config.placement), open_teachers(plans, None) as teachers:
        check_prices(branch.config.limits, teachers.plans)
    _make(branch, at, overrides)
    return await resume(into, told, progress, approve=False, use_cache=use_cache)


def make_fork(root: Path, at: str, into: Path, overrides: Sequence[str]) -> Manifest:
    """The run directory of a fork, whole or not at all. See ``fork``."""
    return _make(_branch(root, at, into, overrides), at, overrides)


def _branch(root: Path, at: str, into: Path, overrides: Sequence[str]) -> _Branch:
    origin = read_manifest(root)
    config = override(origin.config, overrides)
    _check_changes(origin.config, config)
    _check_free(root, into)
    return _Branch(root, origin, checkpoint_of(root, at), into, with_models_located(config, Path()))


def _make(branch: _Branch, at: str, overrides: Sequence[str]) -> Manifest:
    rundir, origin = RunDir(branch.root), branch.origin
    with _at_rest(rundir), whole_folder(branch.into) as folder:
        new = RunDir(folder)
        copy_checkpoints(rundir, new.checkpoints)
        past = lineage(new.checkpoints, branch.config, branch.checkpoint, branch.root)
        keep_only(new.checkpoints, past.ids)
        _copy_spans(rundir, new, branch.checkpoint, past)
        _copy_past(rundir, new, past)
        new.publish()
        manifest = origin.model_copy(
            update={
                "config": branch.config,
                "config_sha256": config_hash(branch.config),
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "trace_id": secrets.token_hex(16),
                "command": command_line(
                    "fork", str(branch.root), "--at", at, "--into", str(branch.into), overrides=overrides
                ),
                "forked_from": ForkedFrom(
                    run=os.path.relpath(branch.root, branch.into),
                    checkpoint=branch.checkpoint,
                    trace_id=origin.trace_id,
                ),
            }
        )
        write_manifest(new, manifest)
    return manifest


def checkpoint_of(root: Path, at: str) -> str:
    """The checkpoint before the node of a step; ``at`` itself where it is no step but may be a checkpoint.

    Raises:
        InputError: the step is in no node.
    """
    steps = read_steps(Ledgers(root))
    if at in {step.span.attributes.get(names.CHECKPOINT_ID) for step in steps} or at.count("-") == 4:
        return at
    step = find_step(steps, at)
    node = _node_of(step, steps)
    found = None if node is None else node.span.attributes.get(names.CHECKPOINT_ID)
    if found is None:
        raise InputError(
            f"step {step.number} ('{step.span.name}') belongs to no checkpoint",
            where=root,
            do="choose a step of a node: see 'tutelage trace ls DIR'",
        )
    return str(found)


def _node_of(step: Step, steps: Sequence[Step]) -> Step | None:
    by_id = {one.span.id: one for one in steps}
    current: Step | None = step
    while current is not None and not current.is_node:
        current = by_id.get(current.span.parent or "")
    return current


def _check_changes(before: RunConfig, after: RunConfig) -> None:
    changed = [k for k in RunConfig.model_fields if k not in FREE and getattr(before, k) != getattr(after, k)]
    if changed:
        raise RunDirError(
            f"a fork cannot change '{changed[0]}': its past was made with it",
            do=f"change only {', '.join(sorted(FREE))}, or start a new run",
        )
    if after.gate.items_needed > before.gate.items_needed:
        raise RunDirError(
            f"the changed gate needs {after.gate.items_needed} items a module, and the run has set "
            f"{before.gate.items_needed} aside",
            where="gate",
            do="lower gate.items_per_look, gate.looks or gate.attempts",
        )


def _check_free(root: Path, into: Path) -> None:
    if into.resolve().is_relative_to(root.resolve()):
        raise RunDirError("lies within the run that is forked", where=into, do="name another directory")
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        onward = f"go on with 'tutelage resume {into}', or " if (into / "run.yaml").is_file() else ""
        raise RunDirError("exists and is not an empty directory", where=into, do=f"{onward}name another directory")


@contextmanager
def _at_rest(rundir: RunDir) -> Iterator[None]:
    with rundir.at_rest() as still:
        if not still:
            raise RunDirError("a live process holds the run", where=rundir.root, do="wait for it, or stop it")
        yield


def _copy_spans(rundir: RunDir, new: RunDir, checkpoint: str, past: Lineage) -> None:
    """The lines before the first node that began from the checkpoint, and the replies of the calls they tell of."""
    data = rundir.spans.read_bytes() if rundir.spans.exists() else b""
    kept = data[: data.rfind(b"\n") + 1].splitlines(keepends=True)
    kept = kept[: _cut(kept, checkpoint, past)]
    write_bytes(new.spans, b"".join(kept))
    calls = {line["attributes"].get(names.CALL_ID) for line in lines_of_spans(b"".join(kept))}
    for call in sorted(c for c in calls if c):
        path = reply_path(rundir.replies, call)
        if path.exists():
            copy_file(path, reply_path(new.replies, call))


def _cut(lines: Sequence[bytes], checkpoint: str, past: Lineage) -> int:
    created = 0 if past.created is None else int(datetime.fromisoformat(past.created).timestamp() * 1e9)
    told = [next(lines_of_spans(line), None) for line in lines]
    begun = (n for n, span in enumerate(told) if span and span["attributes"].get(names.CHECKPOINT_ID) == checkpoint)
    # Where nothing was begun from it, all that is older than the checkpoint is its past.
    later = (n for n, span in enumerate(told) if span and (span.get("end_ns") or span["start_ns"]) > created)
    return next(begun, next(later, len(lines)))


def _copy_past(rundir: RunDir, new: RunDir, past: Lineage) -> None:
    """The ledgers' parts, profiles, data sets and adapters that were there when the checkpoint was made."""
    copy_file(rundir.root / "probes.jsonl", new.root / "probes.jsonl")
    if (rundir.root / BENCHMARKS).exists():
        copy_file(rundir.root / BENCHMARKS, new.root / BENCHMARKS)
    if any("diagnose" in snapshot.next for snapshot in past.snapshots[:-1]):
        copy_file(rundir.root / "knowledge_map.json", new.root / "knowledge_map.json")
    folders = [f"parts/{ledger}" for ledger in get_args(Ledger)]
    for folder in (*folders, "profiles"):
        for path in sorted((rundir.root / folder).glob("*")):
            if past.has_part(path.stem):
                copy_file(path, new.root / folder / path.name)
    for dataset in sorted(past.datasets):
        copy_file(rundir.root / dataset, new.root / dataset)
    for adapter in sorted(past.adapters):
        for path in sorted((rundir.adapters / adapter).iterdir()):
            share_file(path, new.adapters / adapter / path.name)
    if past.state.get("adapter"):
        publish_current(new.adapters, past.state["adapter"])
