"""The lesson's answer preferred to the student's own wrong one: direct preference optimisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch.nn.functional import cross_entropy, logsigmoid

from tutelage.training.child.loss import Batch, answer_logits, answer_loss
from tutelage.training.child.rows import IGNORED, Row, TrainingSet, collate
from tutelage.training.settings import Preference

_Key = tuple[tuple[int, ...], tuple[int, ...]]


class Preferring:
    """The loss of rows and of their pairs (Rafailov et al. 2023, eq. 7; with the cross-entropy: Pang et al. 2024)."""

    def __init__(self, settings: Preference) -> None:
        self._settings = settings

    def loss(self, student: Any, inputs: Batch) -> tuple[torch.Tensor, int]:
        """Summed loss of the answers' tokens of a batch, and their number; a batch without a pair has the plain one.

        Pang et al. take the mean cross-entropy of an answer's tokens and add its pair's loss. Here a row weighs what
        its answer's tokens are, with or without a pair, so the pair's loss is counted once for each of them: then how
        rows are shared out to passes and processes changes nothing.
        """
        if "pairs" not in inputs:
            return answer_loss(student, inputs)
        said, lengths = answer_log_probabilities(student, inputs)
        rows, pairs = len(inputs["index"]), inputs["pairs"]
        gained = said[pairs] - said[rows:] - inputs["margins"]
        preferred = -logsigmoid(self._settings.beta * gained) * lengths[pairs]
        return self._settings.weight * preferred.sum() - said[:rows].sum(), int(lengths[:rows].sum())


def answer_log_probabilities(model: Any, inputs: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """The log-probability of each row's answer, rejected ones last, and how many tokens it has."""
    labels = torch.where(inputs["labels"] == IGNORED, inputs["rejected"], inputs["labels"])
    logits, targets = answer_logits(model, {**inputs, "labels": labels})
    lengths = (labels != IGNORED).sum(dim=1)
    # Row by row, not scattered into place: that sums in no fixed order on a GPU.
    lost = torch.split(cross_entropy(logits, targets, reduction="none"), lengths.tolist())
    return -torch.stack([tokens.sum() for tokens in lost]), lengths


def with_margins(data: TrainingSet, model: Any, pad: int, rows_per_pass: int, dtype: torch.dtype) -> TrainingSet:
    """The rows with what the student says of their pairs before the first step: no second model is held for it.

    A killed round that goes on asks again, and must do so before it loads its checkpoint.
    """
    paired = list({_key(row): row for row in data.rows if row["rejected"]}.values())  # a budget repeats rows
    was_training = model.training
    model.train(False)
    found: dict[_Key, float] = {}
    for start in range(0, len(paired), rows_per_pass):
        rows = paired[start : start + rows_per_pass]
        found |= dict(zip(map(_key, rows), _margins(model, rows, pad, dtype), strict=True))
    model.train(was_training)
    return replace(data, rows=[{**row, "margin": found.get(_key(row), 0.0)} for row in data.rows])


@torch.no_grad()
def _margins(model: Any, rows: Sequence[Row], pad: int, dtype: torch.dtype) -> list[float]:
    batch = {name: tensor.to(model.device) for name, tensor in collate(rows, pad).items()}
    # As the trainer computes.
    with torch.autocast(model.device.type, dtype=dtype, enabled=dtype != torch.float32):
        said, _ = answer_log_probabilities(model, batch)
    margins: list[float] = (said[: len(rows)] - said[len(rows) :]).tolist()
    return margins


def _key(row: Row) -> _Key:
    return tuple(row["input_ids"]), tuple(row["rejected"])
