"""Rows laid end to end in one sequence instead of padded: nothing is computed for padding.

Exact and not approximate: every row keeps its own positions and attends to itself alone, the same rows make up a step,
and the loss is taken over the same tokens. That rests on how the model makes its attention mask, so it is checked on
the student itself before the first step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tutelage.errors import PackingInexact
from tutelage.training.child.loss import Batch, answer_loss
from tutelage.training.child.rows import Row, collate

# Relative; in half precision a logit is rounded otherwise in another place.
_TOLERANCE, _ROUGH_TOLERANCE = 1e-4, 2e-2


def pack(rows: Sequence[Row]) -> Batch:
    """One sequence of all rows; the positions begin anew with each."""
    return {
        "input_ids": torch.tensor([[token for row in rows for token in row["input_ids"]]]),
        "position_ids": torch.tensor([[place for row in rows for place in range(len(row["input_ids"]))]]),
        "labels": torch.tensor([[label for row in rows for label in row["labels"]]]),
        "index": torch.tensor([row["index"] for row in rows]),
    }


def check_packing(model: Any, rows: Sequence[Row], pad: int) -> None:
    """The student must have the same loss on these rows packed and padded.

    Raises:
        PackingInexact: it has not.
    """
    was_training = model.training
    model.train(False)
    with torch.no_grad():
        padded, _ = answer_loss(model, _on(model.device, collate(rows, pad)))
        packed, _ = answer_loss(model, _on(model.device, pack(rows)))
    model.train(was_training)
    exact = next(model.parameters()).dtype == torch.float32
    if not torch.isclose(packed, padded, rtol=_TOLERANCE if exact else _ROUGH_TOLERANCE):
        raise PackingInexact(
            f"the loss of {len(rows)} rows is {packed.item():.5f} packed and {padded.item():.5f} padded",
            where="training.packing",
            do="set training.packing to false for this student",
        )


def _on(device: torch.device, batch: Batch) -> Batch:
    return {name: tensor.to(device) for name, tensor in batch.items()}
