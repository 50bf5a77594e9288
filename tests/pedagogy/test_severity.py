import pytest

from tests.pedagogy.test_dependency import edge
from tutelage.pedagogy.severity import severity, targets


def test_severity_weighs_the_gap_against_what_stands_on_the_module() -> None:
    edges = [edge("a", "b", 0.8), edge("a", "c", 0.4)]
    assert severity("a", {"a": 0.5}, edges, alpha=0.7) == pytest.approx(0.7 * 0.5 + 0.3 * 0.6)
    assert severity("b", {"b": 0.5}, edges, alpha=0.7) == pytest.approx(0.35)


def test_targets_are_the_most_severe_share_and_the_deficient_prerequisites_they_stand_on() -> None:
    severities = {"a": 0.1, "b": 0.5, "c": 0.9, "d": 0.8}
    edges = [edge("a", "b"), edge("b", "c"), edge("known", "c")]
    assert targets(severities, edges, share=0.25) == ("c", "b", "a")
    assert targets(severities, edges, share=1.0) == ("c", "d", "b", "a")
    assert targets(severities, [], share=1.0, at_most=2) == ("c", "d")


def test_nothing_deficient_gives_no_target() -> None:
    assert targets({}, [], share=0.3) == ()
