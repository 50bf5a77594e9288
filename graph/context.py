"""What the nodes work with. Not checkpointed: a resume builds it anew, which is how endpoints are swapped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tutelage.agents.diagnostician import Diagnostician
from tutelage.agents.judge import Judge
from tutelage.agents.planner import CurriculumPlanner
from tutelage.agents.reference import Reference
from tutelage.agents.tutor import Tutor
from tutelage.agents.writer import Writer
from tutelage.configs.schema import Domain, RunConfig, TeacherRole
from tutelage.graph.progress import Progress
from tutelage.graph.rations import Rations
from tutelage.graph.rundir import RunDir
from tutelage.graph.spending import student_budget
from tutelage.pedagogy.lesson import with_instruction
from tutelage.pedagogy.pools import pool_of
from tutelage.pedagogy.records import Attempt, Item, Pool
from tutelage.teachers.meter import Meter
from tutelage.teachers.plans import Rung
from tutelage.tracing.spans import Tracer
from tutelage.training.device import SharedDevice
from tutelage.training.graders import Grader

WORTH_A_ROUND = 0.4
"""Of a cap on training tokens: what a further round takes at least, with its gate and its full learning rate.

A smaller one undoes more than it teaches: with a tenth of 24,000 tokens left for a second round, a half-taught student
fell from 0.72 at the gate to 0.51 on held-out items (one seed).
"""
TOO_LITTLE = 0.01
"""Of a cap on training tokens: what is not worth a round. Neither is what does not pay for a long lesson."""
LONG_LESSON = 2
"""A long lesson's tokens, in those of a usual one."""


@dataclass(frozen=True)
class Agents:
    """The three agents, the reference teacher that P_T is measured with, and the judge where the domain has one.

    ``writer`` takes the Tutor's place in the strategies that ours is compared with.
    """

    diagnostician: Diagnostician
    planner: CurriculumPlanner
    tutor: Tutor
    reference: Reference
    writer: Writer
    judge: Judge | None = None


@dataclass(frozen=True)
class Staff:
    """Who teaches from a stage on: the agents, and whom each role asks. With ladders it changes between stages."""

    from_stage: int
    agents: Agents
    teachers: Mapping[TeacherRole, Rung]


@dataclass(frozen=True)
class RunContext:
    """A run's tools.

    Attributes:
        items: Every probe item, by id, in drawing order.
        staffs: By rising stage; the first one serves the diagnosis, too.
        rations: Whose turn it is to write, under a cap on the teachers.
        stage: The stage that the context is used in.
        student: Folder of the base student.
        device: Whom the student's training shares its device with.
        earlier_seconds: Wall time of the run's earlier processes.
    """

    config: RunConfig
    domain: Domain
    rundir: RunDir
    items: Mapping[str, Item]
    grader: Grader
    staffs: tuple[Staff, ...]
    meter: Meter
    rations: Rations
    student: Path
    progress: Progress
    tracer: Tracer
    device: SharedDevice = field(default_factory=SharedDevice)
    earlier_seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)
    stage: int = 0

    def at(self, stage: int) -> RunContext:
        """The same tools, with the teachers of this stage."""
        return replace(self, stage=stage)

    @property
    def agents(self) -> Agents:
        """The agents of this stage."""
        return self._staff.agents

    @property
    def teachers(self) -> Mapping[TeacherRole, Rung]:
        """Whom each role asks in this stage."""
        return self._staff.teachers

    @property
    def _staff(self) -> Staff:
        return [self.staffs[0], *(staff for staff in self.staffs[1:] if staff.from_stage <= self.stage)][-1]

    @property
    def seconds(self) -> float:
        """Wall time of the run so far, over all its processes."""
        return self.earlier_seconds + time.monotonic() - self.started

    @property
    def finishes(self) -> bool:
        """Whether a spent cap means to teach what there is and go to the end."""
        return self.config.limits.spent == "finish"

    def training_left(self) -> int | None:
        """What is left of the cap on training tokens; None where there is none."""
        cap = self.config.limits.training_tokens
        return None if cap is None else student_budget(self.rundir).left(cap)

    def training_spent(self) -> bool:
        """Whether so little is left of the cap on training tokens that the student is taught no more."""
        cap, left = self.config.limits.training_tokens, self.training_left()
        return cap is not None and left is not None and left < max(TOO_LITTLE * cap, LONG_LESSON * self.row_tokens())

    def row_tokens(self) -> float:
        """About how long a lesson is for the student: as long as the questions that it was asked, with its answers."""
        asked = [a.tokens for a in self.rundir.rows_of_rounds("attempts", Attempt) if a.role == "student"]
        return sum(asked) / len(asked) if asked else 0.0

    def question(self, item: Item) -> str:
        """An item as it is put to the student: the same words as to the teacher."""
        return with_instruction(item.question, self.domain.answer_instruction)

    def of_module(self, module: str, pool: Pool) -> tuple[Item, ...]:
        """The items of a module in one pool, in drawing order."""
        return pool_of(self.items.values(), module, pool)
