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
from tutelage.training.contracts import EarlyStop, Example, TokenBudget, TrainSettings, TrainWarning
from tutelage.training.validation import held_back

# As cross_entropy's own default: a label that is not supervised.
IGNORED = -100


class Row(TypedDict):
    """Token ids of a prompt and its answer, the labels (``IGNORED`` on the prompt), and its place in the set."""

    input_ids: list[int]
    labels: list[int]
    index: int


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
        """Tokens of all rows, prompts included."""
        return sum(len(row["input_ids"]) for row in self.rows)

    @property
    def supervised_tokens(self) -> int:
        """Tokens that the loss is taken over."""
        return sum(_supervised(row) for row in self.rows)

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
    return TrainingSet(
        rows=[_row(index, *tokenised[old]) for index, old in enumerate(kept)],
        names=[examples[old].candidate for old in kept],
        modules=[examples[old].module for old in kept],
        left_out=len(examples) - len(kept),
        warnings=warnings,
    )


def split(data: TrainingSet, stop: EarlyStop | None, seed: int) -> tuple[TrainingSet, TrainingSet]:
    """What is learned from, and what is held back to tell when to stop: nothing where nobody asked for it."""
    drawn = set[int]() if stop is None else held_back(data.modules, stop.share, seed)
    return _part(data, [row for row in data.rows if row["index"] not in drawn]), _part(
        data, [row for row in data.rows if row["index"] in drawn]
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
        order = torch.randperm(len(data.rows), generator=torch.Generator().manual_seed(seed + repetition)).tolist()
        for row in (data.rows[place] for place in order):
            if len(row["input_ids"]) > left:
                return _within(data, rows, budget)
            rows.append(row)
            left -= len(row["input_ids"])
    return _within(data, rows, budget)


def _within(data: TrainingSet, rows: Sequence[Row], budget: TokenBudget) -> TrainingSet:
    if not rows:
        raise InputError(f"a budget of {budget.most} tokens is less than a row", do="raise limits.training_tokens")
    return _part(data, rows)


def _part(data: TrainingSet, rows: Sequence[Row]) -> TrainingSet:
    return replace(
        data,
        rows=[Row(input_ids=row["input_ids"], labels=row["labels"], index=new) for new, row in enumerate(rows)],
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


def _row(index: int, ids: list[int], prompt: int) -> Row:
    return Row(input_ids=ids, labels=[IGNORED] * prompt + ids[prompt:], index=index)


def collate(rows: Sequence[Row], pad: int) -> dict[str, torch.Tensor]:
    """A left-padded batch: answers end together, so that the loss needs the logits of the last columns only."""
    ids, mask = left_pad([row["input_ids"] for row in rows], pad, torch.device("cpu"))
    labels, _ = left_pad([row["labels"] for row in rows], IGNORED, torch.device("cpu"))
    index = torch.tensor([row["index"] for row in rows])
    return {"input_ids": ids, "attention_mask": mask, "labels": labels, "index": index}


def _supervised(row: Row) -> int:
    return sum(label != IGNORED for label in row["labels"])
