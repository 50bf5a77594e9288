"""Training rows as tokens: which of them are supervised, and what a batch of them looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import torch
from pydantic import ValidationError
from transformers import PreTrainedTokenizerBase

from tutelage.errors import InputError, NothingToLearn
from tutelage.files import read_json_lines
from tutelage.training.child.chat import training_ids
from tutelage.training.child.greedy import left_pad
from tutelage.training.contracts import Example

# As cross_entropy's own default: a label that is not supervised.
IGNORED = -100


class Row(TypedDict):
    """Token ids of a prompt and its answer, and the labels: ``IGNORED`` on the prompt."""

    input_ids: list[int]
    labels: list[int]


@dataclass(frozen=True)
class TrainingSet:
    """The rows as tokens, and how many of them lost the end of their answer."""

    rows: list[Row]
    truncated_rows: int

    @property
    def tokens(self) -> int:
        """Tokens of all rows, prompts included."""
        return sum(len(row["input_ids"]) for row in self.rows)

    @property
    def supervised_tokens(self) -> int:
        """Tokens that the loss is taken over."""
        return sum(_supervised(row) for row in self.rows)


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
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, system: str, max_length: int
) -> TrainingSet:
    """Tokenise the rows exactly as answering would, and supervise the answers only.

    Raises:
        NothingToLearn: there are no rows, or some have no supervised token within ``max_length``; names them.
        TrainingError: a prompt's tokens are not the beginning of its row's.
    """
    rows, empty, truncated = [], [], 0
    for example in examples:
        ids, prompt = training_ids(tokenizer, example.prompt, example.completion, system, f"row {example.candidate}")
        row = Row(input_ids=ids[:max_length], labels=([IGNORED] * prompt + ids[prompt:])[:max_length])
        truncated += len(ids) > max_length
        if not example.completion.strip() or not _supervised(row):
            empty.append(example.candidate)
        rows.append(row)
    if empty:
        raise NothingToLearn(
            f"{len(empty)} of {len(rows)} training rows have no answer token within max_length {max_length}",
            where=", ".join(empty[:5]) + (" …" if len(empty) > 5 else ""),
            do="raise max_length or leave these rows out",
        )
    if not rows:
        raise NothingToLearn("the data set has no rows")
    return TrainingSet(rows=rows, truncated_rows=truncated)


def collate(rows: Sequence[Row], pad: int) -> dict[str, torch.Tensor]:
    """A left-padded batch: answers end together, so that the loss needs the logits of the last columns only."""
    ids, mask = left_pad([row["input_ids"] for row in rows], pad, torch.device("cpu"))
    labels, _ = left_pad([row["labels"] for row in rows], IGNORED, torch.device("cpu"))
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def _supervised(row: Row) -> int:
    return sum(label != IGNORED for label in row["labels"])
