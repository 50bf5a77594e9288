"""The parts of ``report.json``, schema version 1, as the page reads them.

Every key is optional and null counts as absent, because an aborted run has few facts and still deserves a page.
Keys that the page does not know are passed over.
"""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from tutelage.graph.page.part import Part
from tutelage.graph.page.teacher_parts import TeacherRate


class Run(Part):
    """The run as a whole."""

    name: str = ""
    domain: str = ""
    student: str = ""
    student_sha256: str = ""
    started: str = ""
    finished: str = ""
    seed: int | None = None
    outcome: str = "unfinished"
    reason: str = ""
    config_sha256: str = ""
    run_dir_name: str = ""


class Settings(Part):
    """The settings that the page itself needs; any other is kept, to be listed."""

    model_config = ConfigDict(extra="allow")

    mastery_threshold: float | None = None
    confidence: float | None = None

    def listed(self) -> dict[str, Any]:
        """All settings that the report states."""
        return self.model_dump(exclude_unset=True)


class Reading(Part):
    """A rate with its interval over ``n`` items, all in [0, 1]."""

    rate: float
    low: float | None = None
    high: float | None = None
    n: int = 0


class ModuleResult(Part):
    """A knowledge module with its held-out results."""

    id: str
    name: str = ""
    description: str = ""
    difficulty: str = ""
    prerequisites: tuple[str, ...] = ()
    stage: int | None = None
    before: Reading | None = None
    after: Reading | None = None
    teacher: Reading | None = None
    references: tuple[TeacherRate, ...] = ()
    verdict: str = "unfinished"
    attempts: int = 0
    note: str = ""

    @property
    def title(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


class MapEdge(Part):
    """A prerequisite edge."""

    prerequisite: str = Field(alias="from")
    dependent: str = Field(alias="to")
    strength: float = 0
    source: str = ""


class StagePlan(Part):
    """One stage as it was planned."""

    stage: int = 0
    modules: tuple[str, ...] = ()
    reason: str = ""
    round: int = 0


class CurvePoint(Part):
    """One reading of a module on the diagnostic or the gate pool."""

    module: str
    round: int = 0
    pool: str = "gate"
    rate: float
    low: float | None = None
    high: float | None = None
    n: int = 0
    verdict: str = ""
    truncated: int = 0


class DecisionInputs(Part):
    """What a decision was made on."""

    n: int | None = None
    student: float | None = None
    teacher: float | None = None
    ratio: float | None = None
    interval: tuple[float | None, float | None] | None = None
    threshold: float | None = None
    confidence: float | None = None


class Decision(Part):
    """One decision of the run."""

    stage: int | None = None
    round: int | None = None
    module: str | None = None
    verdict: str = ""
    reason: str = ""
    inputs: DecisionInputs = DecisionInputs()
    next: str = ""
    tokens_so_far: int | None = None
    endpoint: str = ""
    model: str = ""
    prompt_hash: str = ""


class CandidateGroup(Part):
    """Candidates of one module and kind."""

    module: str = ""
    kind: str = ""
    total: int = 0
    accepted: int = 0
    rejected: dict[str, int] = Field(default_factory=dict)


class Candidates(Part):
    """All candidates, and the same by module and kind."""

    total: int = 0
    accepted: int = 0
    rejected: dict[str, int] = Field(default_factory=dict)
    groups: tuple[CandidateGroup, ...] = ()


class SampleAdaptation(Part):
    """The five dimensions of adaptation."""

    concretised: str = ""
    decomposed: str = ""
    load: str = ""
    format: str = ""
    language: str = ""


class Sample(Part):
    """One candidate shown in full."""

    module: str = ""
    kind: str = ""
    round: int = 0
    level: int | None = None
    accepted: bool = False
    reason: str = ""
    detail: str = ""
    problem: str = ""
    steps: tuple[str, ...] = ()
    final_answer: str = ""
    adaptation: SampleAdaptation = SampleAdaptation()
    endpoint: str = ""
    model: str = ""
    call_id: str = ""


class ExplainedAnswer(Part):
    """A wrong answer that a misconception explains."""

    question: str = ""
    reference: str = ""
    response: str = ""


class NamedMisconception(Part):
    """A misconception with the answers behind it."""

    module: str = ""
    round: int = 0
    name: str = ""
    explanation: str = ""
    answers: tuple[ExplainedAnswer, ...] = ()


class TrainingRound(Part):
    """One fine-tuning round; ``modules`` counts rows by module id."""

    round: int = 0
    rows: int = 0
    pairs: int = 0
    replayed: int = 0
    modules: dict[str, int] = Field(default_factory=dict)
    loss_first: float | None = None
    loss_last: float | None = None
    seconds: float | None = None
    tokens: int | None = None
    interpolation: float = 1.0
    adapter_sha256: str = ""
    rolled_back: bool = False


class Totals(Part):
    """The run in one row; rates are means over modules on held-out items."""

    before: float | None = None
    after: float | None = None
    teacher: float | None = None
    gain: float | None = None
    items: int | None = None
    mastered: int | None = None
    modules: int | None = None
    candidates: int | None = None
    accepted: int | None = None
    teacher_calls: int | None = None
    teacher_tokens: int | None = None
    teacher_dollars: float | None = None
    student_tokens_trained: int | None = None


class Seconds(Part):
    """Wall time, whole and by node."""

    total: float | None = None
    nodes: dict[str, float] = Field(default_factory=dict)
