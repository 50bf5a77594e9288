"""Follows a training step by step: reports it, asks for checkpoints, and stops it when it is nonsense or done."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tutelage.errors import GradientUnusable
from tutelage.training.child.checkpoints import Mark
from tutelage.training.contracts import TrainProgress, TrainSettings


class Watch(TrainerCallback):
    """Reports each optimiser step and keeps what the result needs. A step is timed once its work is done.

    ``steps`` is how many there will be, about, where the trainer knows only how many there can be at most.

    Raises GradientUnusable out of the training.
    """

    def __init__(
        self,
        settings: TrainSettings,
        tokens_per_step: float,
        on_progress: Callable[[TrainProgress], None],
        steps: int | None = None,
    ) -> None:
        self._settings = settings
        self._tokens_per_step = tokens_per_step
        self._on_progress = on_progress
        self._steps = steps
        self._began = 0.0
        self.losses: list[float] = []
        self.norms: list[float] = []
        self.seconds = 0.0

    def go_on_from(self, facts: Mark) -> None:
        """Count what a checkpoint's steps took as done."""
        self.losses, self.norms, self.seconds = list(facts.losses), list(facts.norms), facts.seconds

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock."""
        self._began = time.perf_counter() - self.seconds

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Ask for a checkpoint and a reading every so many steps; after the last step the student itself is saved."""
        last = state.global_step >= state.max_steps
        control.should_save = not last and state.global_step % self._settings.checkpoint_steps == 0
        stop = self._settings.early_stop
        control.should_evaluate = stop is not None and (last or state.global_step % stop.every == 0)

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Keep what answers the held-back rows best; stop once nothing has been better for a while."""
        stop, loss = self._settings.early_stop, float(kwargs["metrics"]["eval_loss"])
        if state.best_metric is None or loss < state.best_metric:
            state.best_metric, state.best_global_step = loss, state.global_step
            control.should_save = True
        elif stop is not None and state.global_step - (state.best_global_step or 0) >= stop.every * stop.patience:
            control.should_training_stop = True

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Take note of a step, once its loss is known."""
        logs: dict[str, Any] = kwargs["logs"]
        if "loss" not in logs:  # a reading of held-back rows, or the summary after the last step
            return
        self.losses.append(float(logs["loss"]))
        self.norms.append(float(logs["grad_norm"]))
        # float16 scales its losses and skips a step whose gradient overflowed: that is no fault.
        if not args.fp16:
            self._check_gradient(state.global_step)
        self.seconds = time.perf_counter() - self._began
        rate = self._tokens_per_step * state.global_step / self.seconds
        self._on_progress(
            TrainProgress(
                step=state.global_step,
                steps=self._steps_of(state),
                loss=self.losses[-1],
                tokens_per_second=round(rate, 1),
            )
        )

    def _steps_of(self, state: TrainerState) -> int:
        return state.max_steps if self._steps is None else max(self._steps, state.global_step)

    def _check_gradient(self, step: int) -> None:
        norm = self.norms[-1]
        if not math.isfinite(norm):
            raise GradientUnusable(f"the gradient's norm is {norm} in step {step}", do="lower the learning rate")
        if len(self.norms) == 1 and norm == 0:
            raise GradientUnusable(
                "the gradient is zero in the first step: nothing that can learn is reached by the loss",
                do="check training.lora (first_layer) against the student's layers",
            )
