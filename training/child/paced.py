"""A round whose rows are dealt out as the student goes along, and not in an order set before."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import torch
from torch.nn.functional import cross_entropy

from tutelage.errors import InputError
from tutelage.pedagogy.pacing import Pacer, PacerState, Pacing
from tutelage.pedagogy.records import Record
from tutelage.training.child.loss import Batch, answer_logits
from tutelage.training.child.rows import IGNORED, Row, TrainingSet, row_tokens, shuffled
from tutelage.training.contracts import TrainJob, TrainSettings

Collate = Callable[[Sequence[Row]], Batch]


class PacedState(Record):
    """Where a paced round stands between two steps: tokens and lessons learned from, and the next row."""

    pacer: PacerState
    tokens: int
    dealt: dict[str, int]
    waiting: int | None


class Paced:
    """The batches of a paced round, and the loss that tells what of them was foreseen.

    Args:
        data: The round's rows.
        pacer: Deals them.
        budget: Tokens of the round.
        settings: Its warm-up, and the rows of a pass.
        collate: Makes a batch of rows.
    """

    def __init__(self, data: TrainingSet, pacer: Pacer, budget: int, settings: TrainSettings, collate: Collate) -> None:
        self._data, self._pacer, self._budget, self._collate = data, pacer, budget, collate
        self._rows_per_pass, self._warmup = settings.rows_per_pass, settings.warmup
        self._waiting: int | None = None
        self.tokens = 0
        self.dealt = dict.fromkeys(sorted(set(data.modules)), 0)

    @property
    def most_steps(self) -> int:
        """More steps than the budget can pay for."""
        return self._budget // min(map(row_tokens, self._data.rows)) + 1

    def likely_steps(self, tokens_per_step: float) -> int:
        """About how many it pays for."""
        return math.ceil(self._budget / tokens_per_step)

    def share_of_rate(self, _step: int) -> float:
        """Of the full learning rate: a warm-up and a cosine over the budget, since nobody knows how many steps it pays.

        Never nothing: a short round cannot afford a first step that teaches nothing.
        """
        gone = min(1.0, self.tokens / self._budget)
        if gone < self._warmup:
            return max(gone / self._warmup, 0.1)
        return 0.5 * (1 + math.cos(math.pi * (gone - self._warmup) / (1 - self._warmup)))

    def foreseen(self) -> dict[str, float]:
        """Share of each module's last lessons that were foreseen."""
        return {module: round(self._pacer.share(module), 4) for module in self.dealt}

    def batches(self) -> Iterator[Batch]:
        """Batches until the budget is spent, to within a row. Ask for one once the last one was learned from."""
        while rows := self._next_rows():
            yield self._collate(rows)

    def _next_rows(self) -> list[Row]:
        rows: list[Row] = []
        while len(rows) < self._rows_per_pass:
            if self._waiting is None:
                self._waiting = self._pacer.deal()[1]
            row, module = self._data.rows[self._waiting], self._data.modules[self._waiting]
            if self.tokens + row_tokens(row) > self._budget:
                break
            self._waiting = None
            rows.append(row)
            self.tokens += row_tokens(row)
            self.dealt[module] += 1
        return rows

    def loss(self, model: Any, inputs: Batch) -> tuple[torch.Tensor, int]:
        """Summed cross-entropy of the answers' tokens, and their number; what was foreseen is noted on the way."""
        logits, targets = answer_logits(model, inputs)
        for number, hit in zip(inputs["index"].tolist(), foreseen_rows(logits.detach(), targets, inputs), strict=True):
            self._pacer.note(self._data.modules[number], number, foreseen=hit)
        return cross_entropy(logits, targets, reduction="sum"), len(targets)

    @property
    def state(self) -> PacedState:
        """Where the round stands."""
        return PacedState(pacer=self._pacer.state, tokens=self.tokens, dealt=dict(self.dealt), waiting=self._waiting)

    def go_on_from(self, state: PacedState) -> None:
        """Stand where the round stood."""
        self._pacer.go_on_from(state.pacer)
        self.tokens, self.dealt, self._waiting = state.tokens, dict(state.dealt), state.waiting


def foreseen_rows(logits: torch.Tensor, targets: torch.Tensor, batch: Batch) -> list[bool]:
    """For each row of a padded batch, whether every token of its answer was the likeliest."""
    right = logits.argmax(dim=-1) == targets
    lengths = (batch["labels"] != IGNORED).sum(dim=1).tolist()
    return [bool(answer.all()) for answer in cast(Any, right).split(lengths)]  # untyped in torch


def paced_round(data: TrainingSet, job: TrainJob, rule: Pacing, collate: Collate) -> Paced:
    """The round of a job, its rows in a shuffled order within each module.

    Its budget is what the rows come to, or the job's where that is less or would leave too little for another round.

    Raises:
        InputError: the budget is smaller than a row.
    """
    piles: dict[str, list[int]] = {}
    for number in shuffled(len(data.rows), job.seed):
        piles.setdefault(data.modules[number], []).append(number)
    whole = data.tokens * job.settings.epochs
    if job.budget is not None and job.budget.most - whole < job.budget.rest:
        whole = job.budget.most
    if whole < max(map(row_tokens, data.rows)):
        raise InputError(f"a budget of {whole} tokens is less than a row", do="raise limits.training_tokens")
    return Paced(data, Pacer(piles, rule, job.known), whole, job.settings, collate)
