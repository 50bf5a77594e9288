"""The frozen records that cross the training room's boundary, and the child process's pipe."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tutelage.pedagogy.records import Record

DeviceChoice = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16"]


class Question(Record):
    """One user message for the student. ``text`` is the whole message."""

    id: str
    text: str


class Answer(Record):
    """The student's reply to one question.

    ``tokens`` counts what was generated before the end token. ``truncated``: the token limit came before the end
    token, so the reply may be unfinished; that is a limit of ours and not a weakness of the student.
    """

    id: str
    text: str
    tokens: int
    truncated: bool


class Example(Record):
    """A training row: a user message, the assistant's answer, and where the row comes from."""

    prompt: str
    completion: str
    module: str
    candidate: str


class AnswerSettings(Record):
    """How the student answers. ``threads``: None takes every core. ``precision``: auto is what the device does best.

    An answer ends before the first of the ``stop`` strings, as it would at an end token: a student that goes on to ask
    itself the next question has answered, and is not cut short by ``max_new_tokens``.
    """

    system_prompt: str = ""
    max_new_tokens: int = Field(default=96, gt=0)
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    batch_size: int = Field(default=32, gt=0)
    threads: int | None = Field(default=None, gt=0)
    device: DeviceChoice = "auto"
    precision: Precision = "auto"


class LoraSettings(Record):
    """The adapter's shape. ``first_layer`` is the share of layers left alone at the bottom: 0.5 = upper half only."""

    r: int = Field(default=16, gt=0)
    alpha: int = Field(default=32, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    first_layer: float = Field(default=0.0, ge=0, lt=1)


class TrainSettings(Record):
    """AdamW with a cosine schedule over the answer's tokens only. ``batch_size`` is rows per optimiser step.

    ``micro_batch`` is rows per forward pass, at most ``batch_size``, which it must divide. ``max_length`` is in
    tokens, prompt and answer together. ``mending_rate`` is the learning rate of a round in which
    every module has been taught before; None: the same. A full rate takes more from what is nearly in hand than a
    round's few remedial lessons give. ``threads``: None takes every core. ``precision`` is that of the frozen weights
    and the activations; the adapter itself and its optimiser are float32 always.
    """

    learning_rate: float = Field(default=1e-3, gt=0)
    mending_rate: float | None = Field(default=None, gt=0)
    epochs: int = Field(default=1, gt=0)
    batch_size: int = Field(default=8, gt=0)
    micro_batch: int = Field(default=8, gt=0)
    warmup: float = Field(default=0.03, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.95, ge=0, lt=1)
    max_grad_norm: float = Field(default=1.0, gt=0)
    max_length: int = Field(default=512, gt=1)
    lora: LoraSettings = LoraSettings()
    system_prompt: str = ""
    threads: int | None = Field(default=None, gt=0)
    device: DeviceChoice = "auto"
    precision: Precision = "auto"

    @model_validator(mode="after")
    def _batches_divide(self) -> Self:
        if self.batch_size % self.rows_per_pass:
            raise ValueError(f"micro_batch {self.micro_batch} does not divide batch_size {self.batch_size}")
        return self

    def of_round(self, *, mends: bool) -> Self:
        """The settings of one round, its learning rate chosen. ``mends``: it teaches nothing for the first time."""
        rate = self.mending_rate if mends and self.mending_rate is not None else self.learning_rate
        return self.model_copy(update={"learning_rate": rate, "mending_rate": None})

    @property
    def rows_per_pass(self) -> int:
        """Rows per forward pass: ``micro_batch``, or the whole batch where that is smaller."""
        return min(self.micro_batch, self.batch_size)


class TrainJob(Record):
    """One fine-tuning round.

    Attributes:
        base_model: folder of the student's base model.
        adapter: folder of the adapter to continue from (the learning rate restarts), or None for a new one.
        dataset: JSON Lines file of ``Example``.
        output: folder that will hold the adapter and ``train.json``.
        seed: of the adapter's initialisation, the order of rows and dropout.
    """

    base_model: str
    adapter: str | None
    dataset: str
    output: str
    seed: int
    settings: TrainSettings = TrainSettings()


class TrainProgress(Record):
    """One optimiser step done. ``tokens_per_second`` is the average since the first step began."""

    step: int
    steps: int
    loss: float
    tokens_per_second: float


class TrainResult(Record):
    """What a fine-tuning round did; ``train.json`` of its output folder.

    ``tokens`` and ``supervised_tokens`` are over all epochs, padding left out. ``truncated_rows`` lost the end of
    their answer to ``max_length``. ``seconds`` is the training itself, without loading.
    """

    job_sha256: str
    adapter_sha256: str
    dataset_sha256: str
    template_sha256: str
    rows: int
    truncated_rows: int
    tokens: int
    supervised_tokens: int
    steps: int
    loss_first: float
    loss_last: float
    seconds: float
    threads: int
    device: str
    precision: str


class StudentIdentity(Record):
    """Which student this is: a name for people, and hashes for everything that must not change unseen."""

    name: str
    sha256: str
    template_sha256: str
