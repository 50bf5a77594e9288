"""The trainer of a round: ``transformers.Trainer``, with a loss on the answers' tokens only.

Not TRL's SFTTrainer: on this loss they agree to four digits, but SFTTrainer's fused head scores every position of the
batch and computes it twice where there is no Triton (a CPU), which costs a quarter of the speed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import Trainer

from tutelage.errors import LossNotFinite
from tutelage.files import disk_errors
from tutelage.training.child.checkpoints import Mark, mark, newest
from tutelage.training.child.loss import Batch, Loss, answer_loss, tokens_of
from tutelage.training.child.order import Rows, SameOrder
from tutelage.training.child.paced import Paced
from tutelage.training.child.rows import Row
from tutelage.training.child.saving import torch_disk_errors
from tutelage.training.child.taught import Weights
from tutelage.training.child.watch import Watch
from tutelage.training.contracts import some_of


class AnswerTrainer(Trainer):
    """Trainer whose loss asks the model for the logits of the answers' columns only.

    ``names`` are of the rows, for errors; ``loss`` gives the summed loss of a pass, and its supervised tokens. With
    ``paced`` the rows come as it deals them, until its budget is spent.
    """

    def __init__(
        self,
        *,
        rows: Sequence[Row],
        names: Sequence[str],
        checkpoints: Path,
        watch: Watch,
        loss: Loss = answer_loss,
        paced: Paced | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(train_dataset=Rows(rows), callbacks=[watch], **kwargs)
        self._row_names = names
        self._loss = loss
        self._paced = paced
        self._checkpoints = checkpoints
        self._watch = watch
        self._tokens = 0

    def train_on(self) -> None:
        """Train, from the last whole checkpoint where there is one, and keep the best student where one was chosen.

        Raises:
            DiskError: a checkpoint could not be written.
        """
        found = newest(self._checkpoints)
        if found is None:
            self.train()
        else:
            checkpoint, facts = found
            self._watch.go_on_from(facts)
            if self._paced is not None and facts.paced is not None:
                self._paced.go_on_from(facts.paced)
            self._tokens = facts.tokens_seen if self.is_world_process_zero() else 0
            self.train(resume_from_checkpoint=str(checkpoint))
        if self.state.best_global_step:
            self.state.best_model_checkpoint = self._best()
            self._load_best_model()

    def tokens_seen(self) -> int:
        """Tokens that the model was trained on, in all processes, padding left out."""
        summed: Any = self.accelerator.reduce(torch.tensor(self._tokens, device=self.args.device), "sum")
        return int(summed)

    def gathered(self) -> Weights | None:
        """All weights, on the first process, where FSDP or DeepSpeed gives each a share; every process must ask."""
        if not (self.is_fsdp_enabled or self.is_deepspeed_enabled):
            return None
        return cast(Weights, self.accelerator.get_state_dict(self.model_wrapped))

    def compute_loss(
        self,
        model: Any,
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Mean loss over the supervised tokens of the whole batch: all passes of all processes.

        Raises:
            LossNotFinite: it is NaN or infinite; names the rows of the pass.
        """
        loss, supervised = self._loss(model, inputs)
        if not torch.isfinite(loss):
            raise LossNotFinite(
                f"the loss is {loss.item()} in step {self.state.global_step + 1}",
                where=some_of([self._row_names[index] for index in map(int, inputs["index"].tolist()) if index >= 0]),
                do="lower the learning rate, and look at these rows",
            )
        self._tokens += tokens_of(inputs)
        # The processes' gradients are averaged; the sum is meant.
        whole: torch.Tensor = loss * self.args.world_size
        return whole / (supervised if num_items_in_batch is None else num_items_in_batch)

    def prediction_step(
        self, model: Any, inputs: Any, prediction_loss_only: bool, ignore_keys: list[str] | None = None
    ) -> tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor | None]:
        """Mean cross-entropy of held-back rows."""
        with torch.no_grad():
            loss, supervised = answer_loss(model, self._prepare_inputs(inputs))
        return loss / max(supervised, 1), None, None

    def get_train_dataloader(self) -> Any:
        """The batches; where the round is paced each is made when it is asked for, and not before."""
        return super().get_train_dataloader() if self._paced is None else _Dealt(self._paced)

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """The learning rate's course: over the steps, or over the budget where nobody knows how many steps it pays."""
        if self._paced is None:
            return super().create_scheduler(num_training_steps, optimizer)
        self.lr_scheduler = LambdaLR(cast(Any, optimizer or self.optimizer), self._paced.share_of_rate)
        return self.lr_scheduler

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        if self.args.world_size == 1:
            return super()._get_train_sampler(train_dataset)
        at_once = self.args.per_device_train_batch_size * self.args.world_size
        return SameOrder(len(self._row_names), at_once, self.args.seed)

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._checkpoints)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save as the trainer does, then mark the folder as whole. What was best so far is not rotated away."""
        if self.state.best_global_step and self.state.best_global_step != self.state.global_step:
            self.state.best_model_checkpoint = self._best()
        tokens = self.tokens_seen()
        with disk_errors(self._checkpoints), torch_disk_errors(self._checkpoints):
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.is_world_process_zero():
                mark(self._checkpoints / f"checkpoint-{self.state.global_step}", self._facts(tokens))

    def _facts(self, tokens: int) -> Mark:
        return Mark(
            step=self.state.global_step,
            losses=tuple(self._watch.losses),
            norms=tuple(self._watch.norms),
            tokens_seen=tokens,
            seconds=self._watch.seconds,
            paced=None if self._paced is None else self._paced.state,
        )

    def _best(self) -> str:
        return str(self._checkpoints / f"checkpoint-{self.state.best_global_step}")


class _Dealt:
    """A paced round's batches, as often as a loader is asked for: without a length, which nobody knows."""

    def __init__(self, paced: Paced) -> None:
        self._paced = paced

    def __iter__(self) -> Iterator[Batch]:
        return self._paced.batches()
