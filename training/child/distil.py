"""What a local teacher would have said at each token, learned besides what was said: logit distillation."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy, kl_div

from tutelage.training.child.loading import load_model
from tutelage.training.child.loss import Batch, answer_logits, nothing_of
from tutelage.training.settings import Distillation


class LocalTeacher:
    """A frozen model on the student's device, and the loss that it makes (Hinton et al. 2015, section 2)."""

    def __init__(self, settings: Distillation, device: torch.device, dtype: torch.dtype) -> None:
        self._settings = settings
        self._model: Any = load_model(settings.teacher, device, dtype)
        self._model.train(False)

    def loss(self, student: Any, inputs: Batch) -> tuple[torch.Tensor, int]:
        """Summed loss of the supervised tokens of a batch, and their number.

        ``share`` of it is T^2 times the divergence of the student's probabilities from the teacher's, both softened by
        the temperature T; the rest is the cross-entropy. Models of one family pad their vocabularies differently: the
        divergence is over what both have.
        """
        logits, targets = answer_logits(student, inputs)
        if not len(targets):
            return nothing_of(logits), 0
        with torch.no_grad():
            told, _ = answer_logits(self._model, inputs)
        share, heat = self._settings.share, self._settings.temperature
        both = min(logits.shape[1], told.shape[1])
        soft = kl_div(
            (logits[:, :both] / heat).log_softmax(dim=1),
            (told[:, :both] / heat).log_softmax(dim=1),
            reduction="sum",
            log_target=True,
        )
        hard = cross_entropy(logits, targets, reduction="sum")
        return (1 - share) * hard + share * heat**2 * soft, len(targets)
