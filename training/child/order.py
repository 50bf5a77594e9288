"""In which order many processes meet the rows: that of one process, filled up so that all have the same passes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Dataset, Sampler

from tutelage.training.child.rows import IGNORED, Row

_FILLING = Row(input_ids=[0], labels=[IGNORED], index=-1, rejected=[], margin=0.0)


class Rows(Dataset[Row]):
    """The rows; any index past the last one is a row that only fills a pass and teaches nothing."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Row:
        return self._rows[index] if index < len(self._rows) else _FILLING


class SameOrder(Sampler[int]):
    """The order of accelerate's seeded sampler, with filling up to a whole number of passes of all processes.

    Without it accelerate would fill up with the first rows again, and teach them twice.
    """

    def __init__(self, rows: int, rows_at_once: int, seed: int) -> None:
        self._rows = rows
        self._filled = math.ceil(rows / rows_at_once) * rows_at_once
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Another epoch has another order."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._filled

    def __iter__(self) -> Iterator[int]:
        chance = torch.Generator().manual_seed(self._seed + self._epoch)
        yield from torch.randperm(self._rows, generator=chance).tolist()
        yield from range(self._rows, self._filled)
