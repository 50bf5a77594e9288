"""The loss of a round, and the trainer that carries it: ``transformers.Trainer``, on the answers' tokens only.

Not TRL's SFTTrainer: on this loss they agree to four digits, but SFTTrainer's fused head scores every position of the
batch and computes it twice where there is no Triton (a CPU), which costs a quarter of the speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import Trainer

from tutelage.errors import LossNotFinite
from tutelage.training.child.rows import IGNORED
from tutelage.training.contracts import some_of


class AnswerTrainer(Trainer):
    """Trainer whose loss asks the model for the logits of the answers' columns only.

    ``names`` are of the rows, for errors; ``tokens_seen`` counts what the model was trained on, padding left out.
    """

    def __init__(self, *, names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._names = names
        self.tokens_seen = 0

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Mean cross-entropy over the supervised tokens of the whole batch, micro-batches together.

        Raises:
            LossNotFinite: it is NaN or infinite; names the rows of the pass.
        """
        loss, supervised = answer_loss(model, inputs)
        if not torch.isfinite(loss):
            raise LossNotFinite(
                f"the loss is {loss.item()} in step {self.state.global_step + 1}",
                where=some_of([self._names[index] for index in inputs["index"].tolist()]),
                do="lower the learning rate, and look at these rows",
            )
        self.tokens_seen += int(inputs["attention_mask"].sum())
        return loss / (supervised if num_items_in_batch is None else num_items_in_batch)


def answer_loss(model: Any, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, int]:
    """Summed cross-entropy of the supervised tokens of a left-padded batch, and their number.

    ``logits_to_keep`` spares the vocabulary projection of the prompts' columns, a fifth of a small model's work.
    """
    labels, mask = inputs["labels"], inputs["attention_mask"]
    first = int((labels != IGNORED).any(dim=0).nonzero()[0])
    columns = labels.shape[1] - first
    logits = model(
        input_ids=inputs["input_ids"],
        attention_mask=mask,
        position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),
        use_cache=False,
        logits_to_keep=columns + 1,
    ).logits[:, :-1]
    answers = labels[:, first:]
    supervised = answers != IGNORED
    return cross_entropy(logits[supervised].float(), answers[supervised], reduction="sum"), int(supervised.sum())
