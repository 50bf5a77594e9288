"""The checkpoints of a run from its beginning to one of them, and what of the run directory they stand on.

Parts of ledgers are named after the node and round that wrote them, so the nodes on the way to a checkpoint say which
parts were there when it was made: no clock is asked, and what was written later is never taken for the past.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import StateSnapshot

from tutelage.configs.schema import RunConfig
from tutelage.errors import InputError, RunDirError
from tutelage.files import copy_file
from tutelage.graph.advance import THREAD
from tutelage.graph.build import Graph
from tutelage.graph.graphs import graph_of
from tutelage.graph.rundir import RunDir, part_name
from tutelage.graph.state import State, as_state


@dataclass(frozen=True)
class Lineage:
    """The snapshots from the first to the one a fork starts from, in order."""

    snapshots: tuple[StateSnapshot, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The checkpoints."""
        return tuple(_id(snapshot) for snapshot in self.snapshots)

    @property
    def state(self) -> State:
        """The state that the fork starts with."""
        return as_state(self.snapshots[-1].values)

    @property
    def created(self) -> str | None:
        """When the last checkpoint was made."""
        return self.snapshots[-1].created_at

    @property
    def prefixes(self) -> frozenset[str]:
        """What the names of the past's parts begin with."""
        return frozenset(
            name
            for snapshot in self.snapshots[:-1]
            for node in snapshot.next
            if (name := _part(node, snapshot.values.get("round", 0)))
        )

    @property
    def datasets(self) -> frozenset[str]:
        """Paths of the past's data sets."""
        return frozenset(s.values["dataset"]["path"] for s in self.snapshots if "dataset" in s.values)

    @property
    def adapters(self) -> frozenset[str]:
        """Names of the past's adapters."""
        found = (s.values.get(key) for s in self.snapshots for key in ("adapter", "last_good"))
        return frozenset(name for name in found if name)

    def has_part(self, stem: str) -> bool:
        """Whether a part of this name was written on the way."""
        return any(stem == name or stem.startswith(f"{name}-") for name in self.prefixes)


def copy_checkpoints(rundir: RunDir, target: Path) -> None:
    """Copy the database with what it has not merged yet. The original is not opened: that could change its files."""
    for suffix in ("", "-wal"):
        source = rundir.checkpoints.with_name(rundir.checkpoints.name + suffix)
        if source.exists():
            copy_file(source, target.with_name(target.name + suffix))


def lineage(database: Path, config: RunConfig, checkpoint: str, where: Path) -> Lineage:
    """The way to a checkpoint, in a copy of the database.

    Raises:
        InputError: it is not on the run's present history, or nothing comes after it, or the database is broken.
    """
    history = _history(database, config, where)
    latest = max(history, default=None)
    present = _way(history, latest)
    if checkpoint not in present:
        left = checkpoint in history
        why = "the run left that branch when it was resumed" if left else f"no checkpoint {checkpoint}"
        raise InputError(why, where=where, do="choose a step of its present history")
    way = present[: present.index(checkpoint) + 1]
    if not history[checkpoint].next or history[checkpoint].next == ("__start__",):
        raise InputError("no node starts from that checkpoint", where=where, do="choose a step of a node")
    return Lineage(tuple(history[one] for one in way))


@contextmanager
def opened(database: Path, config: RunConfig) -> Iterator[Graph]:
    """The graph over a copy of a run's checkpoints, to be asked for its states."""
    with SqliteSaver.from_conn_string(str(database)) as saver:
        saver.serde = JsonPlusSerializer(allowed_msgpack_modules=[])
        yield graph_of(config, saver)


def _history(database: Path, config: RunConfig, where: Path) -> dict[str, StateSnapshot]:
    try:
        with opened(database, config) as graph:
            return {_id(s): s for s in graph.get_state_history(THREAD)}
    except sqlite3.Error as error:
        raise RunDirError(f"its checkpoints cannot be read ({error})", where=where, do="restore them") from error


def keep_only(database: Path, ids: Sequence[str]) -> None:
    """Leave in a copy of the database the given checkpoints only, and nothing that was done from the last of them."""
    with closing(sqlite3.connect(database)) as connection:
        for table, kept in (("checkpoints", ids), ("writes", ids[:-1])):
            marks = ",".join("?" * len(kept))
            connection.execute(f"delete from {table} where checkpoint_id not in ({marks})", kept)  # noqa: S608
        connection.commit()
        connection.execute("vacuum")


def _way(history: dict[str, StateSnapshot], last: str | None) -> list[str]:
    way: list[str] = []
    while last is not None and last in history:
        way.insert(0, last)
        parent = history[last].parent_config
        last = None if parent is None else parent["configurable"]["checkpoint_id"]
    return way


def _id(snapshot: StateSnapshot) -> str:
    return str(snapshot.config["configurable"]["checkpoint_id"])


def _part(node: str, round_number: int) -> str | None:
    """What a node names its parts after; None where it writes none."""
    if node == "__start__":
        return None
    if node == "approve":
        return part_name(round_number, "tutor", "approved")
    return part_name({"diagnose": 0, "plan": round_number + 1}.get(node, round_number), node)
