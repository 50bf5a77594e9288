from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from tutelage.graph.context import RunContext
from tutelage.graph.gating import attempt_gate, check_retention, fresh
from tutelage.graph.measure import Examiner
from tutelage.pedagogy.mastery import GatePolicy
from tutelage.pedagogy.pools import pool_of
from tutelage.pedagogy.records import Attempt, Item
from tutelage.pedagogy.standing import Standing

POLICY = GatePolicy(items_per_look=36, looks=2, attempts=2, retention_items=5)


@dataclass
class FakeExaminer:
    """Answers by ``right``, and remembers which items were asked under which name."""

    right: Callable[[Item], bool]
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    async def attempts(self, part: str, items: Sequence[Item], label: str) -> list[Attempt]:
        self.asked.append((part, [item.id for item in items]))
        return [
            Attempt(
                probe=item.id, model="base", endpoint="local", role="student", round=1, response="?", truncated=n == 0,
                grade="right" if self.right(item) else "wrong",
            )
            for n, item in enumerate(items)
        ]  # fmt: skip


def items_of(module: str, count: int) -> list[Item]:
    return [
        Item(id=f"{module}{n:03d}", module=module, pool="gate", question=f"{module}{n}", reference="1",
             sha256=f"{module}{n}", level=1 + n % 3)
        for n in range(count)
    ]  # fmt: skip


def context(*items: Item, policy: GatePolicy = POLICY) -> RunContext:
    config = SimpleNamespace(gate=policy)
    return cast(
        RunContext, SimpleNamespace(config=config, items={i.id: i for i in items}, of_module=partial(pool_of, items))
    )


def learning(used: int = 0) -> Standing:
    return Standing(status="learning", student=(0, 10), teacher=(300, 300), gate_used=used)


def examiner(right: Callable[[Item], bool]) -> tuple[FakeExaminer, Examiner]:
    fake = FakeExaminer(right)
    return fake, cast(Examiner, fake)


async def test_a_decided_module_is_not_looked_at_again() -> None:
    fake, asked = examiner(lambda item: item.module == "a")
    ctx = context(*items_of("a", 150), *items_of("b", 150))
    results = await attempt_gate(ctx, asked, {"a": learning(), "b": learning()}, 1)
    assert len(fake.asked) == 1
    assert {k: (r.used, r.evidence.student.successes) for k, r in results.items()} == {"a": (36, 36), "b": (36, 0)}
    assert results["a"].evidence.clears(POLICY)


async def test_a_module_whose_decision_hangs_on_more_items_gets_fresh_ones() -> None:
    fake, asked = examiner(lambda item: item.id != "a003")
    results = await attempt_gate(context(*items_of("a", 150)), asked, {"a": learning()}, 1)
    assert [part for part, _ in fake.asked] == ["001-5-gate-look1", "001-5-gate-look2"]
    met = [name for _, names in fake.asked for name in names]
    assert len(set(met)) == len(met) == results["a"].used == 72


async def test_an_attempt_draws_after_the_items_that_were_met_before() -> None:
    fake, asked = examiner(lambda item: True)
    await attempt_gate(context(*items_of("a", 150)), asked, {"a": learning(used=40)}, 1)
    assert fake.asked[0][1] == [f"a{n:03d}" for n in range(40, 76)]


@given(st.lists(st.integers(1, 7), max_size=12))
def test_gate_draws_never_repeat_and_end_when_the_pool_does(counts: list[int]) -> None:
    ctx = context(*items_of("a", 26), *items_of("b", 26))
    used: list[Item] = []
    for count in counts:
        drawn = fresh(ctx, "a", len(used), count)
        assert len(drawn) <= count
        used += drawn
    assert len({item.id for item in used}) == len(used) == min(sum(counts), 26)
    assert {(item.module, item.pool) for item in used} <= {("a", "gate")}


async def test_a_pool_that_runs_dry_gives_fewer_items_and_an_empty_one_no_result() -> None:
    _, asked = examiner(lambda item: True)
    ctx = context(*items_of("a", 50), *items_of("b", 36), *items_of("c", 150))
    results = await attempt_gate(ctx, asked, {"a": learning(40), "b": learning(36), "c": learning()}, 1)
    assert {k: r.used for k, r in results.items()} == {"a": 10, "c": 36}
    assert await attempt_gate(ctx, asked, {"b": learning(36)}, 2) == {}


async def test_a_result_says_at_which_level_the_student_fails_and_how_often_it_was_cut_off() -> None:
    _, asked = examiner(lambda item: (item.level or 0) < 3)
    results = await attempt_gate(context(*items_of("a", 150)), asked, {"a": learning()}, 1)
    result = results["a"]
    assert (result.edge, result.truncated) == (3, 1)
    assert {level: rate.value for level, rate in result.levels.items()} == {1: 1.0, 2: 1.0, 3: 0.0}
    reading = result.reading(4, "bridge")
    assert (reading.module, reading.round, reading.pool, reading.right, reading.n, reading.verdict) == (
        "a", 4, "gate", 24, 36, "bridge"
    )  # fmt: skip


async def test_retention_asks_a_few_fresh_items_of_each_mastered_module() -> None:
    fake, asked = examiner(lambda item: item.module == "a")
    ctx = context(*items_of("a", 50), *items_of("b", 50))
    found = await check_retention(ctx, asked, {"a": learning(36), "b": learning(48)}, 3)
    assert fake.asked == [("003-5-gate-retention", [*(f"a{n:03d}" for n in range(36, 41)), "b048", "b049"])]
    assert {k: (r.evidence.student.successes, r.used) for k, r in found.items()} == {"a": (5, 5), "b": (0, 2)}


async def test_retention_without_fresh_items_or_modules_asks_nobody() -> None:
    fake, asked = examiner(lambda item: True)
    assert await check_retention(context(*items_of("a", 36)), asked, {"a": learning(36)}, 3) == {}
    assert await check_retention(context(), asked, {}, 3) == {}
    assert fake.asked == []
