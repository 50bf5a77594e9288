"""What the parent and the child say to each other: one JSON object a line, requests down, replies up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from tutelage import errors
from tutelage.errors import TutelageError, WorkerDied
from tutelage.pedagogy.records import Record
from tutelage.training.contracts import AnswerSettings, DeviceChoice, Precision, Question, Sampling, TrainJob
from tutelage.training.fidelity import Fingerprint


class Open(Record):
    """Load the student, its adapter merged, and keep it."""

    kind: Literal["open"] = "open"
    model: str
    adapter: str | None
    settings: AnswerSettings


class Ask(Record):
    """Answer the questions. Each batch comes back as a ``Progress``, the input's order is the parent's business."""

    kind: Literal["ask"] = "ask"
    questions: tuple[Question, ...]
    sampling: Sampling | None = None


class Train(Record):
    """Run a fine-tuning job; its output folder is one that the parent prepared.

    ``checkpoints``: folder of the job's checkpoints, from which it goes on where there are some.
    """

    kind: Literal["train"] = "train"
    job: TrainJob
    checkpoints: str


class Merge(Record):
    """Merge an adapter and save the model, as GGUF where ``gguf_split`` says how its tokenizer splits text."""

    kind: Literal["merge"] = "merge"
    model: str
    adapter: str
    output: str
    gguf_split: str | None


class Look(Record):
    """Say how much memory is free on the device, and the precision that it would compute in."""

    kind: Literal["look"] = "look"
    device: DeviceChoice
    precision: Precision


class Score(Record):
    """Say what the student, untaught and taught, makes of the fixed text. The reply is a ``Known``."""

    kind: Literal["score"] = "score"
    model: str
    adapter: str | None
    settings: AnswerSettings


class Known(Record):
    """What an engine that serves the student must agree with, and the tokens that end its answers."""

    fingerprint: Fingerprint
    ends: tuple[int, ...]


class Render(Record):
    """Turn questions into prompts, as token ids."""

    kind: Literal["render"] = "render"
    model: str
    settings: AnswerSettings
    questions: tuple[Question, ...]


class Spoken(Record):
    """The tokens of an answer, without the one that ended it, whether it ended by itself, and how many were read."""

    id: str
    tokens: tuple[int, ...]
    ended: bool
    read: int


class Read(Record):
    """Turn the tokens of answers into answers."""

    kind: Literal["read"] = "read"
    model: str
    settings: AnswerSettings
    spoken: tuple[Spoken, ...]


class Compare(Record):
    """Say of each text which of ``among`` means most nearly the same, of those that name the same numbers.

    ``model``: folder of a sentence-embedding model. The reply is a ``Compared``.
    """

    kind: Literal["compare"] = "compare"
    model: str
    texts: tuple[str, ...]
    among: tuple[str, ...]
    threads: int | None = None


class Nearest(Record):
    """The index of the nearest text and the cosine of the angle between the two meanings."""

    index: int
    cosine: float


class Compared(Record):
    """For each text the nearest; None where none names the same numbers."""

    nearest: tuple[Nearest | None, ...]


class Evaluate(Record):
    """Run one task of lm-evaluation-harness on a model folder. The reply is an ``Evaluated``.

    ``tasks_folder``: of tasks besides the harness's own; their data files are relative to it. ``limit``: documents of
    each task, from its start. ``chat``: in the student's chat template, as it was taught.
    """

    kind: Literal["evaluate"] = "evaluate"
    model: str
    task: str
    tasks_folder: str | None
    limit: int | None
    chat: bool
    batch_size: int
    threads: int | None
    device: DeviceChoice
    precision: Precision


class TaskScore(Record):
    """One metric of one task, as the harness says it.

    Attributes:
        error: The harness's own standard error; None where it says none.
        scores: By document, where the metric is their mean; None where it is something else of them.
    """

    task: str
    metric: str
    value: float
    error: float | None
    n: int
    available: int
    scores: tuple[float, ...] | None


class Evaluated(Record):
    """What a task came to, and the harness's version."""

    version: str
    scores: tuple[TaskScore, ...]


class Progress(Record):
    """Something happened on the way to the result."""

    kind: Literal["progress"] = "progress"
    value: dict[str, Any]


class Done(Record):
    """The request is fulfilled."""

    kind: Literal["done"] = "done"
    value: dict[str, Any] = Field(default_factory=dict)


class Failed(Record):
    """The request failed with one of our own errors. Anything else ends the child, its traceback in the log."""

    kind: Literal["failed"] = "failed"
    error: str
    what: str
    where: str | None
    do: str | None


Request = Open | Ask | Train | Merge | Look | Score | Render | Read | Compare | Evaluate
REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="kind")])
REPLY: TypeAdapter[Progress | Done | Failed] = TypeAdapter(
    Annotated[Progress | Done | Failed, Field(discriminator="kind")]
)


def failure(error: TutelageError) -> Failed:
    """An error of ours as a reply."""
    return Failed(error=type(error).__name__, what=error.what, where=error.where, do=error.do)


def raised(reply: Failed) -> TutelageError:
    """The error that a reply stands for, as the class that the child raised."""
    kind = getattr(errors, reply.error, None)
    if not (isinstance(kind, type) and issubclass(kind, TutelageError)):
        return WorkerDied(f"unknown error {reply.error}: {reply.what}", where=reply.where, do=reply.do)
    return kind(reply.what, where=reply.where, do=reply.do)
