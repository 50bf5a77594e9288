import random
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.pools import (
    PoolSizes,
    Seed,
    content_hash,
    missing_items,
    normalise,
    pool_of,
    split,
)
from tutelage.pedagogy.records import Pool

MODULES = ("m/one", "m/two")
SIZES = PoolSizes(diagnostic=2, gate=3, held_out=2)


@st.composite
def seeds(draw: st.DrawFn) -> list[Seed]:
    """Seeds of two modules; few different questions, so that doubles within and across modules are common."""
    rows = draw(st.lists(st.tuples(st.sampled_from(MODULES), st.integers(0, 25)), max_size=40))
    return [Seed(f"s{n}", module, f"What is {a} + 1?", str(a + 1), level=a % 3) for n, (module, a) in enumerate(rows)]


def plenty(module: str, count: int = 30) -> list[Seed]:
    return [Seed(f"{module}-{n}", module, f"{module}: {n} + 1?", str(n + 1)) for n in range(count)]


@given(seeds(), st.integers())
def test_pools_never_share_a_question_and_lose_none(rows: list[Seed], seed: int) -> None:
    items = split(rows, SIZES, seed)
    hashes = [item.sha256 for item in items]
    assert len(hashes) == len(set(hashes))
    assert set(hashes) == {content_hash(row.question) for row in rows}
    assert all(item.sha256 == content_hash(item.question) for item in items)


@given(seeds(), st.integers())
def test_diagnostic_and_held_out_are_filled_exactly_and_the_gate_takes_the_rest(rows: list[Seed], seed: int) -> None:
    items = split(rows, SIZES, seed)
    lacking = missing_items(rows, MODULES, SIZES)
    for module in MODULES:
        counts = Counter(item.pool for item in items if item.module == module)
        assert lacking.get(module, 0) == max(0, SIZES.total - counts.total())
        if module not in lacking:
            assert (counts["diagnostic"], counts["held_out"]) == (2, 2)
            assert counts["gate"] == counts.total() - 4 >= SIZES.gate


@given(seeds(), st.integers(), st.randoms(use_true_random=False))
def test_a_split_is_a_function_of_the_questions_and_the_seed_alone(
    rows: list[Seed], seed: int, chance: random.Random
) -> None:
    once = {row.question: row for row in reversed(rows)}
    distinct = list(once.values())
    shuffled = chance.sample(distinct, len(distinct))
    assert split(distinct, SIZES, seed) == split(distinct, SIZES, seed) == split(shuffled, SIZES, seed)


def test_another_seed_gives_another_split() -> None:
    assert split(plenty("m/one"), SIZES, 0) != split(plenty("m/one"), SIZES, 1)


def test_a_question_that_two_modules_share_stays_with_the_first() -> None:
    rows = [Seed("a", "m/one", "What is 1 + 1?", "2"), Seed("b", "m/two", "what is  1 + 1", "2")]
    assert [(item.id, item.module) for item in split(rows, SIZES, 0)] == [("a", "m/one")]
    assert missing_items(rows, MODULES, PoolSizes(1, 0, 0)) == {"m/two": 1}


@given(seeds(), st.integers())
def test_the_three_pools_together_are_all_items(rows: list[Seed], seed: int) -> None:
    items = split(rows, SIZES, seed)
    pools: tuple[Pool, ...] = ("diagnostic", "gate", "held_out")
    found = [item for pool in pools for module in MODULES for item in pool_of(items, module, pool)]
    assert sorted(found, key=lambda i: i.id) == sorted(items, key=lambda i: i.id)


def test_a_module_without_items_has_an_empty_pool() -> None:
    assert pool_of(split(plenty("m/one", 3), SIZES, 0), "m/two", "diagnostic") == ()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("What is 3 + 4?", "what  is 3 + 4"),
        ("Tom's 3 apples.", "tom s 3 apples"),
        ("\uff13 + 4", "3 + 4"),
        ("A\nB", "a b"),
    ],
)
def test_spelling_does_not_make_a_question_new(left: str, right: str) -> None:
    assert content_hash(left) == content_hash(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [("3 + 4", "3 - 4"), ("3 + 4", "3 + 5"), ("1.5 + 1", "15 + 1"), ("2 < 3", "2 > 3"), ("1,000", "1 000")],
)
def test_numbers_and_operators_do(left: str, right: str) -> None:
    assert content_hash(left) != content_hash(right)


@given(st.text(string.printable))
def test_a_normalised_question_is_its_own_normal_form(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
