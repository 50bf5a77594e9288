from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pedagogy.lessons import lesson
from tutelage.pedagogy.contamination import Seen
from tutelage.pedagogy.lesson import completion
from tutelage.pedagogy.neighbours import similarity, trigrams
from tutelage.pedagogy.verification import POOLS, Guard, Taught, false_equation

PYTHON = {"+": "+", "-": "-", "x": "*", "×": "*", "*": "*", "÷": "/", "/": "/"}
SURROUNDINGS = ("{}", "So {}.", "First, {} apples.", "1) {}", "Step 2: {}", "{}, which is the price.", "{}\n")


@st.composite
def equations(draw: st.DrawFn) -> tuple[str, Fraction]:
    """A left side as a lesson writes it, and its value by Python's own arithmetic on exact fractions."""
    numbers = draw(st.lists(st.integers(0, 2000), min_size=2, max_size=4))
    operators = draw(st.lists(st.sampled_from(list(PYTHON)), min_size=len(numbers) - 1, max_size=len(numbers) - 1))
    space = draw(st.sampled_from(["", " "]))
    written, python = str(numbers[0]), f"Fraction({numbers[0]})"
    for operator, number in zip(operators, numbers[1:], strict=True):
        divisor = max(1, number) if PYTHON[operator] == "/" else number
        as_written = f"{divisor:,}" if draw(st.booleans()) else str(divisor)
        written += f"{space}{operator}{space}{as_written}"
        python += f"{PYTHON[operator]}Fraction({divisor})"
    return written, eval(python, {"Fraction": Fraction})


def decimal(value: Fraction) -> str | None:
    """The value as a lesson writes it; None where it has no short decimals."""
    for places in range(4):
        if (value * 10**places).denominator == 1:
            return f"{float(value):.{places}f}"
    return None


@given(equations(), st.sampled_from(SURROUNDINGS))
def test_a_true_equation_is_never_called_false(equation: tuple[str, Fraction], around: str) -> None:
    left, value = equation
    right = decimal(value)
    if right is not None:
        assert false_equation([around.format(f"{left} = {right}")]) is None


@given(equations(), st.integers(-50, 50), st.sampled_from(SURROUNDINGS))
def test_a_false_equation_is_always_found(equation: tuple[str, Fraction], error: int, around: str) -> None:
    left, value = equation
    right = decimal(value + error)
    if right is not None and error:
        assert false_equation(["Look.", around.format(f"{left} = {right}")]) == f"{left} = {right}"


@pytest.mark.parametrize(
    "step",
    [
        "3 + 4.5 = 7.5 = 15 / 2",
        "1,000 + 234 = 1,234 + 0",
        "2:30 + 15 = 2:45",
        "from 2:30 + 15 = 45",
        "2^3 + 1 = 9",
        "17 / 5 = 3 remainder 2",
        "17 / 5 = 3 R 2",
        "Tens: 7 / 2 = 3, 1 left.",
        "17 / 5 = 3 with 2 left over",
        "17 / 5 = 3 and a remainder of 2",
        "1/2 + 1/4 = 3/4",
        "x - 3 + 2 = 9",
        "(3 + 4) x 2 = 14",
        "2 x (3 + 4) = 14",
        "10 = 3 + 7 = 10",
        "5 - -3 = 8",
        "3 - 5 = -2",
        "-3 + 5 = 2",
        "6 / 0 = 6",
        "3 apples + 4 apples = 8 apples",
        "room 12 = 13",
        "",
    ],
)
def test_what_is_true_or_no_plain_equation_is_left_to_the_independent_solution(step: str) -> None:
    assert false_equation([step]) is None


@pytest.mark.parametrize(
    "step",
    ["3 + 4 = 8", "3+4 = 8", "12 x 3 = 35.", "10 - 2 x 3 = 24", "0.5 + 0.25 = 0.7", "1,000 + 1 = 1,002", "2 - 5 = 3"],
)
def test_a_wrong_sum_is_found_however_it_is_written(step: str) -> None:
    assert false_equation([step]) == step.rstrip(".")


def test_the_first_false_equation_is_the_one_that_is_named() -> None:
    assert false_equation(["1 + 1 = 2", "2 + 2 = 5 and 3 + 3 = 7", "4 + 4 = 9"]) == "2 + 2 = 5"


texts = st.text("ab 1.+?", max_size=30)


@given(texts, texts)
def test_similarity_is_symmetric_and_one_only_for_the_same_trigrams(left: str, right: str) -> None:
    a, b = trigrams(left), trigrams(right)
    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1
    assert (similarity(a, b) == 1) == (a == b)


@given(texts)
def test_every_text_has_trigrams_and_equals_itself(text: str) -> None:
    assert trigrams(text)
    assert similarity(trigrams(text), trigrams(text)) == 1


def guard(*forbidden: str, max_characters: int = 1200, near: float = 0.8, alike: float = 0.9) -> Guard:
    return Guard(
        seen=(Seen(POOLS, forbidden, run=None, threshold=near),),
        exemplars={
            "number/addition": ["What is 12 + 34?", "What is 50 + 7?"],
            "time/minutes": ["How many minutes are 2 hours and 5 minutes?"],
        },
        max_characters=max_characters,
        alike=alike,
    )


def reason(found: Guard, problem: str = "What is 3 + 4?", taught: tuple[str, ...] = ()) -> str | None:
    rejection = found.check(lesson(problem), Taught(found.alike, taught))
    return None if rejection is None else rejection.reason


def test_a_right_and_new_lesson_passes() -> None:
    assert reason(guard()) is None


def test_a_lesson_is_too_long_by_what_the_student_is_trained_on() -> None:
    length = len(completion(lesson()))
    assert reason(guard(max_characters=length)) is None
    assert reason(guard(max_characters=length - 1)) == "too_long"


def test_a_false_step_is_a_wrong_answer_and_the_detail_quotes_it() -> None:
    rejection = guard().check(lesson(steps=("3 + 4 = 8",)), Taught(0.9))
    assert rejection is not None
    assert (rejection.reason, rejection.detail) == ("wrong_answer", "the step says 3 + 4 = 8")


def test_a_problem_taught_before_is_a_duplicate_whatever_its_spelling() -> None:
    assert reason(guard(), "what is  3 + 4", ("What is 3 + 4?",)) == "duplicate"


def test_a_problem_that_repeats_a_taught_one_but_for_a_word_is_a_duplicate_and_one_with_other_numbers_is_not() -> None:
    told = "Tom has 3 apples and buys 4 more apples in the shop that is round the corner of the street where he lives "
    told += "with his sister and his two cousins since the summer. How many apples has Tom got now?"
    assert reason(guard(alike=0.8), told.replace("shop", "market"), (told,)) == "duplicate"
    assert reason(guard(alike=0.8), told.replace("3", "5").replace("4", "9"), (told,)) != "duplicate"


def test_a_gate_item_is_contamination_exactly_and_nearly() -> None:
    item = "Tom has 3 apples and buys 4 more at the shop round the corner. How many apples has Tom now?"
    assert reason(guard(item), item.upper()) == "contaminated"
    assert reason(guard(item), item.replace("now", "today")) == "contaminated"
    assert reason(guard(item, near=1.0), item.replace("now", "today")) is None


def test_another_sum_of_the_same_form_is_no_contamination() -> None:
    assert reason(guard("What is 3 + 5?")) is None


def test_a_problem_of_another_module_is_off_module_and_the_detail_names_it() -> None:
    rejection = guard().check(lesson("How many minutes are 3 hours and 9 minutes?"), Taught(0.9))
    assert rejection is not None
    assert (rejection.reason, rejection.detail) == ("off_module", "reads like time/minutes")


def test_a_new_wording_of_its_own_module_is_not_off_module() -> None:
    assert reason(guard(), "A shelf holds three red books and four blue ones. How many in all?") is None


def test_without_exemplars_nothing_is_off_module() -> None:
    assert Guard(seen=(), exemplars={}).check(lesson("Anything at all"), Taught(0.9)) is None
