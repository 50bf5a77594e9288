"""Where a benchmark's answers lie: a ledger of its own beside the run's, so that the run stays what it was."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tutelage.files import write_json
from tutelage.graph.rundir import RunDir


class BenchmarkDir(RunDir):
    """The folder of one benchmark in a run directory; the adapters are the run's."""

    def __init__(self, run: RunDir, name: str) -> None:
        super().__init__(run.root / "benchmarks" / name)
        self._run = run

    @property
    def adapters(self) -> Path:
        """The run's adapters."""
        return self._run.adapters

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Keep how long the block takes, once: a piece that is there already was timed when it was made."""
        started = time.monotonic()
        yield
        kept = self._seconds()
        if name not in kept:
            write_json(self._timings, {**kept, name: round(time.monotonic() - started, 3)})

    def seconds(self, prefix: str) -> float:
        """How long all pieces of that prefix took."""
        return sum(value for name, value in self._seconds().items() if name.startswith(prefix))

    @property
    def _timings(self) -> Path:
        return self.root / "seconds.json"

    def _seconds(self) -> dict[str, float]:
        if not self._timings.exists():
            return {}
        found: dict[str, float] = json.loads(self._timings.read_text(encoding="utf-8"))
        return found
