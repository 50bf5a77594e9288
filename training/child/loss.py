"""The loss of a pass: summed cross-entropy of the answers' tokens, on padded rows or on packed ones."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy

from tutelage.training.child.rows import IGNORED

Batch = dict[str, torch.Tensor]


def answer_loss(model: Any, inputs: Batch) -> tuple[torch.Tensor, int]:
    """Summed cross-entropy of the supervised tokens of a batch, and their number."""
    return _padded(model, inputs) if "attention_mask" in inputs else _packed(model, inputs)


def tokens_of(inputs: Batch) -> int:
    """Tokens of a batch, without padding and without the rows that only fill a pass (one token each)."""
    filled = int((inputs["index"] < 0).sum())
    return int(inputs["attention_mask"].sum() if "attention_mask" in inputs else inputs["input_ids"].numel()) - filled


def _padded(model: Any, inputs: Batch) -> tuple[torch.Tensor, int]:
    """Left-padded rows.

    ``logits_to_keep`` spares the vocabulary projection of the prompts' columns, a fifth of a small model's work.
    """
    labels, mask = inputs["labels"], inputs["attention_mask"]
    used = (labels != IGNORED).any(dim=0).nonzero()
    # Without a single answer (rows that only fill a pass) the last column will do; it weighs nothing.
    first = int(used[0]) if len(used) else labels.shape[1] - 1
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
    if not supervised.any():
        return logits.float().sum() * 0.0, 0
    return cross_entropy(logits[supervised].float(), answers[supervised], reduction="sum"), int(supervised.sum())


def _packed(model: Any, inputs: Batch) -> tuple[torch.Tensor, int]:
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
    if not len(targets):
        return logits.float().sum() * 0.0, 0
    return cross_entropy(logits.float(), labels[targets], reduction="sum"), len(targets)
