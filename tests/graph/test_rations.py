"""Under a cap on the teachers all modules have their turn, and what is written is verified."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.graph.simulated import Ability, install, run
from tests.teachers.hostile import question
from tests.teachers.test_replies import reply
from tutelage.files import read_json_lines
from tutelage.graph.rations import Rations
from tutelage.teachers.meter import Caps, Meter

A_TURN = 24
"""Tokens of a lesson: four replies of six."""


class Writing:
    """Modules that write turn after turn until the cap is met, each lesson of a turn in four replies."""

    def __init__(
        self, cap: int | None, slow: Mapping[str, float] | None = None, lessons: Mapping[str, int] | None = None
    ) -> None:
        self.slow = slow or {}  # seconds a reply
        self.lessons = lessons or {}  # a turn
        self.cap, self.meter = cap, Meter(Caps(tokens=cap))
        self.rations = Rations(self.meter)
        self.turns: list[str] = []
        self.under_way, self.most_under_way = 0, 0

    async def module(self, name: str, most: int) -> None:
        lessons = self.lessons.get(name, 1)
        async with self.rations.writer(name, lessons) as turn:
            for number in range(most):
                async with turn():
                    if self.cap is not None and self.meter.totals.tokens + lessons * A_TURN > self.cap:
                        return
                    self.turns.append(name)
                    self.under_way += 1
                    self.most_under_way = max(self.most_under_way, self.under_way)
                    for part in range(4 * lessons):
                        await asyncio.sleep(self.slow.get(name, 0))
                        self.meter.count(question(role="tutor", module=name), reply(f"{name}{number}{part}"))
                    self.under_way -= 1

    async def all(self, modules: str, most: int) -> None:
        async with asyncio.TaskGroup() as group:
            for name in modules:
                group.create_task(self.module(name, most))


async def test_modules_take_turns_and_none_goes_over_the_cap() -> None:
    writing = Writing(cap=10 * A_TURN)
    await writing.all("abc", most=50)
    assert writing.meter.totals.tokens == 10 * A_TURN
    assert sorted(Counter(writing.turns).values()) == [3, 3, 4]


async def test_the_first_turn_goes_alone_and_shows_what_a_turn_costs() -> None:
    writing = Writing(cap=2 * A_TURN)
    await writing.all("abc", most=1)
    assert writing.most_under_way == 1
    assert writing.turns == ["a", "b"]


async def test_turns_go_on_side_by_side_while_there_is_plenty() -> None:
    writing = Writing(cap=1000 * A_TURN)
    await writing.all("abc", most=3)
    assert writing.most_under_way == 3


async def test_without_a_cap_nobody_waits() -> None:
    writing = Writing(cap=None)
    await writing.all("abc", most=1)
    assert writing.most_under_way == 3


async def test_a_turn_that_fails_lets_the_next_one_in() -> None:
    rations = Rations(Meter(Caps(tokens=100)))
    with pytest.raises(RuntimeError):
        async with rations.writer("a", 1) as turn, turn():
            raise RuntimeError
    async with asyncio.timeout(1), rations.writer("b", 1) as turn, turn():
        pass


async def test_a_module_whose_teacher_is_slow_has_as_many_turns_as_the_others() -> None:
    writing = Writing(cap=9 * A_TURN, slow={"b": 0.01})
    await writing.all("abc", most=50)
    assert Counter(writing.turns) == {"a": 3, "b": 3, "c": 3}


async def test_a_module_whose_calls_bring_fewer_lessons_has_more_of_them() -> None:
    writing = Writing(cap=24 * A_TURN, lessons={"a": 4, "b": 2})
    await writing.all("ab", most=50)
    assert Counter(writing.turns) == {"a": 3, "b": 6}


async def test_where_little_is_left_no_second_turn_begins_beside_a_first_one() -> None:
    scarce, plenty = Writing(cap=5 * A_TURN), Writing(cap=60 * A_TURN)
    for writing in (scarce, plenty):
        await writing.all("abc", most=2)
    assert (scarce.most_under_way, plenty.most_under_way) == (2, 3)
    assert Counter(scarce.turns) == {"a": 2, "b": 2, "c": 1}


async def test_fast_modules_do_not_wait_for_a_slow_one_while_there_is_plenty() -> None:
    writing = Writing(cap=1000 * A_TURN, slow={"b": 0.01})
    await writing.all("abc", most=5)
    assert writing.turns[-3:] == ["b", "b", "b"]


async def test_a_module_that_ends_early_holds_nobody_up() -> None:
    writing = Writing(cap=20 * A_TURN)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(writing.module("a", most=1))
        group.create_task(writing.module("b", most=10))
    assert Counter(writing.turns) == {"a": 1, "b": 10}


async def test_a_module_that_is_cancelled_while_it_waits_holds_nobody_up() -> None:
    rations = Rations(Meter(Caps(tokens=100)))
    async with rations.writer("a", 1) as first, rations.writer("b", 1) as second, first():
        waits = asyncio.ensure_future(second().__aenter__())
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.wait([waits])
    async with asyncio.timeout(1), rations.writer("c", 1) as turn, turn():
        pass


async def test_a_module_that_comes_later_has_its_turns_from_then_on() -> None:
    rations, order = Rations(Meter(Caps(tokens=1000))), list[str]()

    async def take(name: str, turns: int) -> None:
        async with rations.writer(name, 1) as turn:
            for _ in range(turns):
                async with turn():
                    order.append(name)
                    await asyncio.sleep(0)

    await take("early", 5)
    async with asyncio.TaskGroup() as group:
        group.create_task(take("early", 2))
        group.create_task(take("late", 2))
    assert order[5:] == ["early", "late", "early", "late"]


@pytest.mark.parametrize("strategy", ["self_instruct", "ioa"])
async def test_a_small_cap_brings_every_module_as_many_lessons_and_wastes_at_most_a_call(
    strategy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.001), tmp_path)
    ended, _ = await run(
        tmp_path / "run", f"strategy.name={strategy}", "limits.teacher_tokens=40000", "limits.training_tokens=4000",
        "limits.spent=finish", "tutor.examples=100", "diagnosis.probes=6", "diagnosis.looks=6", "diagnosis.held_out=6",
    )  # fmt: skip
    written: list[Any] = [row for _, row in read_json_lines(tmp_path / "run" / "candidates.jsonl")]
    by_module = Counter(c["module"] for c in written)
    assert len(by_module) == 6
    assert max(by_module.values()) - min(by_module.values()) <= 5
    assert sum(not c["accepted"] and c["reason"] == "unverifiable" for c in written) <= 5
    spent = ended.report["totals"]["teacher_tokens"] - ended.report["totals"]["teacher_exam_tokens"]
    assert 0.92 * 40_000 <= spent <= 1.02 * 40_000
