from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.pacing import Pacer, Pacing

PILES = {"a": [0, 1, 2], "b": [10, 11], "c": [20]}


def dealt(pacer: Pacer, count: int) -> Counter[str]:
    return Counter(pacer.deal()[0] for _ in range(count))


def test_modules_of_which_nothing_is_foreseen_take_turns() -> None:
    assert dealt(Pacer(PILES, Pacing(), {}), 30) == {"a": 10, "b": 10, "c": 10}


def test_a_pile_is_dealt_in_its_order_and_begins_again() -> None:
    pacer = Pacer({"b": [10, 11]}, Pacing(), {})
    assert [pacer.deal() for _ in range(3)] == [("b", 10), ("b", 11), ("b", 10)]


def test_what_the_student_knew_before_keeps_the_floor_until_it_is_seen_to_slip() -> None:
    pacer = Pacer(PILES, Pacing(floor=0.1, window=4, prior=4), {"a": 1.0})
    assert dealt(pacer, 210) == {"a": 10, "b": 100, "c": 100}
    for _ in range(4):
        pacer.note("a", 0, foreseen=False)
    assert dealt(pacer, 30) == {"a": 10, "b": 10, "c": 10}


def test_what_was_measured_before_gives_way_after_a_few_lessons() -> None:
    pacer = Pacer(PILES, Pacing(window=8, prior=3), {"a": 1.0})
    pacer.note("a", 0, foreseen=False)
    assert pacer.share("a") == 3 / 4
    for _ in range(2):
        pacer.note("a", 0, foreseen=False)
    assert pacer.share("a") == 1 / 2
    for _ in range(5):
        pacer.note("a", 0, foreseen=False)
    assert pacer.share("a") == 0


def test_what_was_missed_last_time_and_is_foreseen_now_may_be_known_by_heart_and_tells_nothing() -> None:
    pacer = Pacer(PILES, Pacing(window=4, prior=1), {})
    for row in (0, 1, 2):
        pacer.note("a", row, foreseen=row == 2)
    assert pacer.share("a") == 1 / 4
    for row in (0, 1):
        pacer.note("a", row, foreseen=True)
    assert pacer.share("a") == 1 / 4
    pacer.note("a", 0, foreseen=False)
    pacer.note("a", 2, foreseen=True)
    assert pacer.share("a") == 2 / 4
    for _ in range(2):
        pacer.note("a", 2, foreseen=False)
    assert pacer.share("a") == 1 / 4, "what was in hand is seen to slip"


def test_what_is_foreseen_twice_in_a_row_is_foreseen() -> None:
    pacer = Pacer(PILES, Pacing(window=4, prior=1), {})
    for foreseen in (False, True, True, True, True):
        for row in (0, 1):
            pacer.note("a", row, foreseen=foreseen)
    assert pacer.share("a") == 1


def test_of_a_window_that_is_shorter_what_was_measured_fills_no_more() -> None:
    assert Pacer(PILES, Pacing(window=2, prior=4), {"a": 0.5}).share("a") == 1 / 2


def test_a_module_that_is_foreseen_half_the_time_has_half_the_turns() -> None:
    pacer = Pacer(PILES, Pacing(window=4, prior=4), {"b": 0.5})
    assert dealt(pacer, 50) == {"a": 20, "b": 10, "c": 20}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60), st.integers(0, 40))
def test_a_pacer_goes_on_from_anothers_state_as_that_one_would(notes: list[tuple[str, bool]], turns: int) -> None:
    first = Pacer(PILES, Pacing(window=5, prior=5), {"b": 0.6})
    for module, foreseen in notes:
        first.note(module, first.deal()[1], foreseen=foreseen)
    second = Pacer(PILES, Pacing(window=5), {})
    second.go_on_from(first.state)
    assert [first.deal() for _ in range(turns)] == [second.deal() for _ in range(turns)]


@given(st.dictionaries(st.sampled_from("abc"), st.floats(0, 1)), st.integers(1, 200))
def test_every_module_has_its_turn_however_much_is_foreseen(known: dict[str, float], window: int) -> None:
    rule = Pacing(floor=0.1, window=window)
    counts = dealt(Pacer(PILES, rule, known), 300)
    assert all(counts[module] >= 300 * 0.1 / (2 + 0.1) - 1 for module in PILES)
