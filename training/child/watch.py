"""Follows a training step by step: reports it, and stops it as soon as it is nonsense."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tutelage.errors import GradientUnusable
from tutelage.training.contracts import TrainProgress


class Watch(TrainerCallback):
    """Reports each optimiser step and keeps what the result needs. A step is timed once its work is done.

    Raises GradientUnusable out of the training.
    """

    def __init__(self, tokens_per_step: float, on_progress: Callable[[TrainProgress], None]) -> None:
        self._tokens_per_step = tokens_per_step
        self._on_progress = on_progress
        self._began = 0.0
        self.losses: list[float] = []
        self.norms: list[float] = []
        self.seconds = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Take note of a step, once its loss is known."""
        logs: dict[str, Any] = kwargs["logs"]
        if "loss" not in logs:  # the summary after the last step
            return
        self.losses.append(float(logs["loss"]))
        self.norms.append(float(logs["grad_norm"]))
        self._check_gradient(state.global_step)
        self.seconds = time.perf_counter() - self._began
        rate = self._tokens_per_step * state.global_step / self.seconds
        self._on_progress(
            TrainProgress(
                step=state.global_step, steps=state.max_steps, loss=self.losses[-1], tokens_per_second=round(rate, 1)
            )
        )

    def _check_gradient(self, step: int) -> None:
        norm = self.norms[-1]
        if not math.isfinite(norm):
            raise GradientUnusable(f"the gradient's norm is {norm} in step {step}", do="lower the learning rate")
        if len(self.norms) == 1 and norm == 0:
            raise GradientUnusable(
                "the gradient is zero in the first step: nothing that can learn is reached by the loss",
                do="check training.lora (first_layer) against the student's layers",
            )
