from __future__ import annotations

import pytest
from pydantic import ValidationError

from tutelage.training.contracts import TrainSettings


def test_a_batch_smaller_than_the_micro_batch_is_one_pass() -> None:
    assert TrainSettings(batch_size=4).rows_per_pass == 4


def test_a_micro_batch_must_divide_the_batch() -> None:
    with pytest.raises(ValidationError, match="micro_batch 8 does not divide batch_size 12"):
        TrainSettings(batch_size=12)


def test_a_round_that_teaches_nothing_for_the_first_time_has_a_learning_rate_of_its_own() -> None:
    settings = TrainSettings(learning_rate=1e-3, mending_rate=3e-4)
    assert settings.of_round(mends=True) == TrainSettings(learning_rate=3e-4)
    assert settings.of_round(mends=False) == TrainSettings(learning_rate=1e-3)


def test_without_a_mending_rate_every_round_has_the_same() -> None:
    assert TrainSettings(learning_rate=1e-3).of_round(mends=True) == TrainSettings(learning_rate=1e-3)
