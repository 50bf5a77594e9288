"""Training rows as tokens: which of them are supervised, and what a batch of them looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TypedDict

import torch
from pydantic import ValidationError
from transformers import PreTrainedTokenizerBase

from tutelage.errors import InputError
from tutelage.files import canonical_json, read_json_lines, sha256_text
from tutelage.training.checks import RowFacts, judge_rows
from tutelage.training.child.chat import training_ids
from tutelage.training.child.greedy import left_pad
from tutelage.training.child.pairs import rejected_ids
from tutelage.training.contracts import EarlyStop, Example, TokenBudget, TrainSettings, TrainWarning
from tutelage.training.validation import held_back

# As cross_entropy's own default: a label that is not supervised.
IGNORED = -100


class Row(TypedDict):
    """Token ids of a prompt and its answer, the labels (``IGNORED`` on the prompt), and its place in the set.

    ``rejected`` are the ids of the prompt and the student's own wrong answer, none where it has none. ``margin`` is by
    how much the answer's log-probability exceeds the rejected one's for the student as the round began.
    """

    input_ids: list[int]
    labels: list[int]
    index: int
    rejected: list[int]
    margin: float


@dataclass(frozen=True)
class TrainingSet:
    """The rows to learn from as tokens, their names and modules, how many were left out, and what is odd."""

    rows: list[Row]
    names: list[str]
    modules: list[str]
    left_out: int
    warnings: list[TrainWarning]

    @property
    def tokens(self) -> int:
        """Tokens of all rows, prompts and rejected answers included."""
        return sum(map(row_tokens, self.rows))

    @property
    def pairs(self) -> int:
        """Rows with a rejected answer."""
        return sum(bool(row["rejected"]) for row in self.rows)

    @property
    def supervised_tokens(self) -> int:
        """Tokens that the loss is taken over."""
        return sum(_supervised(row) + max(len(row["rejected"]) - _prompt(row), 0) for row in self.rows)

    @property
    def lowest_share(self) -> float:
        """The smallest share of supervised tokens in a row."""
        return min(_supervised(row) / len(row["input_ids"]) for row in self.rows)


def read_examples(path: Path) -> list[Example]:
    """The data set's rows.

    Raises:
        InputError: a line is not an ``Example``; names the line.
    """
    examples = []
    for number, value in read_json_lines(path):
        try:
            examples.append(Example.model_validate(value))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise InputError(f"not a training row ({key}: {first['msg']})", where=f"{path}:{number}") from error
    return examples


def training_set(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, settings: TrainSettings
) -> TrainingSet:
    """Tokenise the rows exactly as answering would, and supervise the answers only.

    Raises:
        TrainingError: the rows or the chat template would teach nonsense; see ``judge_rows`` and ``training_ids``.
    """
    tokenised = [
        ([], 0)  # refused below, with all that are like it
        if _empty(example)
        else training_ids(
            tokenizer, example.prompt, example.completion, settings.system_prompt, f"row {example.candidate}"
        )
        for example in examples
    ]
    facts = [_facts(example, ids, prompt) for example, (ids, prompt) in zip(examples, tokenised, strict=True)]
    kept, warnings = judge_rows(facts, settings.max_length, settings.max_left_out)
    rejected, left_out = rejected_ids([examples[old] for old in kept], tokenizer, settings)
    return TrainingSet(
        rows=[_row(index, *tokenised[old], rejected[index]) for index, old in enumerate(kept)],
        names=[examples[old].candidate for old in kept],
        modules=[examples[old].module for old in kept],
        left_out=len(examples) - len(kept),
        warnings=[*warnings, *left_out],
    )


def split(data: TrainingSet, stop: EarlyStop | None, seed: int) -> tuple[TrainingSet, TrainingSet]:
    """What is learned from, and what is held back to tell when to stop: nothing where nobody asked for it.

    Of what is held back only the answers are read.
    """
    drawn = set[int]() if stop is None else held_back(data.modules, stop.share, seed)
    return _part(data, [row for row in data.rows if row["index"] not in drawn]), _part(
        data, [{**row, "rejected": []} for row in data.rows if row["index"] in drawn]
    )


def spend(data: TrainingSet, budget: TokenBudget, epochs: int, seed: int) -> TrainingSet:
    """The rows of a round that has a budget, every repetition spelled out: one pass over them is the whole round.

    Raises:
        InputError: the budget is smaller than a row.
    """
    rows: list[Row] = []
    left = budget.most
    for repetition in count():
        if repetition >= epochs and left >= budget.rest:
            break
        for row in (data.rows[place] for place in shuffled(len(data.rows), seed + repetition)):
            if row_tokens(row) > left:
                return _within(data, rows, budget)
            rows.append(row)
            left -= row_tokens(row)
    return _within(data, rows, budget)


def _within(data: TrainingSet, rows: Sequence[Row], budget: TokenBudget) -> TrainingSet:
    if not rows:
        raise InputError(f"a budget of {budget.most} tokens is less than a row", do="raise limits.training_tokens")
    return _part(data, rows)


def _part(data: TrainingSet, rows: Sequence[Row]) -> TrainingSet:
    return replace(
        data,
        rows=[{**row, "index": new} for new, row in enumerate(rows)],
        names=[data.names[row["index"]] for row in rows],
        modules=[data.modules[row["index"]] for row in rows],
    )


def _empty(example: Example) -> bool:
    return not example.completion.strip()


def _facts(example: Example, ids: Sequence[int], prompt: int) -> RowFacts:
    return RowFacts(
        name=example.candidate,
        module=example.module,
        prompt_tokens=prompt,
        tokens=len(ids),
        empty=_empty(example),
        text_sha256=sha256_text(canonical_json([example.prompt, example.completion])),
    )


def _row(index: int, ids: list[int], prompt: int, rejected: list[int]) -> Row:
    return Row(input_ids=ids, labels=_labels(ids, prompt), index=index, rejected=rejected, margin=0.0)


def collate(rows: Sequence[Row], pad: int) -> dict[str, torch.Tensor]:
    """A left-padded batch: answers end together, so that the loss needs the logits of the last columns only.

    Rejected answers are rows after all others, without ``labels``: those are what the cross-entropy is taken over, and
    counted by. Theirs are ``rejected``; ``pairs`` says which rows they belong to, ``margins`` what is known of these.
    """
    paired = [(place, row) for place, row in enumerate(rows) if row["rejected"]]
    below = [row["rejected"] for _, row in paired]
    ids, mask = left_pad([*(row["input_ids"] for row in rows), *below], pad, torch.device("cpu"))
    labels, _ = left_pad([*(row["labels"] for row in rows), *map(_unsupervised, below)], IGNORED, torch.device("cpu"))
    index = torch.tensor([row["index"] for row in rows])
    batch = {"input_ids": ids, "attention_mask": mask, "labels": labels, "index": index}
    if not paired:
        return batch
    above = [_unsupervised(row["input_ids"]) for row in rows]
    told = [_labels(row["rejected"], _prompt(row)) for _, row in paired]
    rejected, _ = left_pad([*above, *told], IGNORED, torch.device("cpu"))
    pairs, margins = torch.tensor([place for place, _ in paired]), torch.tensor([row["margin"] for _, row in paired])
    return {**batch, "rejected": rejected, "pairs": pairs, "margins": margins}


def shuffled(count: int, seed: int) -> list[int]:
    """The order in which a round of this seed meets its rows."""
    order: list[int] = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).tolist()
    return order


def row_tokens(row: Row) -> int:
    """Tokens of a row, its prompt and its rejected answer included."""
    return len(row["input_ids"]) + len(row["rejected"])


def _labels(ids: list[int], prompt: int) -> list[int]:
    return [IGNORED] * prompt + ids[prompt:]


def _unsupervised(ids: list[int]) -> list[int]:
    return [IGNORED] * len(ids)


def _prompt(row: Row) -> int:
    return len(row["labels"]) - _supervised(row)


def _supervised(row: Row) -> int:
    return sum(label != IGNORED for label in row["labels"])
