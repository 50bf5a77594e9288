"""The table at the end of a run, for a terminal and for a pipe."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tutelage.graph.summary import losses, summary_table, summary_text

HOSTILE = "\x1b[31m[bold]red[/bold]\x9b2J\r\nnext\x07"


@pytest.fixture
def report() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(Path(__file__).with_name("sample_report.json").read_text(encoding="utf-8"))
    return value


def test_the_summary_has_every_module_and_the_means_and_fits_eighty_columns(report: dict[str, Any]) -> None:
    out = io.StringIO()
    Console(file=out, width=80).print(summary_table(report))
    assert all(len(line.rstrip()) <= 80 for line in out.getvalue().splitlines())
    assert "…" not in out.getvalue().replace("Hours and minutes to min…", "")
    for text in (out.getvalue(), summary_text(report)):
        assert re.search(r"Two-digit addition +0\.12 +0\.92 +0\.82–0\.97 +1\.00 +60 +✓ mastered", text)
        assert re.search(r"Day of the week +0\.05 +0\.05 +0\.01–0\.14 +0\.00 +60 +× excluded", text)
        assert re.search(r"Mean over modules +0\.18 +0\.68 +0\.88 +480 +✓ 4 of 8", text)
        assert "\x1b" not in text


def test_the_summary_of_an_aborted_run_says_what_is_missing() -> None:
    text = summary_text({"schema_version": 1, "modules": [{"id": "a", "before": None, "name": HOSTILE}]})
    assert re.search(r"\[bold\]red\[/bold\] next +– +– +– +– +○ unfinished", text)
    assert "\x1b" not in text


def test_a_module_that_clearly_fell_and_a_mean_that_did_are_said_in_words(report: dict[str, Any]) -> None:
    assert losses(report) == ()
    module = next(m for m in report["modules"] if m["name"] == "Two-digit addition")
    module["before"] = {"rate": 0.93, "low": 0.78, "high": 0.99, "n": 30}
    module["after"] = {"rate": 0.53, "low": 0.34, "high": 0.72, "n": 30}
    report["totals"] |= {"before": 0.8, "after": 0.7}
    forgotten, mean = losses(report)
    assert forgotten.startswith("Forgotten: Two-digit addition (0.93 to 0.53).")
    assert mean == "On the whole the student answers less than before it was taught: 0.80 to 0.70."


def test_a_fall_that_may_be_luck_is_no_loss(report: dict[str, Any]) -> None:
    module = next(m for m in report["modules"] if m["name"] == "Two-digit addition")
    module["before"] = {"rate": 0.93, "low": 0.78, "high": 0.99, "n": 30}
    module["after"] = {"rate": 0.80, "low": 0.61, "high": 0.92, "n": 30}
    assert losses(report) == ()
