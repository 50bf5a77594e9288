"""Listings on terminals that are narrower than what they list."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tutelage.graph.traces.listing import run_lines
from tutelage.graph.traces.table import table

HEADINGS, RIGHT, WORDS = ("step", "what", "outcome"), (True, False, False), (1, 2)
ROWS = [("1", "tutor writes lessons, number/multiplication", "35 of 39 lessons accepted"), ("22", "run", "ended")]


@pytest.mark.parametrize("width", [40, 60, 72])
def test_lines_are_cut_to_the_terminal_in_their_words_and_never_in_their_numbers(width: int) -> None:
    lines = table(HEADINGS, RIGHT, ROWS, width, WORDS)
    assert max(map(cell_len, lines)) <= width
    assert [line.split()[0] for line in lines] == ["step", "1", "22"]
    assert "…" in lines[1]
    assert lines[2].endswith("ended")


def test_what_fits_is_whole_and_so_is_everything_in_a_pipe() -> None:
    assert table(HEADINGS, RIGHT, ROWS, 200, WORDS) == table(HEADINGS, RIGHT, ROWS)
    assert "…" not in "".join(table(HEADINGS, RIGHT, ROWS))


def test_wide_characters_count_as_the_columns_they_take() -> None:
    lines = table(HEADINGS, RIGHT, [("1", "数学" * 20, "数学" * 20)], 50, WORDS)
    assert max(map(cell_len, lines)) <= 50


def test_the_path_of_a_run_is_never_cut() -> None:
    path = "runs/a-long-name-of-a-run-that-somebody-wants-to-copy"
    row = {"run": path, "started": "2026-11-24T11:16:52+00:00", "seconds": 1.0, "calls": 1, "tokens": 1, "round": 1}
    lines = run_lines([{**row, "standing": "died in train student (step 428)"}], 80)
    assert lines[1].startswith(f"{path}  2026-11-24 11:16 ")
