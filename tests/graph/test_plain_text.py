from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tutelage.graph.plain_text import visible


@given(st.text(st.characters(codec=None)))
def test_no_text_can_steer_a_terminal_or_reorder_a_line(text: str) -> None:
    shown = visible(text)
    assert all(c in "\n\t" or (ord(c) >= 32 and not 0x7F <= ord(c) < 0xA0) for c in shown)
    assert not set(shown) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    shown.encode()


def test_what_would_steer_is_spelled_out_and_all_else_stays_as_it_is() -> None:
    assert visible("\x1b]0;title\x07 [bold]ä\n\u202e") == "\\x1b]0;title\\x07 [bold]ä\n\\u202e"
    assert visible("one\r\ntwo\rthree") == "one\ntwo\\rthree"
