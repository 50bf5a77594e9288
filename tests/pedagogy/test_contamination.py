from __future__ import annotations

import pytest

from tutelage.pedagogy.contamination import CHECKS, Check, Seen, in_digits

ITEM = "Tom has 12 apples and buys 4 more at the shop round the corner. How many apples has Tom now?"
SEEN = Seen("gate", [ITEM], run=8, threshold=0.8)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Twenty-one apples", "21 apples"),
        ("one hundred and five", "100 and 5"),
        ("two hundred forty three thousand", "243000"),
        ("three four", "3 4"),
        ("twelve, thirteen", "12 13"),
        ("No one came.", "no 1 came"),
        ("3 apples", "3 apples"),
        ("", ""),
        ("hundred", "hundred"),
        ("well-known", "well known"),
    ],
)
def test_numbers_in_words_become_digits(text: str, said: str) -> None:
    assert in_digits(text) == said


@pytest.mark.parametrize(
    ("text", "found_by"),
    [
        (ITEM, {"exact", "ngram", "minhash"}),
        ("tom has 12 apples, and buys 4 more at the shop round the corner! how many apples has tom now", {*CHECKS}),
        (ITEM.replace("12", "twelve").replace("4", "four"), {"ngram", "minhash"}),
        (ITEM.replace("now", "today"), {"ngram", "minhash"}),
        ("Ann says: " + ITEM.replace("12", "30"), {"ngram"}),
        ("At a corner shop, four apples are added to the dozen that Tom owns. What is his total?", set()),
        ("Anna has 3 pens and loses one of them on the bus. How many are left?", set()),
    ],
)
def test_each_check_finds_what_it_is_for_and_no_more(text: str, found_by: set[Check]) -> None:
    assert {check for check in CHECKS if SEEN.find(text, [check])} == found_by


def test_a_contact_says_where_what_and_how_close() -> None:
    found = SEEN.find(ITEM.replace("now", "today"))
    assert found is not None
    assert (found.source, found.check, found.text) == ("gate", "minhash", ITEM)
    assert 0.8 <= found.score < 1


def test_where_all_items_are_of_one_template_runs_of_words_are_left_out() -> None:
    other = ITEM.replace("12", "30").replace("4", "9")
    assert Seen("gate", [ITEM], run=8, threshold=0.9).find(other) is not None
    assert Seen("gate", [ITEM], run=None, threshold=0.9).find(other) is None
