from __future__ import annotations

import pytest
from pydantic import ValidationError

from tutelage.training.contracts import TrainSettings


def test_a_batch_smaller_than_the_micro_batch_is_one_pass() -> None:
    assert TrainSettings(batch_size=4).rows_per_pass == 4


def test_a_micro_batch_must_divide_the_batch() -> None:
    with pytest.raises(ValidationError, match="micro_batch 8 does not divide batch_size 12"):
        TrainSettings(batch_size=12)
