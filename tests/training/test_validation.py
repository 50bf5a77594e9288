from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tutelage.training.validation import held_back


@given(st.lists(st.sampled_from("abc"), max_size=60), st.floats(0.01, 0.99), st.integers(0, 5))
def test_every_module_keeps_a_row_to_learn_from(modules: list[str], share: float, seed: int) -> None:
    drawn = held_back(modules, share, seed)
    assert drawn <= set(range(len(modules)))
    assert {modules[index] for index in range(len(modules)) if index not in drawn} == set(modules)
    assert drawn == held_back(modules, share, seed)


def test_every_module_gives_its_share() -> None:
    modules = ["a"] * 20 + ["b"] * 40
    assert Counter(modules[index] for index in held_back(modules, 0.1, 0)) == {"a": 2, "b": 4}
