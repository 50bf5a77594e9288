"""The lines of ``decisions.jsonl`` and of the smaller ledgers that the report is made from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tutelage.pedagogy.mastery import Evidence, Verdict
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Grade, Pool, Record


class DecisionInputs(Record):
    """What a decision was made on: rates in [0, 1], the interval of the ratio with its confidence."""

    n: int
    student: float | None
    teacher: float | None
    ratio: float | None
    interval: tuple[float, float] | None
    threshold: float
    confidence: float

    @classmethod
    def of(cls, evidence: Evidence, threshold: float, confidence: float) -> DecisionInputs:
        """The inputs that this evidence makes."""
        interval = evidence.interval(confidence) if evidence.teacher.successes else None
        return cls(
            n=evidence.student.n,
            student=evidence.student.value,
            teacher=evidence.teacher.value,
            ratio=evidence.ratio,
            interval=None if interval is None else (interval.low, interval.high),
            threshold=threshold,
            confidence=confidence,
        )

    @classmethod
    def of_student(cls, student: Rate, threshold: float, confidence: float) -> DecisionInputs:
        """The inputs where no teacher was asked."""
        return cls(
            n=student.n, student=student.value, teacher=None, ratio=None, interval=None, threshold=threshold,
            confidence=confidence,
        )  # fmt: skip


Finding = Literal["deficient", "known", "excluded", "planned", "held_back", "rolled_back", "remeasured", "note", "end"]


class Decision(Record):
    """Why the run did what it did.

    ``endpoint`` and ``model`` are of the teacher that the decision stands on; ``local`` and None where it is none.
    """

    stage: int
    round: int
    module: str | None
    verdict: Verdict | Finding
    reason: str
    inputs: DecisionInputs | None
    next: str
    tokens_so_far: int
    endpoint: str
    model: str | None = None
    prompt_hash: str | None


class JudgementRecord(Record):
    """What the judge said of one answer to one probe, in both orders."""

    probe: str
    response_first: str | None
    reference_first: str | None
    agreed: bool | None
    calls: tuple[str, ...]


class HelpedAttempt(Record):
    """One answer of the student to a diagnostic item that it failed alone, with a worked example before it.

    ``example`` is the item that the reference teacher solved there.
    """

    probe: str
    module: str
    example: str
    round: int
    response: str
    grade: Grade
    truncated: bool


class LessonAnswer(Record):
    """The student's own answer to a lesson's problem, before it is taught the lesson.

    ``grade`` is None where the answer is cut short or empty, and where the lesson cannot be graded with.
    """

    candidate: str
    module: str
    model: str
    round: int
    response: str
    grade: Grade | None
    truncated: bool
    tokens: int


class StageRecord(Record):
    """A stage as it was planned."""

    stage: int
    round: int
    modules: tuple[str, ...]
    reason: str


class Reading(Record):
    """One point of a mastery curve."""

    module: str
    round: int
    pool: Pool
    right: int
    n: int
    truncated: int
    verdict: str | None


class TeacherReading(Record):
    """P_T of one module, measured with one reference teacher.

    Attributes:
        regime: Tells reference teachers apart (``Rung.regime``).
        endpoint: Name of the endpoint or pool.
    """

    module: str
    round: int
    pool: Pool
    regime: str
    endpoint: str
    model: str
    right: int
    n: int


class TrainingRecord(Record):
    """One fine-tuning round; ``pairs`` of its rows have a rejected answer.

    ``modules`` are the lessons of each in the data set, or, of a paced round, those that were dealt; then ``foreseen``
    is the share of its last ones that the student would have given by itself. ``interpolation`` is the share of its
    change to the student that was kept, and ``read`` the tokens of lessons read again to decide that.
    """

    round: int
    rows: int
    pairs: int = 0
    replayed: int
    modules: dict[str, int]
    dataset_sha256: str
    adapter: str
    adapter_sha256: str
    loss_first: float
    loss_last: float
    learning_rate: float
    seconds: float
    tokens: int
    foreseen: dict[str, float] = Field(default_factory=dict)
    interpolation: float = 1.0
    read: int = 0
    device: str
    precision: str


class MisconceptionRecord(Record):
    """A misconception with the answers that show it."""

    module: str
    round: int
    name: str
    explanation: str
    probes: tuple[str, ...]
