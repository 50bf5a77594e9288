"""The frozen records that cross every boundary: the knowledge map, items, attempts, lessons, candidates.

One record is one line of a file of the run directory, so a field here is a public contract.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

Difficulty = Literal["introductory", "intermediate", "advanced"]
Pool = Literal["diagnostic", "gate", "held_out"]
LessonKind = Literal["core", "remedial", "bridging"]
Role = Literal["student", "teacher"]
Grade = Literal["right", "wrong", "unparseable"]
RejectionReason = Literal[
    "schema", "wrong_answer", "unverifiable", "duplicate", "contaminated", "too_long", "off_module"
]


class Record(BaseModel):
    """A frozen value that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Module(Record):
    """A knowledge module: the unit that is diagnosed, taught and gated."""

    id: str = Field(description='"category/slug", unique in its map', pattern=r"^[a-z0-9_]+(/[a-z0-9_]+)*$")
    name: str
    description: str = ""
    difficulty: Difficulty = "introductory"
    prerequisites: tuple[str, ...] = ()


class Edge(Record):
    """``prerequisite -> dependent`` with the strength of the dependency (Eq. 3), in [0, 1]."""

    prerequisite: str = Field(validation_alias=AliasChoices("from", "prerequisite"), serialization_alias="from")
    dependent: str = Field(validation_alias=AliasChoices("to", "dependent"), serialization_alias="to")
    strength: float = Field(ge=0, le=1)
    source: Literal["teacher", "user", "observed"]


class KnowledgeMap(Record):
    """The modules of a domain and the edges between them."""

    modules: tuple[Module, ...]
    edges: tuple[Edge, ...] = ()


class Item(Record):
    """A probe item: a question with a reference answer, bound to one pool for the whole run.

    ``level`` orders the items of a module by size, 1 being the smallest instance; None where sizes are unknown.
    """

    id: str
    module: str
    pool: Pool
    question: str
    reference: str
    sha256: str = Field(description="of the normalised question: the identity that keeps pools disjoint")
    level: int | None = None


class Attempt(Record):
    """One answer of the student or of the teacher to one probe item, graded.

    ``tokens`` were read and written for it; 0 where nobody counted.
    """

    probe: str
    model: str
    endpoint: str
    role: Role
    round: int
    response: str
    grade: Grade
    truncated: bool
    tokens: int = 0


class Solution(Record):
    """A worked solution in one fixed step format."""

    steps: tuple[str, ...]
    final_answer: str
    verification: str


class Adaptation(Record):
    """What was done in each of the five dimensions of adaptation (method, section 3.4), in a few words each."""

    concretised: str
    decomposed: str
    load: str
    format: str
    language: str


class Lesson(Record):
    """One training example as the Tutor writes it."""

    module: str
    prerequisites: tuple[str, ...]
    difficulty: Difficulty
    problem: str
    solution: Solution
    adaptation: Adaptation
    level: int | None = None


class Provenance(Record):
    """Where a candidate comes from, precisely enough to ask for it again."""

    kind: LessonKind
    stage: int
    round: int
    seed_item: str | None
    endpoint: str
    model: str
    prompt_hash: str
    call_id: str


class Contact(Record):
    """What a text was found too close to.

    Attributes:
        source: ``pools`` for gate and held-out items, else a benchmark's name.
        check: Which check found it first.
        text: The item.
        score: Similarity; of ``ngram`` the number of words in a row, of ``meaning`` the cosine.
    """

    source: str
    check: Literal["exact", "ngram", "minhash", "meaning"]
    text: str
    score: float


class Candidate(Record):
    """A lesson that the Tutor offered: accepted, or rejected with a typed reason. None is dropped.

    ``example`` is None only where the reply held no readable lesson (reason ``schema``); ``detail`` says what
    the reason found, and ``contact`` with what, where it is ``contaminated``.
    """

    id: str
    module: str
    kind: LessonKind
    accepted: bool
    reason: RejectionReason | None
    detail: str | None = None
    contact: Contact | None = None
    example: Lesson | None
    provenance: Provenance


class Misconception(Record):
    """A name for what stands behind a student's wrong answers, with the probe items it explains."""

    name: str
    explanation: str
    probes: tuple[str, ...] = ()


class WrongAnswer(Record):
    """A diagnostic probe that the student failed. Gate and held-out items never become one."""

    probe: str
    question: str
    reference: str
    response: str
    level: int | None = None


class StudentProfile(Record):
    """What was measured of the student on one module: what the Tutor adapts to.

    ``longest_chain`` is the highest item level the student still gets right more often than not.
    """

    module: str
    rate: float
    ratio: float | None
    wrong_answers: tuple[WrongAnswer, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
    longest_chain: int | None = None
