from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pedagogy.test_dependency import NAMES, edge, edges
from tutelage.pedagogy.mastery import Verdict
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Edge
from tutelage.pedagogy.standing import OrderRules, Standing, Status, hold_back, order_lessons, ready

SETTLED = {"mastered", "known", "stalled", "excluded", "held_back"}
statuses = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(get_args(Status)))


def standing(status: Status, right: int = 3, *, levels: Sequence[int] = ()) -> Standing:
    return Standing(status=status, student=(right, 10), teacher=(10, 10), levels=tuple(levels))


def acyclic(found: list[Edge]) -> list[Edge]:
    return [e for e in found if e.prerequisite < e.dependent]


def standings_of(found: dict[str, Status]) -> dict[str, Standing]:
    return {name: standing(status) for name, status in found.items()}


@given(statuses, edges)
def test_no_module_is_ready_before_its_prerequisites_are_settled(
    found: dict[str, Status], any_edges: list[Edge]
) -> None:
    standings, dag = standings_of(found), acyclic(any_edges)
    chosen = ready(standings, dag, "ready")
    assert list(chosen) == sorted(set(chosen))
    for module in chosen:
        assert not standings[module].settled
        for e in dag:
            if e.dependent == module and e.prerequisite in standings:
                assert standings[e.prerequisite].settled


@given(statuses, edges)
def test_something_is_ready_as_long_as_anything_is_unsettled(found: dict[str, Status], any_edges: list[Edge]) -> None:
    standings = standings_of(found)
    for advance in ("ready", "stage"):
        chosen = ready(standings, acyclic(any_edges), advance)
        assert bool(chosen) == any(not s.settled for s in standings.values())


def learning(ratio: float) -> Standing:
    return standing("learning").model_copy(update={"ratios": (0.2, ratio)})


@pytest.mark.parametrize(
    ("entry", "expected"), [(None, ("a",)), (0.8, ("a", "b")), (0.9, ("a", "b")), (0.91, ("a",)), (1.0, ("a",))]
)
def test_a_module_starts_behind_a_prerequisite_in_hand_only_where_entry_allows_it(
    entry: float | None, expected: tuple[str, ...]
) -> None:
    standings = {"a": learning(0.9), "b": standing("waiting")}
    assert ready(standings, [edge("a", "b")], "ready", entry) == expected
    assert ready(standings, [edge("a", "b")], "stage", entry) == ("a",)


def test_an_attempt_on_a_discarded_adapter_counts_but_leaves_rate_kind_and_profile() -> None:
    before = learning(0.5).model_copy(update={"gate_used": 36, "profile": "p", "kind": "bridging", "edge": 2})
    after = before.discarded("remediate", 0.7, 72)
    assert (after.status, after.ratios, after.gate_used) == ("learning", (0.2, 0.5, 0.7), 108)
    assert after.model_copy(update={"ratios": before.ratios, "gate_used": 36}) == before
    assert before.discarded("stalled", 0.7, 72).status == "stalled"


def test_a_prerequisite_that_waits_or_was_never_gated_is_not_in_hand() -> None:
    for blocker in (standing("waiting"), standing("learning")):
        assert ready({"a": blocker, "b": standing("waiting")}, [edge("a", "b")], "ready", 0.1) == ("a",)


@given(statuses, edges)
def test_by_stages_nothing_starts_while_something_is_being_learned(
    found: dict[str, Status], any_edges: list[Edge]
) -> None:
    learning = sorted(k for k, status in found.items() if status == "learning")
    chosen = ready(standings_of(found), acyclic(any_edges), "stage")
    if learning:
        assert list(chosen) == learning


@given(statuses, edges)
def test_holding_back_touches_just_what_stands_on_a_stuck_module(
    found: dict[str, Status], any_edges: list[Edge]
) -> None:
    standings, dag = standings_of(found), acyclic(any_edges)
    after = hold_back(standings, dag)
    stuck = {k for k, status in found.items() if status in ("stalled", "excluded")}
    above = set(stuck)
    for _ in NAMES:
        above |= {e.dependent for e in dag if e.prerequisite in above}
    for module, now in after.items():
        held = module in above - stuck and found[module] in ("waiting", "learning")
        assert now.status == ("held_back" if held else found[module])
    assert hold_back(after, dag) == after


def test_what_is_held_back_is_never_ready() -> None:
    standings = standings_of({"a": "stalled", "b": "waiting", "c": "waiting", "d": "waiting"})
    found = [edge("a", "b"), edge("b", "c")]
    assert ready(hold_back(standings, found), found, "ready") == ("d",)


@pytest.mark.parametrize(
    ("verdict", "status", "kind"),
    [
        ("mastered", "mastered", "remedial"),
        ("stalled", "stalled", "remedial"),
        ("remediate", "learning", "remedial"),
        ("bridge", "learning", "bridging"),
    ],
)
def test_a_verdict_moves_the_module_on_and_is_remembered(verdict: Verdict, status: Status, kind: str) -> None:
    before = Standing(status="learning", student=(1, 10), teacher=(8, 10), ratios=(0.125,), gate_used=10, edge=1)
    after = before.after(verdict, Rate(6, 12), 12, 2)
    assert (after.status, after.kind, after.edge) == (status, kind, 2)
    assert (after.student, after.gate_used) == ((6, 12), 22)
    assert after.ratios == (0.125, 0.625)
    assert before.gate_used == 10


@given(st.sampled_from(get_args(Status)))
def test_a_module_is_settled_unless_it_waits_or_learns(status: Status) -> None:
    assert standing(status).settled == (status in SETTLED)


def test_orders_ask_for_what_is_missing_at_the_levels_of_the_kind() -> None:
    standings = {
        "b": Standing(status="learning", student=(6, 10), teacher=(10, 10), kind="remedial", edge=2, levels=(1, 2, 3)),
        "a": standing("learning", levels=(1, 2)),
    }
    orders = order_lessons(["b", "a"], standings, OrderRules(100))
    assert list(orders) == ["a", "b"]
    assert (orders["a"].kind, orders["a"].count, orders["a"].levels) == ("core", 100, (1, 2))
    assert (orders["b"].kind, orders["b"].count, orders["b"].levels) == ("remedial", 80, (1, 2))


@pytest.mark.parametrize(
    ("status", "right", "teacher", "expected"),
    [
        ("waiting", 3, 8, "waiting"),
        ("waiting", 6, 6, "known"),
        ("waiting", 3, 0, "excluded"),
        ("learning", 3, 8, "learning"),
        ("learning", 6, 6, "learning"),
        ("learning", 3, 0, "excluded"),
        ("known", 6, 10, "waiting"),
        ("known", 8, 10, "known"),
        ("excluded", 3, 8, "waiting"),
        ("excluded", 8, 8, "known"),
        ("mastered", 3, 8, "mastered"),
        ("stalled", 3, 8, "stalled"),
        ("held_back", 3, 8, "held_back"),
    ],
)
def test_under_another_teacher_only_what_stood_on_its_rate_alone_is_decided_anew(
    status: Status, right: int, teacher: int, expected: Status
) -> None:
    after = standing(status, right).under(Rate(teacher, 10), "new", 0.3)
    assert (after.status, after.teacher, after.regime) == (expected, (teacher, 10), "new")


@given(st.integers(0, 10), st.integers(1, 10), st.integers(1, 10))
def test_earlier_ratios_become_what_they_would_have_been_under_the_new_teacher(right: int, old: int, new: int) -> None:
    before = Standing(status="learning", student=(right, 10), teacher=(old, 10), ratios=(right / old,))
    (ratio,) = before.under(Rate(new, 10), "new", 0.3).ratios
    assert ratio == pytest.approx(right / new)
