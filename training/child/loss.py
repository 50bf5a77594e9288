"""The loss of a pass: summed cross-entropy of the answers' tokens, on padded rows or on packed ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from tutelage.training.child.rows import IGNORED

Batch = dict[str, torch.Tensor]
Loss = Callable[[Any, Batch], tuple[torch.Tensor, int]]


def answer_loss(model: Any, inputs: Batch) -> tuple[torch.Tensor, int]:
    """Summed cross-entropy of the supervised tokens of a batch, and their number."""
    logits, targets = answer_logits(model, inputs)
    if not len(targets):
        return nothing_of(logits), 0
    return cross_entropy(logits, targets, reduction="sum"), len(targets)


def answer_logits(model: Any, inputs: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """The float32 logits (tokens, vocabulary) that the supervised tokens of a batch are predicted from, and the tokens.

    A pass without any has some logits all the same, and no tokens.
    """
    return _padded(model, inputs) if "attention_mask" in inputs else _packed(model, inputs)


def nothing_of(logits: torch.Tensor) -> torch.Tensor:
    """The loss of a pass without a supervised token: nothing, but computed by the model, as every process must."""
    return logits.sum() * 0.0


def tokens_of(inputs: Batch) -> int:
    """Tokens of a batch, without padding and without the rows that only fill a pass (one token each)."""
    filled = int((inputs["index"] < 0).sum())
    return int(inputs["attention_mask"].sum() if "attention_mask" in inputs else inputs["input_ids"].numel()) - filled


def _padded(model: Any, inputs: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Left-padded rows.

    ``logits_to_keep`` spares the vocabulary projection of the prompts' columns, a fifth of a small model's work. The
    columns are listed, not counted: a slice of them is not contiguous, and then torch multiplies with one copy of the
    whole vocabulary a row, which took a third of a small model's step.
    """
    labels, mask = inputs["labels"], inputs["attention_mask"]
    used = (labels != IGNORED).any(dim=0).nonzero()
    # Without a single answer (rows that only fill a pass) the last column will do; it weighs nothing.
    first = int(used[0]) if len(used) else labels.shape[1] - 1
    logits = model(
        input_ids=inputs["input_ids"],
        attention_mask=mask,
        position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),
        use_cache=False,
        logits_to_keep=torch.arange(first - 1, labels.shape[1] - 1, device=labels.device),
    ).logits
    answers = labels[:, first:]
    supervised = answers != IGNORED
    kept = logits[supervised] if supervised.any() else logits[:, 0]
    return kept.float(), answers[supervised]


def _packed(model: Any, inputs: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows end to end.

    A row begins with its prompt, which is not supervised, so no row is asked to predict the next one's beginning. With
    a cache the rows would leak into each other.
    """
    labels = inputs["labels"][0]
    targets = (labels != IGNORED).nonzero()[:, 0]
    places = targets - 1 if len(targets) else targets.new_zeros(1)
    logits = model(
        input_ids=inputs["input_ids"], position_ids=inputs["position_ids"], use_cache=False, logits_to_keep=places
    ).logits[0]
    return logits.float(), labels[targets]
