"""Under a training budget that ends soon no module waits for another."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.graph.simulated import Ability, decisions, install, run
from tests.graph.test_keeping import taught_by_round
from tutelage.graph.context import RunContext
from tutelage.pedagogy.curriculum import all_at_once, pressed
from tutelage.pedagogy.standing import OrderRules, Standing


def test_a_budget_presses_where_it_pays_for_less_than_two_rounds_of_every_unsettled_module() -> None:
    standings = {
        "a": Standing(status="waiting", student=(0, 10), teacher=(10, 10)),
        "b": Standing(status="learning", student=(8, 10), teacher=(10, 10)),
        "c": Standing(status="mastered", student=(10, 10), teacher=(10, 10)),
    }
    rules = OrderRules(100)  # 100 lessons of a, 40 of b
    assert pressed(standings, {"a", "b", "c"}, rules, affordable=279)
    assert not pressed(standings, {"a", "b", "c"}, rules, affordable=280)
    assert all_at_once(standings, {"a", "b", "c"}).modules == ("a",)


async def test_every_module_is_taught_in_the_first_round_where_the_budget_is_small_and_in_order_where_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.01), tmp_path)
    settings = ("limits.spent=finish", "limits.rounds=2", "tutor.examples=20")
    await run(tmp_path / "small", *settings, "limits.training_tokens=1800")
    assert len(taught_by_round(tmp_path / "small")[0]) == 6
    assert any("none waits" in d["reason"] for d in decisions(tmp_path / "small"))
    await run(tmp_path / "large", *settings, "limits.training_tokens=18000")
    assert len(taught_by_round(tmp_path / "large")[0]) < 6


@pytest.mark.parametrize(
    ("left", "row", "spent"), [(239, 40.0, False), (79, 40.0, True), (239, 200.0, True), (0, 0.0, True)]
)
def test_a_rest_that_pays_for_no_long_lesson_is_spent(left: int, row: float, spent: bool) -> None:
    run: Any = SimpleNamespace(
        config=SimpleNamespace(limits=SimpleNamespace(training_tokens=10_000)),
        training_left=lambda: left,
        row_tokens=lambda: row,
    )
    assert RunContext.training_spent(run) is spent
