from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pedagogy.test_dependency import NAMES, edge, edges
from tutelage.pedagogy.records import Edge
from tutelage.pedagogy.stages import held_back, respects, stages


@given(edges, st.sets(st.sampled_from(NAMES)))
def test_stages_are_a_topological_layering_of_every_dag(found: list[Edge], modules: set[str]) -> None:
    dag = [e for e in found if e.prerequisite < e.dependent]
    order = stages(modules, dag)
    assert respects(order, modules, dag)
    # Layered: whoever stands in a later stage stands directly on someone of the stage before.
    for earlier, later in pairwise(order):
        for module in later:
            assert any(e.dependent == module and e.prerequisite in earlier for e in dag)


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        stages({"a", "b"}, [edge("a", "b"), edge("b", "a")])


@pytest.mark.parametrize(
    "order",
    [(("b",), ("a",)), (("a", "b"),), (("a",),), (("a",), ("b",), ("b",)), (("a",), ("b", "x"))],
    ids=["reversed", "beside", "lost", "doubled", "foreign"],
)
def test_an_order_that_breaks_the_prerequisites_is_noticed(order: tuple[tuple[str, ...], ...]) -> None:
    assert not respects(order, {"a", "b"}, [edge("a", "b")])


def test_everything_above_a_stalled_module_is_held_back_and_nothing_else() -> None:
    found = [edge("a", "b"), edge("b", "c"), edge("x", "c"), edge("x", "y")]
    assert held_back({"a"}, found) == {"b", "c"}
    assert held_back({"nowhere"}, found) == frozenset()
