from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.pedagogy.mapping import coverage, merge_duplicates, slug
from tutelage.pedagogy.records import Module


def module(id_: str, name: str, description: str = "") -> Module:
    return Module(id=id_, name=name, description=description)


@given(st.text(max_size=40))
def test_whatever_a_teacher_calls_a_module_its_id_fits_the_map(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_]+)*", slug(text))
    assert slug(slug(text)) == slug(text)


def test_an_id_keeps_its_category() -> None:
    assert slug("Number Theory/Greatest-common divisor") == "number_theory/greatest_common_divisor"


def test_the_same_words_in_another_order_are_one_module_and_the_first_stays() -> None:
    kept, merged = merge_duplicates(
        [module("a/one", "Adding fractions"), module("a/two", "Fractions: adding"), module("b/three", "Rates")]
    )
    assert [m.id for m in kept] == ["a/one", "b/three"]
    assert merged == {"a/two": "a/one"}


def test_names_apart_and_descriptions_alike_are_one_module() -> None:
    words = "Multiplication of a two digit number by a one digit number, carrying the tens"
    kept, _ = merge_duplicates([module("a", "Short multiplication", words), module("b", "Products", words)])
    assert [m.id for m in kept] == ["a"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Adding fractions", "Multiplying fractions"), ("Area of circles", "Perimeter of circles"), ("Rates", "Ratios")],
)
def test_modules_that_differ_in_what_matters_stay_two(one: str, other: str) -> None:
    assert len(merge_duplicates([module("a", one, "About it"), module("b", other, "About that")])[0]) == 2


def test_one_id_twice_is_one_module() -> None:
    kept, merged = merge_duplicates([module("a", "One"), module("a", "Other")])
    assert ([m.name for m in kept], merged) == (["One"], {})


def test_coverage_counts_main_tags_and_keeps_what_fits_none() -> None:
    found = coverage([module("a", "A"), module("b", "B")], {"1": ("a", "b"), "2": ("a",), "3": (), "4": ("a",)})
    assert found.items == {"a": 3, "b": 0}
    assert (found.untagged, found.covered) == (("3",), 0.75)
    assert found.at_least(1) == ("a",)
    assert coverage([module("a", "A")], {}).covered == 0.0
