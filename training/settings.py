"""How a round is trained: the ``training`` section of a run's configuration."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from tutelage.pedagogy.records import Record

DeviceChoice = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Method = Literal["lora", "qlora", "full"]
_ADAPTER_RATE, _FULL_RATE = 1e-3, 2e-5
# Of the launch, what the other settings say.
_OURS = {"main_process_port", "mixed_precision", "num_machines", "num_processes", "use_cpu"}


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


class Distillation(Record):
    """Learn a local teacher's probabilities of each token, besides the tokens of the lessons.

    ``teacher`` is the folder of a model with the student's own tokenizer, looked for as the student's; ``share`` is its
    share of the loss, and ``temperature`` softens both sides' probabilities.
    """

    teacher: str
    share: float = Field(default=0.5, gt=0, le=1)
    temperature: float = Field(default=1.0, gt=0)


class Preference(Record):
    """Learn from the student's own wrong answers, too: to prefer the lesson's answer to them (DPO).

    ``beta`` holds the student to where it began the round: the larger, the less it may leave it. ``weight`` is what a
    pair's preference weighs beside its lesson's cross-entropy; 1 is the paper's (Pang et al. 2024).
    """

    beta: float = Field(default=0.1, gt=0)
    weight: float = Field(default=1.0, gt=0)


class TrainSettings(Record):
    """AdamW with a cosine schedule over the answer's tokens only. ``batch_size`` is rows per optimiser step.

    ``micro_batch`` is rows per forward pass, at most ``batch_size``, which it must divide; it changes the memory and
    not the result, but for rounding. ``processes`` share a step's rows between them, one GPU each, or the CPU's cores.
    ``method`` is ``lora``, ``qlora`` (on the base in 4 bits; needs a GPU and the extra ``qlora``) or ``full``, which
    trains every weight and leaves a whole model each round. ``learning_rate`` None: 1e-3, for ``full`` 2e-5 (the
    paper's). ``start_from`` is where a round begins: at the ``last`` round's adapter, or at the untaught ``base``,
    which then learns every lesson so far. ``packing`` lays the rows of a pass end to end instead of padding them: the
    same loss, as is checked before the first step. ``accelerate`` is laid over the configuration that many processes
    are launched with (FSDP, DeepSpeed: in accelerate's own words). ``max_length`` is in tokens, prompt and answer
    together. ``mending_rate`` is that of a round in which every module has been taught before; None: the same. A full
    rate takes more from what is nearly in hand than a round's few remedial lessons give. ``threads``: None takes every
    core. ``precision`` is that of the frozen weights and the activations; the adapter itself and its optimiser are
    float32 always. No answer is ever cut: rows longer than ``max_length`` are left out and named, and where that is
    more than ``max_left_out`` of a module's rows the round is refused. Every ``checkpoint_steps`` optimiser steps the
    state is saved, so that a killed round goes on from there; it changes nothing of the result.
    """

    method: Method = "lora"
    start_from: Literal["last", "base"] = "last"
    learning_rate: float | None = Field(default=None, gt=0)
    mending_rate: float | None = Field(default=None, gt=0)
    epochs: int = Field(default=1, gt=0)
    batch_size: int = Field(default=8, gt=0)
    micro_batch: int = Field(default=8, gt=0)
    processes: int = Field(default=1, gt=0)
    packing: bool = False
    early_stop: EarlyStop | None = None
    distil: Distillation | None = None
    preference: Preference | None = None
    accelerate: dict[str, JsonValue] | None = None
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
    def _launch_fits(self) -> Self:
        if self.accelerate is not None and (self.processes == 1 or _OURS & self.accelerate.keys()):
            raise ValueError(f"accelerate needs several processes, and says nothing of {', '.join(sorted(_OURS))}")
        return self

    @model_validator(mode="after")
    def _method_fits(self) -> Self:
        if self.method == "qlora" and self.device == "cpu":
            raise ValueError("method qlora needs a CUDA device; use lora on the CPU")
        return self

    @model_validator(mode="after")
    def _preference_fits(self) -> Self:
        others = [name for name in ("distil", "packing", "accelerate") if getattr(self, name)]
        if self.preference is not None and others:
            raise ValueError(f"preference does not work with {' and '.join(others)}; leave one of them out")
        return self

    def of_round(self, *, mends: bool) -> Self:
        """The settings of one round, its learning rate chosen. ``mends``: it teaches nothing for the first time."""
        rate = self.mending_rate if mends and self.mending_rate is not None else self.rate
        return self.model_copy(update={"learning_rate": rate, "mending_rate": None})

    @property
    def rate(self) -> float:
        """The learning rate, said or by the method's default."""
        default = _FULL_RATE if self.method == "full" else _ADAPTER_RATE
        return default if self.learning_rate is None else self.learning_rate

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
