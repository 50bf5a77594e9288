from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tutelage.configs.domain import Column, Columns
from tutelage.graph.columns import Unmapped, Unreadable, fields_of, value_of

ROW: dict[str, Any] = {
    "q": "What is 2 + 2?", "answer": "2 and 2 is 4. #### no\n#### 4", "choices": ["three", "four"], "index": 1,
    "tests": ["assert f(1)", "assert f(2)"], "kind": "Algebra", "none": None, "braces": "{q}",
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("q", "What is 2 + 2?"),
        ({"column": "q"}, "What is 2 + 2?"),
        ({"value": "math/sums"}, "math/sums"),
        ({"column": "answer", "after": "####"}, "4"),
        ({"column": "index", "letter": True}, "B"),
        ("{q}\nA. {choices[0]}\nB. {choices[1]}", "What is 2 + 2?\nA. three\nB. four"),
        ("tests", "assert f(1)\nassert f(2)"),
        ("import math\n{tests}", "import math\nassert f(1)\nassert f(2)"),
        ({"column": "kind", "values": {"Algebra": "math/algebra"}}, "math/algebra"),
        ("none", ""),
        ("{none}{kind}", "Algebra"),
        ("{braces}", "{q}"),
    ],
)
def test_a_column_is_read_as_it_is_said(said: Any, value: str) -> None:
    assert value_of(Column.model_validate(said), ROW) == value


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("question", "no column 'question'; there are: q, answer"),
        ("{question}", "cannot be filled"),
        ("{choices[7]}", "cannot be filled"),
        ({"column": "q", "after": "####"}, "no '####' in it"),
        ({"column": "kind", "letter": True}, "counts no choice"),
    ],
)
def test_what_a_row_has_not_is_named(said: Any, what: str) -> None:
    with pytest.raises(Unreadable, match=what.replace("?", r"\?")):
        value_of(Column.model_validate(said), ROW)


def test_a_value_that_is_no_modules_leaves_the_row_out() -> None:
    with pytest.raises(Unmapped, match="Algebra"):
        value_of(Column.model_validate({"column": "kind", "values": {"Geometry": "g"}}), ROW)


@pytest.mark.parametrize("said", [{}, {"column": "a", "value": "b"}, {"after": "####"}])
def test_a_column_has_one_origin(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="say one of"):
        Column.model_validate(said)


def test_rows_without_an_id_are_numbered_and_a_fault_names_its_field() -> None:
    columns = Columns.model_validate({"module": {"value": "m"}, "question": "q", "reference": "index"})
    assert fields_of(columns, ROW, 7) == {"id": "000007", "module": "m", "question": "What is 2 + 2?", "reference": "1"}
    with pytest.raises(Unreadable, match=r"^reference: no column 'x'"):
        fields_of(columns.model_copy(update={"reference": Column(column="x")}), ROW, 7)
