from __future__ import annotations

from pathlib import Path

import pytest

from tutelage.errors import ConfigError
from tutelage.pedagogy.contamination import numbers
from tutelage.training.meaning import nearest


async def test_the_nearest_text_of_the_same_numbers_is_found_in_a_child(tiny_student: Path, tmp_path: Path) -> None:
    # A random model is enough: a text points exactly where the same text points, in a batch of others or alone.
    among = ["a dog has 4 legs", "no number here at all", "four dogs bark", "a dog has 4 legs and a tail"]
    texts = ["a dog has 4 legs", "a dog has 5 legs", "no number here at all, none"]
    found = await nearest(tiny_student, texts, among, log=tmp_path / "log", threads=1)
    assert found[0] is not None
    assert found[0].index == 0
    assert found[0].cosine == pytest.approx(1.0, abs=1e-4)
    assert found[1] is None, "other numbers are another problem"
    assert found[2] is not None
    assert found[2].index == 1
    assert found[2].cosine < 1


async def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no embedding model can be loaded"):
        await nearest(tmp_path, ["a"], ["b"], log=tmp_path / "log", threads=1)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Three jars of 12, and one more", ("12", "3")),
        ("He has 2.50 and twenty-one", ("2.50", "21")),
        ("How many does one need? 1", ()),
    ],
)
def test_numbers_are_read_in_words_and_digits_and_one_is_none(text: str, named: tuple[str, ...]) -> None:
    assert numbers(text) == named
