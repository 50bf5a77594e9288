from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tutelage.graph.knowledge import reestimate
from tutelage.graph.records import Reading
from tutelage.pedagogy.dependency import break_cycles
from tutelage.pedagogy.records import Edge
from tutelage.pedagogy.standing import Standing

STANDINGS = {k: Standing(status="learning", student=(0, 10), teacher=(10, 10)) for k in ("a", "b")}


def edge(
    prerequisite: str, dependent: str, strength: float = 0.5, source: Literal["teacher", "user"] = "teacher"
) -> Edge:
    return Edge(prerequisite=prerequisite, dependent=dependent, strength=strength, source=source)


def reading(module: str, round_number: int, right: int) -> Reading:
    return Reading(module=module, round=round_number, pool="gate", right=right, n=10, truncated=0, verdict=None)


def strength(readings: Sequence[Reading], found: Edge | None = None) -> tuple[float, str]:
    (after,) = reestimate([found or edge("a", "b")], readings, STANDINGS)
    return after.strength, after.source


def test_an_edge_is_re_estimated_once_both_conditions_of_equation_3_were_seen() -> None:
    before = [reading("a", 0, 2), reading("b", 0, 1)]
    assert strength(before) == (0.5, "teacher")
    # b goes from 0.1 while a is weak to 0.8 while a is strong: (0.8 - 0.1) / 0.8
    assert strength([*before, reading("a", 1, 10), reading("b", 1, 8)]) == (0.875, "observed")


def test_the_latest_reading_of_the_prerequisite_stands_where_a_round_did_not_measure_it() -> None:
    seen = [reading("a", 0, 2), reading("b", 0, 1), reading("a", 1, 10), reading("b", 2, 8)]
    assert strength(seen) == (0.875, "observed")


def test_an_edge_of_the_user_stays_as_it_is() -> None:
    seen = [reading("a", 0, 2), reading("b", 0, 1), reading("a", 1, 10), reading("b", 1, 8)]
    assert strength(seen, edge("a", "b", 1.0, "user")) == (1.0, "user")


def test_a_prerequisite_that_its_teacher_never_gets_right_tells_nothing() -> None:
    seen = [reading("a", 0, 2), reading("b", 0, 1), reading("a", 1, 10), reading("b", 1, 8)]
    silent = {**STANDINGS, "a": Standing(status="excluded", student=(0, 10), teacher=(0, 10))}
    assert reestimate([edge("a", "b")], seen, silent) == (edge("a", "b"),)


def test_a_cycle_is_mended_at_the_teachers_edge_however_sure_the_teacher_was() -> None:
    written, proposed = edge("a", "b", 1.0, "user"), edge("b", "a", 1.0)
    assert break_cycles([written, proposed]) == ((written,), (proposed,))
    assert break_cycles([proposed, written]) == ((written,), (proposed,))
