from __future__ import annotations

from tutelage.pedagogy.cohort_run import Sighting
from tutelage.pedagogy.curriculum import Entrance, aim, entrance
from tutelage.pedagogy.mastery import Evidence, GatePolicy
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Edge
from tutelage.pedagogy.settlement import more_replay, settle
from tutelage.pedagogy.standing import Standing
from tutelage.pedagogy.zpd import Help

EDGE = Edge(prerequisite="a", dependent="b", strength=0.9, source="user")


def waiting(right: int, **more: object) -> Standing:
    return Standing.model_validate({"status": "waiting", "student": (right, 10), "teacher": (10, 10), **more})


def enter(standings: dict[str, Standing], *edges: Edge) -> Entrance:
    return entrance(standings, edges, set(standings), advance="ready", entry=None, rule="difficulty", limit=0.15)


def test_only_unsettled_modules_are_aimed_at_the_most_severe_first() -> None:
    known = waiting(10).model_copy(update={"status": "known"})
    found = aim({"a": waiting(2), "b": waiting(0), "c": known}, [EDGE], alpha=0.7, share=1.0)
    assert found.modules == ("a", "b")
    assert found.gaps == {"a": 0.8, "b": 1.0}


def test_who_waits_for_a_prerequisite_does_not_enter() -> None:
    assert enter({"a": waiting(2), "b": waiting(2)}, EDGE).modules == ("a",)


def test_a_steep_step_is_entered_through_bridging_where_levels_allow() -> None:
    known = waiting(10).model_copy(update={"status": "known"})
    standings = {"a": known, "b": waiting(1, levels=(1, 2)), "c": waiting(1)}
    found = enter(standings)
    assert found.steep
    after = found.into(standings)
    assert {k: (after[k].status, after[k].kind) for k in found.modules} == {
        "b": ("learning", "bridging"), "c": ("learning", "core"),
    }  # fmt: skip
    assert standings["b"].status == "waiting"


def seen(module: str, right: int, n: int = 36) -> Sighting:
    return Sighting(Evidence(module, Rate(right, n), Rate(300, 300)))


def test_a_lost_module_takes_the_rounds_passes_with_it() -> None:
    policy = GatePolicy(looks=1)
    learning = waiting(0).model_copy(update={"status": "learning"})
    mastered = waiting(10).model_copy(update={"status": "mastered", "gate_used": 5})
    standings = {"a": mastered, "b": learning}
    verdicts, after = settle(standings, {"b": seen("b", 36)}, {"a": seen("a", 2, 12)}, policy)
    assert verdicts == {"a": "regressed", "b": "remediate"}
    assert (after["b"].status, after["a"].gate_used) == ("learning", 17)
    verdicts, after = settle(standings, {"b": seen("b", 36)}, {"a": seen("a", 12, 12)}, policy)
    assert verdicts == {"b": "mastered"}
    assert after["b"].status == "mastered"


def test_an_attempt_on_too_few_fresh_items_stalls() -> None:
    learning = waiting(0).model_copy(update={"status": "learning"})
    assert settle({"b": learning}, {"b": seen("b", 20, 20)}, {}, GatePolicy())[0] == {"b": "stalled"}


def test_replay_rises_by_a_step_up_to_its_most() -> None:
    assert [round(more_replay(share), 1) for share in (0.0, 0.2, 0.5, 0.6)] == [0.2, 0.4, 0.6, 0.6]


def test_by_help_the_modules_in_reach_enter_and_where_none_is_all_do_through_bridging() -> None:
    standings = {"a": waiting(0, levels=(1, 2)), "b": waiting(0, levels=(1, 2))}

    def by_help(helped: dict[str, Help]) -> Entrance:
        return entrance(
            standings, (), set(standings), advance="ready", entry=None, rule="help", limit=0.3, helped=helped
        )

    assert by_help({"a": Help(failed=10, solved=1), "b": Help(failed=10, solved=5)}) == Entrance(("b",), False)
    far = by_help({"a": Help(failed=10, solved=1), "b": Help(failed=10, solved=0)})
    assert far == Entrance(("a", "b"), True)
    assert far.into(standings)["a"].kind == "bridging"
    assert entrance(standings, (), set(), advance="ready", entry=None, rule="help", limit=0.3) == Entrance((), False)
