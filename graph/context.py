"""What the nodes work with. Not checkpointed: a resume builds it anew, which is how endpoints are swapped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tutelage.agents.diagnostician import Diagnostician
from tutelage.agents.planner import CurriculumPlanner
from tutelage.agents.reference import Reference
from tutelage.agents.tutor import Tutor
from tutelage.configs.schema import Domain, RunConfig
from tutelage.graph.progress import Progress
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.pools import pool_of
from tutelage.pedagogy.records import Item, Pool
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Meter
from tutelage.tracing.spans import Tracer
from tutelage.training.graders import Grader


@dataclass(frozen=True)
class Agents:
    """The three agents, and the reference teacher that P_T is measured with."""

    diagnostician: Diagnostician
    planner: CurriculumPlanner
    tutor: Tutor
    reference: Reference


@dataclass(frozen=True)
class RunContext:
    """A run's tools.

    Attributes:
        items: Every probe item, by id, in drawing order.
        endpoints: The endpoint of each role.
        student: Folder of the base student.
        earlier_seconds: Wall time of the run's earlier processes.
    """

    config: RunConfig
    domain: Domain
    rundir: RunDir
    items: Mapping[str, Item]
    grader: Grader
    agents: Agents
    endpoints: Mapping[str, Endpoint]
    meter: Meter
    student: Path
    progress: Progress
    tracer: Tracer
    earlier_seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Wall time of the run so far, over all its processes."""
        return self.earlier_seconds + time.monotonic() - self.started

    def question(self, item: Item) -> str:
        """An item as it is put to the student: the same words as to the teacher."""
        instruction = self.domain.answer_instruction
        return f"{item.question}\n{instruction}" if instruction else item.question

    def of_module(self, module: str, pool: Pool) -> tuple[Item, ...]:
        """The items of a module in one pool, in drawing order."""
        return pool_of(self.items.values(), module, pool)
