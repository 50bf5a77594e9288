from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tutelage.pedagogy.neighbours import Neighbours, similarity, trigrams

words = st.lists(
    st.sampled_from(["red", "blue", "green", "apple", "stone", "river", "walks", "sees", "two", "seven"]),
    min_size=6,
    max_size=20,
)
texts = st.lists(words.map(" ".join), min_size=1, max_size=12)


@settings(max_examples=60)
@given(texts, st.data())
def test_it_finds_what_comparing_each_with_each_finds(known: list[str], data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from(known)).replace("red", "blue", 1)
    index = Neighbours(0.8)
    for text in known:
        index.add(text, text)
    best = max(similarity(trigrams(asked), trigrams(text)) for text in known)
    found = index.near(asked)
    assert (found is not None) == (best >= 0.8)
    assert found is None or found[1] == best


def test_a_key_stands_for_one_text_and_an_empty_index_finds_nothing() -> None:
    index = Neighbours(0.5)
    assert index.near("anything at all") is None
    index.add("a", "one two three four")
    index.add("a", "something else altogether, and longer")
    assert len(index) == 1
    assert index.near("something else altogether, and longer") is None
