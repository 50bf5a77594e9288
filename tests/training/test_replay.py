from __future__ import annotations

import itertools
from collections import Counter

import pytest

from tests.training.tiny import addition_rows
from tutelage.training.replay import mix

NEW = addition_rows(60, "new")
MASTERED = {"a": addition_rows(50, "a"), "b": addition_rows(50, "b"), "c": addition_rows(50, "c")}


def test_replay_is_the_asked_share_and_even_over_modules() -> None:
    counts = Counter(row.module for row in mix(NEW, MASTERED, 0.25, seed=1))
    assert counts["new"] == 60
    assert counts["a"] + counts["b"] + counts["c"] == 20
    assert max(counts["a"], counts["b"], counts["c"]) - min(counts["a"], counts["b"], counts["c"]) <= 1


def test_what_a_short_module_lacks_the_others_make_up() -> None:
    counts = Counter(row.module for row in mix(NEW, {**MASTERED, "b": addition_rows(2, "b")}, 0.5, seed=1))
    assert counts["b"] == 2
    assert counts["a"] == counts["c"] == 29


def test_no_row_is_drawn_twice_and_there_is_no_more_than_there_is() -> None:
    rows = mix(NEW, {"a": MASTERED["a"]}, 0.9, seed=1)
    assert len(rows) == 110
    assert len({row.candidate for row in rows}) == 110


def test_the_mix_depends_on_the_seed_alone() -> None:
    backwards = dict(reversed(list(MASTERED.items())))
    assert mix(NEW, MASTERED, 0.3, seed=1) == mix(NEW, backwards, 0.3, seed=1)
    assert mix(NEW, MASTERED, 0.3, seed=1) != mix(NEW, MASTERED, 0.3, seed=2)


def test_modules_interleave() -> None:
    modules = [row.module for row in mix(addition_rows(50, "x") + addition_rows(50, "y"), {}, 0, seed=1)]
    changes = sum(before != after for before, after in itertools.pairwise(modules))
    assert changes > 30


def test_without_mastered_modules_or_new_rows_there_is_nothing_to_replay() -> None:
    assert sorted(row.candidate for row in mix(NEW, {}, 0.5, seed=1)) == sorted(row.candidate for row in NEW)
    assert mix([], MASTERED, 0.5, seed=1) == []


def test_a_share_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="replay share"):
        mix(NEW, MASTERED, 1.0, seed=1)
