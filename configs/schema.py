"""What a run's configuration may say. The key paths here are what ``--set key=value`` takes."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from tutelage.configs.domain import Domain as Domain
from tutelage.configs.domain import DomainModule as DomainModule
from tutelage.pedagogy.mastery import GatePolicy
from tutelage.pedagogy.pacing import Pacing
from tutelage.pedagogy.records import Record
from tutelage.pedagogy.standing import OrderRules
from tutelage.pedagogy.strategies.strategy import StrategyName
from tutelage.pedagogy.zpd import ZpdRule
from tutelage.teachers.settings import VARIABLE
from tutelage.training.contracts import AnswerSettings, TrainSettings
from tutelage.training.placement import Placement
from tutelage.training.sandbox.contracts import CodeSettings

TeacherRole = Literal["diagnostician", "planner", "tutor", "reference", "judge"]


class StudentConfig(Record):
    """The student: which model, and how it answers."""

    model: str = Field(
        description="a hub id, smollm2-135m-instruct, or a Hugging Face folder, "
        "which is looked for where the command runs, then beside this file"
    )
    answering: AnswerSettings = AnswerSettings()


class TeachersConfig(Record):
    """Which teacher plays which role.

    A teacher is said by the name of its file (``offline``, ``vllm-gpu``, or one of yours in ``teachers/`` beside the
    run's configuration), by the path of its file, or by the base URL of an OpenAI-compatible endpoint.
    """

    default: str = "offline"
    diagnostician: str | None = None
    planner: str | None = None
    tutor: str | None = None
    reference: str | None = Field(default=None, description="measures P_T, and solves lessons independently")
    judge: str | None = Field(default=None, description="grades answers in domains whose grader is judge")
    model: str | None = Field(default=None, description="of a teacher said by its URL, where it serves several")
    api_key_env: str | None = Field(
        default=None, pattern=VARIABLE, description="of a teacher said by its URL: the variable that holds the key"
    )
    max_concurrency: int = Field(default=8, ge=1, description="of a teacher said by its URL")
    timeout_s: float = Field(default=120, gt=0, description="of a teacher said by its URL")
    temperature: float = Field(default=0.7, ge=0, description="of the Tutor's lessons; everything else is asked at 0")
    max_tokens: int = Field(default=1536, ge=16, description="longest structured reply of a teacher, in tokens")
    answer_tokens: int = Field(default=256, ge=16, description="longest answer of a teacher to a probe, in tokens")

    def for_role(self, role: TeacherRole) -> str:
        """The teacher of a role."""
        chosen: str | None = getattr(self, role)
        return chosen or self.default


class DiagnosisConfig(Record):
    """How the student is diagnosed (Eq. 2-6)."""

    probes: int = Field(default=30, ge=1, description="diagnostic items a module")
    looks: int = Field(
        default=1,
        ge=1,
        description="parts in which the student is asked the probes; a module whose gap is clear is asked no more",
    )
    held_out: int = Field(default=50, ge=1, description="items a module for the final report, used once")
    gap_threshold: float = Field(default=0.3, gt=0, le=1, description="tau_gap")
    blunt: Literal["refuse", "warn"] = Field(
        default="refuse", description="where the probes are too few to detect a gap of tau_gap"
    )
    dependency_threshold: float = Field(default=0.3, ge=0, le=1, description="tau_dep")
    severity_alpha: float = Field(default=0.7, ge=0, le=1, description="alpha of Eq. 4")
    target_share: float = Field(default=1.0, gt=0, le=1, description="share of the deficient modules targeted (Eq. 5)")
    informs: bool = Field(
        default=True,
        description="False, an ablation: every module is taught alike, whatever was measured of the student",
    )


class CurriculumConfig(Record):
    """How stages are made and left (Eq. 7-8)."""

    ordered: bool = Field(default=True, description="False, an ablation: prerequisites hold nothing up")
    zpd_rule: ZpdRule = "difficulty"
    zpd_limit: float = Field(default=0.15, gt=0, description="tau_ZPD")
    help_share: float = Field(
        default=0.3,
        gt=0,
        le=1,
        description="zpd_rule help: of the items failed alone, the share solved with a worked example that is enough",
    )
    advance: Literal["ready", "stage"] = Field(
        default="ready",
        description="ready: a module starts once its own prerequisites are mastered; stage: once all are",
    )
    entry: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="P_S / P_T of a learning prerequisite at which what stands on it starts; None: once it is mastered",
    )
    pacing: Pacing | None = Field(
        default=None,
        description="how a round's lessons are dealt out by what the student foresees of them; None: all, shuffled",
    )
    retention: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of a round's change taken back from a student that knew all; 0: none, whatever it knew",
    )
    approve: bool = Field(default=False, description="stop for a person after every plan")


class TutorConfig(Record):
    """What is asked of the Tutor, and what its candidates must pass."""

    examples: int = Field(default=100, ge=1, description="lessons of a full round, a module")
    per_call: int = Field(
        default=5,
        ge=1,
        description="lessons asked for in one call; fewer where a cap on teacher_tokens would leave modules without",
    )
    overdraw: float = Field(
        default=1.2, ge=1, description="candidates asked for per lesson wanted, since some are rejected"
    )
    independent_solutions: int = Field(
        default=1, ge=0, description="solutions of the teacher that must agree with a lesson"
    )
    near_duplicate: float = Field(
        default=0.8, gt=0, le=1, description="word-trigram similarity to a gate, held-out or benchmark item"
    )
    alike: float = Field(default=0.9, gt=0, le=1, description="word-trigram similarity to a lesson taught already")
    pool_run: int | None = Field(
        default=None, ge=4, description="words in a row that no lesson may share with a gate or held-out item"
    )
    benchmark_run: int = Field(default=8, ge=4, description="words in a row that no lesson may share with a benchmark")
    embedding: str | None = Field(
        default=None,
        description="folder of a sentence-embedding model, or package:NAME/PATH: then paraphrases are looked for, too",
    )
    same_meaning: float = Field(
        default=0.7, gt=0, le=1, description="cosine to a measured item with the same numbers; needs tutor.embedding"
    )
    max_characters: int = Field(default=1200, ge=1, description="longest lesson")
    replay_share: float = Field(
        default=0.2, ge=0, lt=1, description="share of a round's rows that replay mastered modules"
    )
    keep_share: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="of a full round: lessons of every module known from the start, written once and only replayed",
    )
    keep_by: Literal["teacher", "student"] = Field(
        default="teacher",
        description="who writes them. student: its own right answers to the diagnosis, which asks on for them: "
        "that costs the teacher nothing",
    )
    solved_probes: int = Field(
        default=0,
        ge=0,
        description="probes of a module that are its first lessons, as the teacher solves them: a seventh of the price",
    )
    rehearse: bool = Field(
        default=True, description="a module taught again brings as many of its earlier lessons as of new ones"
    )
    adapt: bool = Field(
        default=True, description="False, an ablation: lessons are written without the student's profile"
    )
    remediate: bool = Field(
        default=True, description="False, an ablation: a failed gate brings full core lessons again, not remedial ones"
    )

    @property
    def kept(self) -> int:
        """Lessons of every module that is known from the start."""
        return math.ceil(self.examples * self.keep_share)


class Limits(Record):
    """Caps that end a run normally. None: no cap."""

    rounds: int = Field(default=12, ge=1)
    teacher_calls: int | None = Field(default=None, ge=1)
    teacher_tokens: int | None = Field(default=None, ge=1)
    teacher_dollars: float | None = Field(default=None, gt=0, description="needs the prices of every teacher")
    seconds: float | None = Field(default=None, gt=0)
    training_tokens: int | None = Field(
        default=None, ge=1, description="tokens trained on, and a third of those read and written in probes"
    )
    spent: Literal["stop", "finish"] = Field(
        default="stop",
        description="what a spent cap means. stop: the run ends there and can be resumed with more; finish: what is "
        "written is taught with what is left for training, and the student is examined",
    )


class StrategyConfig(Record):
    """How lessons come about: our method, or one of those that it is compared with."""

    name: StrategyName = "ioa"
    rounds: int | None = Field(default=None, ge=1, description="of teaching; None: as the strategy's paper has it")
    lessons: int | None = Field(
        default=None, ge=1, description="wanted of a module over all rounds; None: tutor.examples a round. Not for ioa"
    )

    @property
    def is_mastery_loop(self) -> bool:
        """Whether this is our method, which goes by what the student knows, and no baseline."""
        return self.name == "ioa"


class RunConfig(Record):
    """A run, whole. Everything not said has the default shown here."""

    name: str
    domain: str = Field(description="a domain's YAML file, relative to this one")
    source: Literal["items", "hub"] = Field(default="items", description="where the domain's items come from")
    student: StudentConfig
    seed: int = 0
    strategy: StrategyConfig = StrategyConfig()
    teachers: TeachersConfig = TeachersConfig()
    diagnosis: DiagnosisConfig = DiagnosisConfig()
    curriculum: CurriculumConfig = CurriculumConfig()
    gate: GatePolicy = GatePolicy()
    tutor: TutorConfig = TutorConfig()
    training: TrainSettings = TrainSettings()
    placement: Placement = Placement()
    limits: Limits = Limits()
    code: CodeSettings = CodeSettings()

    @model_validator(mode="after")
    def _pacing_fits(self) -> Self:
        said = self.training
        others = [name for name in ("early_stop", "distil", "preference", "packing") if getattr(said, name)]
        others += ["processes"] if said.processes > 1 else []
        if self.curriculum.pacing is not None and others:
            raise ValueError(f"curriculum.pacing does not work with training.{' and training.'.join(others)}")
        return self

    @model_validator(mode="after")
    def _probes_are_left(self) -> Self:
        if self.tutor.solved_probes >= self.diagnosis.probes:
            raise ValueError("tutor.solved_probes must leave some of diagnosis.probes: they tell what is still wrong")
        return self

    @model_validator(mode="after")
    def _retention_fits(self) -> Self:
        if self.curriculum.retention and self.training.accelerate is not None:
            # Each process would hold a share of the weights that the round begins with.
            raise ValueError("curriculum.retention does not work with training.accelerate")
        return self

    @property
    def order_rules(self) -> OrderRules:
        """How the Tutor's lessons are ordered."""
        return OrderRules(self.tutor.examples, self.diagnosis.informs, self.tutor.remediate)
