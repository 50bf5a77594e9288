"""The record that a report carries: the answers that the server would give, packed, up to a size."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Step, read_steps
from tutelage.graph.ui import facts
from tutelage.graph.ui.wire import to_json

MOST_PACKED = 3_000_000
"""Bytes of the record as packed (a third more in the page). What goes beyond it is left out, and the page says so."""

MOST_STEPS = 50_000
Entry = tuple[str, Callable[[], Any]]


def record(ledgers: Ledgers, shape: Mapping[str, Any], most: int = MOST_PACKED) -> str:
    """The packed record of a run, as base64 of zlib's stream.

    The list of steps and candidates is always there; details come in the order in which one looks for them, until
    ``most`` is reached.
    """
    steps = read_steps(ledgers)
    run = {**facts.head(ledgers, steps), "live": False, "now": []}
    rows = facts.step_table(steps[:MOST_STEPS], ledgers)
    packer = _Packer(most)
    packer.always("news", {"version": 1, "run": run, "steps": rows})
    packer.always("graph", shape)
    packer.always("candidates", facts.candidate_table(ledgers, steps))
    total = left_out = 0
    for path, make in _details(steps[:MOST_STEPS], ledgers, run["modules"]):
        total += 1
        left_out += packer.is_full or not packer.add(path, make())
    return packer.close({"left_out": left_out, "total": total, "directory": str(ledgers.root)})


class _Packer:
    """JSON written piece by piece into one zlib stream, so that its packed size is known as it grows."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._zip = zlib.compressobj(6)
        self._packed = bytearray(self._zip.compress(b'{"answers":{'))
        self._first = True
        self.is_full = False

    def always(self, path: str, value: Any) -> None:
        """Add an answer whatever its size."""
        comma = "" if self._first else ","
        self._first = False
        self._packed += self._zip.compress(f"{comma}{to_json(path)}:{to_json(value)}".encode())

    def add(self, path: str, value: Any) -> bool:
        """Add an answer if there is room; whether there was."""
        if len(self._packed) >= self._most:
            self.is_full = True
            return False
        self.always(path, value)
        return True

    def close(self, rest: Mapping[str, Any]) -> str:
        """The whole as base64."""
        self._packed += self._zip.compress(f"}},{to_json(rest)[1:]}".encode()) + self._zip.flush()
        return base64.b64encode(bytes(self._packed)).decode()


def _details(steps: list[Step], ledgers: Ledgers, modules: list[dict[str, str]]) -> Iterator[Entry]:
    """What is looked for first comes first: stories, all that is no call, calls that wrote or planned, the rest."""
    for module in modules:
        yield f"module/{module['id']}", partial(facts.module_facts, module["id"], ledgers, steps)
    for step in sorted(steps, key=_rank):
        yield f"step/{step.number}", partial(facts.step_facts, step, ledgers)
    for row in ledgers.candidates:
        yield f"candidate/{row['id']}", partial(dict, row)


def _rank(step: Step) -> tuple[int, int]:
    if step.role is None:
        return (0, step.number)
    return (1 if step.failed or step.role != "reference" else 2, step.number)
