"""The run directory: where everything lies, whose it is, and how its ledgers are written.

A ledger (``attempts.jsonl``, ``candidates.jsonl``, ...) is made of parts, one for each piece of work, each written
whole. A piece of work whose part exists is done, so a node that is entered again adopts it. The public file is the
parts in order, written anew whenever one is added.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO, TypeVar

from pydantic import BaseModel

from tutelage.errors import RunDirError
from tutelage.files import disk_errors, read_rows, sha256_text, write_jsonl, write_text

SCHEMA_VERSION = 1
COMPARISON = "plan.json"
"""The file that a comparison's directory is known by."""
Ledger = Literal[
    "attempts",
    "candidates",
    "decisions",
    "stages",
    "readings",
    "teacher_readings",
    "trainings",
    "misconceptions",
    "judgements",
    "helped",
    "lesson_answers",
]
PUBLIC: frozenset[Ledger] = frozenset({"attempts", "candidates", "decisions"})
NODES = ("diagnose", "plan", "tutor", "assemble", "finetune", "gate", "rollback", "graduate", "survey", "write")
"""The nodes that write parts, in the order in which their parts sort within a round; a strategy's own come last."""
Row = TypeVar("Row", bound=BaseModel)


class RunDir:
    """Paths and ledgers of one run."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.root / "run.yaml"

    @property
    def checkpoints(self) -> Path:
        """LangGraph's database."""
        return self.root / "checkpoints.sqlite"

    @property
    def spans(self) -> Path:
        """The trace."""
        return self.root / "spans.jsonl"

    @property
    def adapters(self) -> Path:
        """One adapter a round, and ``current``."""
        return self.root / "adapters"

    @property
    def estimate(self) -> Path:
        """What the run was expected to cost before it began."""
        return self.root / "estimate.json"

    @property
    def plan(self) -> Path:
        """The plan that waits for a person, or the last one that did."""
        return self.root / "plan.yaml"

    @property
    def replies(self) -> Path:
        """Every teacher's reply, by call id."""
        return self.root / "replies"

    def log(self, name: str) -> Path:
        """Where a child process leaves what it prints."""
        return self.root / "logs" / f"{name}.log"

    def relative(self, path: Path) -> str:
        """A path as records hold it: the directory may move."""
        return path.relative_to(self.root).as_posix()

    @property
    def shared(self) -> Path | None:
        """Where the runs of a comparison leave the untaught student's answers for each other; None for a lone run."""
        comparison = self.root.absolute().parent.parent
        return comparison / "answers" if (comparison / COMPARISON).is_file() else None

    def part(self, ledger: Ledger, name: str) -> Path:
        """The file of one part."""
        return self.root / "parts" / ledger / f"{name}.jsonl"

    def write_part(self, ledger: Ledger, name: str, rows: Iterable[BaseModel]) -> str:
        """Write a part whole and bring the public ledger up to date. Returns the part's SHA-256."""
        digest = write_jsonl(self.part(ledger, name), rows)
        if ledger in PUBLIC:
            self._publish(ledger)
        return digest

    def rows(self, ledger: Ledger, kind: type[Row], prefix: str = "") -> list[Row]:
        """The rows of all parts whose name starts with ``prefix``, in the parts' order."""
        return [row for path in self._parts(ledger, prefix) for row in read_rows(path, kind)]

    def rows_of_rounds(self, ledger: Ledger, kind: type[Row]) -> list[Row]:
        """The rows of every round, without the examination at the end."""
        last = part_name(0, "graduate").split("-")[0]
        return [row for path in self._parts(ledger) if not path.name.startswith(last) for row in read_rows(path, kind)]

    def _parts(self, ledger: Ledger, prefix: str = "") -> list[Path]:
        return sorted((self.root / "parts" / ledger).glob(f"{prefix}*.jsonl"))

    def publish(self) -> None:
        """Bring every public ledger up to date: a kill may have come between a part and its ledger."""
        for ledger in sorted(PUBLIC):
            if self._parts(ledger):
                self._publish(ledger)

    def _publish(self, ledger: Ledger) -> None:
        text = "".join(path.read_text(encoding="utf-8") for path in self._parts(ledger))
        write_text(self.root / f"{ledger}.jsonl", text)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run directory, made where it is not there yet: one live process a run.

        Raises:
            RunDirError: another process holds it.
            DiskError: it cannot be made or written.
        """
        with self._lock_file() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                raise RunDirError(
                    f"locked by a live run (process {file.read().strip() or 'unknown'})",
                    where=self.root,
                    do="wait for it, or stop it",
                ) from error
            with disk_errors(self.root):
                file.truncate(0)
                file.write(str(os.getpid()))
                file.flush()
            yield

    @contextmanager
    def at_rest(self) -> Iterator[bool]:
        """Keep the run from being resumed while the block reads it; False where a live process holds it.

        Writes nothing, so that looking at a run leaves no trace.
        """
        path = self.root / ".lock"
        if not path.exists():
            yield True
            return
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _lock_file(self) -> TextIO:
        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            return (self.root / ".lock").open("a+")


def part_name(round_number: int, node: str, *more: str) -> str:
    """Name of a part: sorts by round, then node in the order of the graph, then the rest."""
    number = 999 if node == "graduate" else round_number
    return "-".join([f"{number:03d}", str(NODES.index(node)), node, *(m.replace("/", ".") for m in more)])


def digest(*values: str) -> str:
    """A short content hash for a part's name: work with other inputs is other work."""
    return sha256_text("\n".join(values))[:12]
