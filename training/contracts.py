"""The frozen records that cross the training room's boundary, and the child process's pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tutelage.pedagogy.records import Record

DeviceChoice = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Method = Literal["lora", "qlora"]
Backend = Literal["auto", "transformers", "vllm"]


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
    """A training row: a user message, the assistant's answer, and where the row comes from."""

    prompt: str
    completion: str
    module: str
    candidate: str


class AnswerSettings(Record):
    """How the student answers. ``threads``: None takes every core. ``precision``: auto is what the device does best.

    ``backend`` is what computes the answers: ``transformers`` in a child process, or a ``vllm`` server at ``url`` (as
    http://127.0.0.1:8000/v1) that serves the run's base model, started with ``--enable-lora`` and
    ``VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`` on a machine that sees this disk. ``auto`` takes the server where a url is
    given and it is shown to hold the student, and the child otherwise. ``batch_size`` is questions at a time for both.

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
    backend: Backend = "auto"
    # Without a user or a password in it: it is written into the run's configuration.
    url: str | None = Field(default=None, pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$")

    @model_validator(mode="after")
    def _server_is_named(self) -> Self:
        if self.backend == "vllm" and self.url is None:
            raise ValueError("backend vllm needs the server's url")
        return self


class LoraSettings(Record):
    """The adapter's shape. ``first_layer`` is the share of layers left alone at the bottom: 0.5 = upper half only."""

    r: int = Field(default=16, gt=0)
    alpha: int = Field(default=32, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    first_layer: float = Field(default=0.0, ge=0, lt=1)


class EarlyStop(Record):
    """Stop once a slice of the round's own rows, not learned from, is answered no better; keep the best student.

    ``share`` of every module's rows is held back and measured every ``every`` optimiser steps; ``patience`` readings
    without a new best end the round.
    """

    share: float = Field(default=0.1, gt=0, lt=1)
    every: int = Field(default=20, gt=0)
    patience: int = Field(default=3, gt=0)


class TrainSettings(Record):
    """AdamW with a cosine schedule over the answer's tokens only. ``batch_size`` is rows per optimiser step.

    ``micro_batch`` is rows per forward pass, at most ``batch_size``, which it must divide; it changes the memory and
    not the result, but for rounding. ``processes`` share a step's rows between them, one GPU each, or the CPU's cores.
    ``method`` is ``lora`` or ``qlora`` (on the base in 4 bits; needs a GPU and the extra ``qlora``). ``start_from`` is
    where a round begins: at the ``last`` round's adapter, or at the untaught ``base``, which then learns every lesson
    so far. ``packing`` lays the rows of a pass end to end instead of padding them: the same loss, as is checked before
    the first step. ``max_length`` is in
    tokens, prompt and answer together. ``mending_rate`` is the learning rate of a round in which
    every module has been taught before; None: the same. A full rate takes more from what is nearly in hand than a
    round's few remedial lessons give. ``threads``: None takes every core. ``precision`` is that of the frozen weights
    and the activations; the adapter itself and its optimiser are float32 always. No answer is ever cut: rows longer
    than ``max_length`` are left out and named, and where that is more than ``max_left_out`` of a module's rows the
    round is refused. Every ``checkpoint_steps`` optimiser steps the state is saved, so that a killed round goes on
    from there; it changes nothing of the result.
    """

    method: Method = "lora"
    start_from: Literal["last", "base"] = "last"
    learning_rate: float = Field(default=1e-3, gt=0)
    mending_rate: float | None = Field(default=None, gt=0)
    epochs: int = Field(default=1, gt=0)
    batch_size: int = Field(default=8, gt=0)
    micro_batch: int = Field(default=8, gt=0)
    processes: int = Field(default=1, gt=0)
    packing: bool = False
    early_stop: EarlyStop | None = None
    warmup: float = Field(default=0.03, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.95, ge=0, lt=1)
    max_grad_norm: float = Field(default=1.0, gt=0)
    max_length: int = Field(default=512, gt=1)
    max_left_out: float = Field(default=0.1, ge=0, lt=1)
    checkpoint_steps: int = Field(default=50, gt=0)
    lora: LoraSettings = LoraSettings()
    system_prompt: str = ""
    threads: int | None = Field(default=None, gt=0)
    device: DeviceChoice = "auto"
    precision: Precision = "auto"

    @model_validator(mode="after")
    def _batches_divide(self) -> Self:
        if self.batch_size % self.processes:
            raise ValueError(f"processes {self.processes} does not divide batch_size {self.batch_size}")
        if self.batch_size % (self.rows_per_pass * self.processes):
            of_each = f" of {self.processes} processes" if self.processes > 1 else ""
            raise ValueError(f"micro_batch {self.micro_batch}{of_each} does not divide batch_size {self.batch_size}")
        return self

    @model_validator(mode="after")
    def _method_fits(self) -> Self:
        if self.method == "qlora" and self.device == "cpu":
            raise ValueError("method qlora needs a CUDA device; use lora on the CPU")
        return self

    def of_round(self, *, mends: bool) -> Self:
        """The settings of one round, its learning rate chosen. ``mends``: it teaches nothing for the first time."""
        rate = self.mending_rate if mends and self.mending_rate is not None else self.learning_rate
        return self.model_copy(update={"learning_rate": rate, "mending_rate": None})

    @property
    def rows_per_pass(self) -> int:
        """Rows per forward pass: ``micro_batch``, or a process's whole share of the batch where that is smaller."""
        return min(self.micro_batch, self.batch_size // self.processes)

    def smaller_passes(self) -> Self | None:
        """The settings with at most half the rows a pass and the same global batch; None where a pass is one row."""
        share = self.batch_size // self.processes
        fitting = [rows for rows in range(1, self.rows_per_pass // 2 + 1) if share % rows == 0]
        return self.model_copy(update={"micro_batch": fitting[-1]}) if fitting else None

    @property
    def passes(self) -> int:
        """Forward passes of each process per optimiser step."""
        return self.batch_size // (self.rows_per_pass * self.processes)


class TokenBudget(Record):
    """How many tokens a round may train on, prompts included, whatever its rows and epochs come to.

    ``most`` is never passed: the last rows are left out. Where less than ``rest`` of it would be left over after the
    round's epochs, the round goes on with its rows, in another order, until all is spent, to within one row.
    """

    most: int = Field(gt=0)
    rest: int = Field(default=0, ge=0)


class TrainJob(Record):
    """One fine-tuning round.

    Attributes:
        base_model: folder of the student's base model.
        adapter: folder of the adapter to continue from (the learning rate restarts), or None for a new one.
        dataset: JSON Lines file of ``Example``.
        output: folder that will hold the adapter and ``train.json``.
        seed: of the adapter's initialisation, the order of rows and dropout.
        budget: what it may train on; None: all rows, ``settings.epochs`` times.
    """

    base_model: str
    adapter: str | None
    dataset: str
    output: str
    seed: int
    settings: TrainSettings = TrainSettings()
    budget: TokenBudget | None = None


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
    "left_out", "duplicate_rows", "little_to_learn", "loss_not_falling", "gradient_spike", "micro_batch_halved"
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

    ``rows`` were learned from, ``held_back`` measured when to stop and ``left_out`` were too long. ``tokens`` and
    ``supervised_tokens`` were trained on, over all epochs, padding left out; ``lowest_share`` is the smallest share of
    supervised tokens in a row. ``gradient_norm`` is the largest, before clipping. ``best_step``: the step whose student
    was kept, where ``early_stop`` chose one. ``seconds`` is the training itself, without loading.
    """

    template_sha256: str
    rows: int
    held_back: int
    left_out: int
    tokens: int
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
