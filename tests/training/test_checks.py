from __future__ import annotations

import pytest

from tutelage.errors import AnswerTruncated, EmptyAnswer, NothingToLearn, TokensLost
from tutelage.training.checks import RowFacts, check_tokens, judge_rows, loss_warnings


def row(name: str, tokens: int = 20, *, prompt: int = 10, module: str = "m", empty: bool = False) -> RowFacts:
    return RowFacts(name=name, module=module, prompt_tokens=prompt, tokens=tokens, empty=empty, text_sha256=name[:1])


def rows(count: int) -> list[RowFacts]:
    return [row(chr(ord("A") + index)) for index in range(count)]


def test_sound_rows_are_all_kept_and_nothing_is_said() -> None:
    assert judge_rows(rows(5), 20, 0.1) == ([0, 1, 2, 3, 4], [])


def test_no_rows_is_nothing_to_learn() -> None:
    with pytest.raises(NothingToLearn, match="no rows"):
        judge_rows([], 20, 0.1)


def test_empty_answers_are_refused_and_named() -> None:
    with pytest.raises(EmptyAnswer, match=r"^x, y: 2 of 3 training rows have an empty answer"):
        judge_rows([row("a"), row("x", empty=True), row("y", empty=True)], 20, 0.1)


def test_a_row_that_is_all_prompt_is_refused_and_named() -> None:
    with pytest.raises(NothingToLearn, match=r"^x: 1 of 2 training rows have no supervised token"):
        judge_rows([row("a"), row("x", 10, prompt=10)], 20, 0.1)


def test_a_few_long_rows_are_left_out_and_named() -> None:
    kept, warnings = judge_rows([*rows(9), row("long", 21)], 20, 0.1)
    assert kept == list(range(9))
    assert [(w.kind, w.rows) for w in warnings] == [("left_out", ("long",))]
    assert warnings[0].line == "1 rows are longer than max_length 20 and were left out: long"


def test_more_long_rows_of_one_module_are_refused_with_the_length_that_would_do() -> None:
    good = rows(18)
    bad = [row("x", 33, module="n"), row("y", 40, module="n")]
    with pytest.raises(AnswerTruncated, match=r"^x, y: 2 of 2 rows of n .* 20; set training.max_length to 40"):
        judge_rows([*good, *bad], 20, 0.1)


def test_copies_are_named_and_the_first_is_not_one() -> None:
    _, warnings = judge_rows([row("a1"), row("b1"), row("a2"), row("a3")], 20, 0.1)
    assert [(w.kind, w.rows) for w in warnings] == [("duplicate_rows", ("a2", "a3"))]


def test_a_row_that_is_nearly_all_prompt_is_named() -> None:
    _, warnings = judge_rows([row("a"), row("b", 1000, prompt=981), row("c", 1000, prompt=980)], 2000, 0.1)
    assert [(w.kind, w.rows) for w in warnings] == [("little_to_learn", ("b",))]


def test_another_number_of_tokens_than_planned_is_an_error() -> None:
    check_tokens(100, 100)
    with pytest.raises(TokensLost, match="90 tokens were trained on and 100 were planned"):
        check_tokens(90, 100)


def test_a_loss_that_does_not_fall_is_said() -> None:
    ones = [1.0] * 12
    assert loss_warnings([3.0, 2.5, 2.2, 2.0, 1.8, 1.7, 1.6, 1.5], ones[:8]) == []
    (warning,) = loss_warnings([1.0, 1.0, 1.1, 1.1, 1.2, 1.2, 1.4, 1.6], ones[:8])
    assert warning.kind == "loss_not_falling"
    assert "1.000 over the first 2 steps, 1.500 over the last" in warning.text
    assert loss_warnings([1.0, 2.0, 3.0], ones[:3]) == [], "three steps are no trend"


def test_a_step_whose_gradient_stands_out_is_said() -> None:
    falling = [float(12 - step) for step in range(12)]
    norms = [1.0] * 12
    norms[7] = 400.0
    (warning,) = loss_warnings(falling, norms)
    assert warning.kind == "gradient_spike"
    assert "400 in step 8" in warning.text
