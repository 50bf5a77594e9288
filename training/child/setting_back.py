"""A round that is set back on the way that its weights went, unless lessons that it taught would be lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from tutelage.pedagogy.budget import FORWARD_SHARE
from tutelage.training.child.interpolation import held, interpolate
from tutelage.training.child.loss import answer_logits
from tutelage.training.child.paced import foreseen_rows
from tutelage.training.child.rows import Row, TrainingSet, collate, row_tokens, shuffled
from tutelage.training.child.taught import Weights
from tutelage.training.contracts import TrainJob

MOST_LESSONS = 12
READINGS = 2
"""Of each lesson: as the round ended, and set back."""
BUDGET_SHARE = 0.1
"""Of a round's budget: what goes into reading them at most."""
MAY_BE_LOST = 0.2
"""Of the lessons read: what a way back may cost. By it what was known gains a little in each of many modules."""


@dataclass(frozen=True)
class SetBack:
    """What became of a round's change.

    Attributes:
        interpolation: Share of it that was kept.
        read: Tokens read to decide that.
        learned: Lessons among those read that the student foresaw when the round ended.
        lost: Fewer than those it foresaw after it was set back.
    """

    interpolation: float = 1.0
    read: int = 0
    learned: int = 0
    lost: int = 0


def lessons_to_read(data: TrainingSet, job: TrainJob) -> list[Row]:
    """The lessons of the guarded modules that the round meets first: none where it is not set back.

    Chosen before it begins, since they are paid for out of its budget. One that is not met after all, or not learned,
    counts for nothing.
    """
    if job.interpolation == 1:
        return []
    order = shuffled(len(data.rows), job.seed)
    guarded = [data.rows[number] for number in order if data.modules[number] in job.guards]
    lessons: list[Row] = [{**row, "rejected": []} for row in guarded[:MOST_LESSONS]]  # only the answers are read
    while job.budget is not None and cost_of(lessons) > BUDGET_SHARE * job.budget.most:
        lessons.pop()
    return lessons


def cost_of(lessons: Sequence[Row]) -> int:
    """What reading them costs, in tokens trained on."""
    return math.ceil(READINGS * sum(map(row_tokens, lessons)) / FORWARD_SHARE)


def set_back(
    model: torch.nn.Module, began: Weights, share: float, lessons: Sequence[Row], pass_of: int, pad: int
) -> SetBack:
    """Move the weights back to ``share`` of their way from where they began; leave them where that loses lessons.

    What a round taught may hang on its last small step: a procedure that begins as a known one does is carried on as
    that one once the weights go back, in every lesson at once. What is lost then is not accuracy but the skill.

    Args:
        model: The student as the round ended.
        began: Its weights as the round began.
        share: How far they may stay from those.
        lessons: That the round taught; without any the weights go back unseen.
        pass_of: Lessons read at once.
        pad: Token to pad them with.
    """
    ended = held(model)
    learned = _foreseen(model, lessons, pass_of, pad)
    interpolate(model, began, share)
    lost = learned - _foreseen(model, lessons, pass_of, pad)
    read = READINGS * sum(map(row_tokens, lessons))
    if lost <= MAY_BE_LOST * len(lessons):
        return SetBack(share, read, learned, max(lost, 0))
    interpolate(model, ended, 0)  # all the way to where it ended
    return SetBack(1.0, read, learned, lost)


@torch.no_grad()
def _foreseen(model: torch.nn.Module, lessons: Sequence[Row], pass_of: int, pad: int) -> int:
    device = next(model.parameters()).device
    model.eval()  # the round is over: nothing is trained after it
    hits = 0
    for first in range(0, len(lessons), pass_of):
        batch = {name: column.to(device) for name, column in collate(lessons[first : first + pass_of], pad).items()}
        hits += sum(foreseen_rows(*answer_logits(model, batch), batch))
    return hits
