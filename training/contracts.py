"""The frozen records that cross the training room's boundary, and the child process's pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from tutelage.pedagogy.pacing import Pacing
from tutelage.pedagogy.records import Record
from tutelage.training.settings import DeviceChoice as DeviceChoice
from tutelage.training.settings import EarlyStop as EarlyStop
from tutelage.training.settings import LoraSettings as LoraSettings
from tutelage.training.settings import Precision as Precision
from tutelage.training.settings import TrainSettings as TrainSettings

Backend = Literal["auto", "transformers", "vllm"]
_ANSWER_TOKENS = 96


class Question(Record):
    """One user message for the student. ``text`` is the whole message."""

    id: str
    text: str


class Sampling(Record):
    """Answers drawn instead of greedy: other seeds give other answers."""

    temperature: float = Field(gt=0)
    seed: int


class Answer(Record):
    """The student's reply to one question.

    ``tokens`` counts what was generated before the end token, ``prompt_tokens`` what was read. ``truncated``: the
    token limit came before the end token, so the reply may be unfinished; that is a limit of ours and not a weakness of
    the student.
    """

    id: str
    text: str
    tokens: int
    truncated: bool
    prompt_tokens: int = 0


class Example(Record):
    """A training row: a user message, the assistant's answer, and where the row comes from.

    ``rejected`` is the student's own wrong answer to the message, where it is to learn from it (``preference``).
    """

    prompt: str
    completion: str
    module: str
    candidate: str
    rejected: str | None = None

    @model_serializer(mode="wrap")
    def _said(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A data set without pairs keeps the bytes, and the hash, that it had before there were any.
        return {key: value for key, value in dump(self).items() if value is not None}


class AnswerSettings(Record):
    """How the student answers. ``threads``: None takes every core. ``precision``: auto is what the device does best.

    ``backend`` is what computes the answers: ``transformers`` in a child process, or a ``vllm`` server at ``url`` (as
    http://127.0.0.1:8000/v1) that serves the run's base model, started with ``--enable-lora`` and
    ``VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`` on a machine that sees this disk. ``auto`` takes the server where a url is
    given and it is shown to hold the student, and the child otherwise. ``batch_size`` is questions at a time for both.

    An answer ends before the first of the ``stop`` strings, as it would at an end token: a student that goes on to ask
    itself the next question has answered, and is not cut short by ``max_new_tokens``. Where that is None a run fills in
    what answers of its domain's kind take (``grading.ANSWER_TOKENS``).
    """

    system_prompt: str = ""
    max_new_tokens: int | None = Field(default=None, gt=0)
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    batch_size: int = Field(default=32, gt=0)
    threads: int | None = Field(default=None, gt=0)
    device: DeviceChoice = "auto"
    precision: Precision = "auto"
    backend: Backend = "auto"
    # Without a user or a password in it: it is written into the run's configuration.
    url: str | None = Field(default=None, pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$")

    @property
    def limit(self) -> int:
        """Most new tokens of an answer."""
        return self.max_new_tokens or _ANSWER_TOKENS

    @model_validator(mode="after")
    def _server_is_named(self) -> Self:
        if self.backend == "vllm" and self.url is None:
            raise ValueError("backend vllm needs the server's url")
        return self


class TokenBudget(Record):
    """How many tokens a round may train on, prompts included, whatever its rows and epochs come to.

    ``most`` is never passed: the last rows are left out. Where less than ``rest`` of it would be left over after the
    round's epochs, the round goes on with its rows, in another order, until all is spent, to within one row.
    """

    most: int = Field(gt=0)
    rest: int = Field(default=0, ge=0)

    def without(self, tokens: int) -> TokenBudget:
        """What is left to train on where ``tokens`` of it are for something else."""
        return self.model_copy(update={"most": self.most - tokens})


class TrainJob(Record):
    """One fine-tuning round.

    Attributes:
        base_model: folder of the student's base model.
        adapter: folder of the adapter to continue from (the learning rate restarts), or None for a new one.
        dataset: JSON Lines file of ``Example``.
        output: folder that will hold the adapter and ``train.json``.
        seed: of the adapter's initialisation, the order of rows and dropout.
        budget: what it may train on; None: all rows, ``settings.epochs`` times.
        pacing: how its rows are dealt out, by one process and in padded passes; None: all of them, shuffled.
        known: of the student's latest probes the share that was right, by module: what pacing begins with.
        interpolation: share of the way from the weights that the round begins with to those that it ends with.
        guards: modules whose lessons must not be lost on that way back; where they would be, it is not gone.
    """

    base_model: str
    adapter: str | None
    dataset: str
    output: str
    seed: int
    settings: TrainSettings = TrainSettings()
    budget: TokenBudget | None = None
    pacing: Pacing | None = None
    known: dict[str, float] = Field(default_factory=dict)
    interpolation: float = Field(default=1.0, gt=0, le=1)
    guards: tuple[str, ...] = ()


class TrainProgress(Record):
    """One optimiser step done. ``tokens_per_second`` is the average since the first step began.

    ``note`` is what a watcher should know besides: that the micro-batch had to be halved.
    """

    step: int
    steps: int
    loss: float
    tokens_per_second: float
    note: str = ""


WarningKind = Literal[
    "left_out",
    "pair_left_out",
    "duplicate_rows",
    "little_to_learn",
    "loss_not_falling",
    "gradient_spike",
    "micro_batch_halved",
]


class TrainWarning(Record):
    """Something about a round that does not stop it and should be known; ``rows`` are the candidates concerned."""

    kind: WarningKind
    text: str
    rows: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The warning in a line, its first rows named."""
        return f"{self.text}: {some_of(self.rows)}" if self.rows else self.text


def some_of(names: Sequence[str]) -> str:
    """The first few names, and a sign that there are more."""
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


class Measured(Record):
    """What the training process knows of a finished round.

    ``rows`` were learned from, ``held_back`` measured when to stop and ``left_out`` were too long; ``pairs`` of the
    rows have a rejected answer. ``tokens`` and ``supervised_tokens`` were trained on, over all epochs, rejected answers
    included, padding left out; ``lowest_share`` is the smallest share of supervised tokens in a row.
    ``gradient_norm`` is the largest, before clipping. ``best_step``: the step whose student was kept, where
    ``early_stop`` chose one. ``seconds`` is the training itself, without loading. Of a paced round ``dealt``
    are each module's lessons, and ``foreseen`` the share of its last ones that the student would have given by itself.
    ``interpolation`` is the share of the round's change that was kept; to decide that, lessons were read again
    (``read`` tokens): ``learned`` of them the student foresaw when the round ended, and ``lost`` fewer once set back.
    """

    template_sha256: str
    rows: int
    held_back: int
    left_out: int
    pairs: int = 0
    tokens: int
    dealt: dict[str, int] = Field(default_factory=dict)
    foreseen: dict[str, float] = Field(default_factory=dict)
    interpolation: float = 1.0
    read: int = 0
    learned: int = 0
    lost: int = 0
    supervised_tokens: int
    lowest_share: float
    steps: int
    loss_first: float
    loss_last: float
    gradient_norm: float
    best_step: int | None
    validation_loss: float | None
    seconds: float
    micro_batch: int
    processes: int
    threads: int
    device: str
    precision: str
    warnings: tuple[TrainWarning, ...]


class TrainResult(Measured):
    """What a fine-tuning round did; ``train.json`` of its output folder.

    ``base_sha256`` and ``tokenizer_sha256`` say what the adapter belongs to.
    """

    job_sha256: str
    adapter_sha256: str
    dataset_sha256: str
    base_sha256: str
    tokenizer_sha256: str


class StudentIdentity(Record):
    """Which student this is: a name for people, and hashes for everything that must not change unseen."""

    name: str
    sha256: str
    template_sha256: str
    tokenizer_sha256: str
