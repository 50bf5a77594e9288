from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.dependency import Observation, break_cycles, dependency, significant
from tutelage.pedagogy.records import Edge
from tutelage.pedagogy.stages import stages

NAMES = "abcdef"


def edge(prerequisite: str, dependent: str, strength: float = 0.5) -> Edge:
    return Edge(prerequisite=prerequisite, dependent=dependent, strength=strength, source="teacher")


edges = st.lists(st.builds(edge, st.sampled_from(NAMES), st.sampled_from(NAMES), st.floats(0, 1)), max_size=15).map(
    lambda found: list({(e.prerequisite, e.dependent): e for e in found if e.prerequisite != e.dependent}.values())
)


def test_equation_3_compares_the_dependent_with_and_without_its_prerequisite() -> None:
    seen = [Observation(0.95, 0.8), Observation(1.0, 0.6), Observation(0.2, 0.1), Observation(0.8, 0.9)]
    assert round(dependency(seen) or 0, 3) == round((0.7 - 0.1) / 0.7, 3)


def test_the_dependency_is_unknown_until_both_conditions_were_seen() -> None:
    assert dependency([Observation(0.95, 0.8)]) is None
    assert dependency([Observation(0.3, 0.8), Observation(0.8, 0.9)]) is None


@given(st.lists(st.builds(Observation, st.floats(0, 1), st.floats(0, 1)), max_size=20))
def test_a_dependency_lies_between_zero_and_one(seen: list[Observation]) -> None:
    value = dependency(seen)
    assert value is None or 0 <= value <= 1


@given(edges)
def test_mending_cycles_leaves_a_map_that_can_be_layered_and_loses_only_what_it_names(found: list[Edge]) -> None:
    kept, removed = break_cycles(found)
    assert sorted([*kept, *removed], key=str) == sorted(found, key=str)
    stages(set(NAMES), kept)


@given(edges)
def test_an_acyclic_map_is_left_alone(found: list[Edge]) -> None:
    forward = [e for e in found if e.prerequisite < e.dependent]
    assert break_cycles(forward) == (tuple(forward), ())


def test_a_cycle_is_broken_at_its_weakest_edge() -> None:
    kept, removed = break_cycles([edge("a", "b", 0.9), edge("b", "c", 0.2), edge("c", "a", 0.8)])
    assert removed == (edge("b", "c", 0.2),)
    assert len(kept) == 2


def test_a_weak_edge_counts_only_if_the_user_wrote_it() -> None:
    weak = edge("a", "b", 0.1)
    assert significant([weak], 0.3) == ()
    assert len(significant([weak.model_copy(update={"source": "user"})], 0.3)) == 1
