"""A run as the page is told it: the same counts as the report, the same numbers as the trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import ADDITION
from tutelage.errors import InputError
from tutelage.graph.page.curriculum import draw
from tutelage.graph.page.model import read_report
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Step, read_steps
from tutelage.graph.ui import facts
from tutelage.graph.ui.branches import side_by_side
from tutelage.graph.ui.shape import shape
from tutelage.graph.ui.wire import to_json


def read(root: Path) -> tuple[Ledgers, list[Step]]:
    ledgers = Ledgers(root)
    return ledgers, read_steps(ledgers)


def named(columns: tuple[str, ...], rows: list[list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_calls_and_tokens_are_those_of_the_report(finished: Path) -> None:
    ledgers, steps = read(finished)
    rows = named(facts.STEP_COLUMNS, facts.step_table(steps, ledgers))
    totals = json.loads((finished / "report.json").read_text())["totals"]
    assert rows[0]["calls"] == totals["teacher_calls"]
    assert sum(row["tokens"] for row in rows if row["role"]) == totals["teacher_tokens"]
    assert [row["number"] for row in rows] == list(range(1, len(steps) + 1))
    assert all(row["parent"] is None or row["parent"] < row["number"] for row in rows)


def test_every_candidate_is_there_with_the_step_that_wrote_it(finished: Path) -> None:
    ledgers, steps = read(finished)
    rows = named(facts.CANDIDATE_COLUMNS, facts.candidate_table(ledgers, steps))
    counts = json.loads((finished / "report.json").read_text())["candidates"]
    assert len(rows) == counts["total"]
    assert sum(row["accepted"] for row in rows) == counts["accepted"]
    assert {steps[row["step"] - 1].role for row in rows} == {"tutor"}
    assert facts.candidate_facts(rows[0]["id"], ledgers) == ledgers.candidates[0]
    with pytest.raises(InputError, match="no candidate"):
        facts.candidate_facts("none", ledgers)


def test_a_story_links_each_lessons_chapter_to_the_calls_that_wrote_it(finished: Path) -> None:
    ledgers, steps = read(finished)
    told = facts.module_facts(ADDITION, ledgers, steps)
    calls = [call for chapter in told["chapters"] for call in chapter["calls"]]
    mine = [row for row in ledgers.candidates if row["module"] == ADDITION]
    assert sum(call["accepted"] + call["rejected"] for call in calls) == len(mine)
    assert all(steps[call["step"] - 1].module == ADDITION for call in calls)
    assert told["chapters"][0]["heading"] == "Before any lesson"


def test_the_graph_is_the_one_that_runs() -> None:
    found = shape()
    assert found["nodes"][0] == "diagnose"
    assert found["nodes"][-1] == "graduate"
    assert {"from": "gate", "to": "tutor", "choice": True} in found["edges"]
    assert {"from": "finetune", "to": "gate", "choice": False} in found["edges"]


def test_a_fork_pays_for_none_of_what_it_shares(finished: Path, branch: Path) -> None:
    found = side_by_side(read(finished), read(branch))
    one, two = found["branches"]
    assert one["shared_steps"] == 0
    assert two["shared_steps"] > 0
    assert [setting["key"] for setting in found["settings"]] == ["tutor.examples"]
    shared = [row for row in found["rounds"] if row["round"] < 2 and row["node"] != "graduate"]
    assert shared
    assert all(row["a"]["verdict"] == row["b"]["verdict"] for row in shared)
    assert ADDITION in found["modules"]


def test_numbers_that_json_has_not_and_bytes_that_steer_are_written_as_text() -> None:
    value = {"a\x1b": [float("nan"), float("inf"), -float("inf"), 0.5, "\u202e\ud800"], "t": (1, None)}
    assert json.loads(to_json(value)) == {"a\\x1b": [None, "∞", "−∞", 0.5, "\\u202e\\ud800"], "t": [1, None]}


def test_a_module_is_filled_as_far_as_it_is_mastered(finished: Path) -> None:
    report = json.loads((finished / "report.json").read_text())
    shown = {node.module.id: node.mastery for node in draw(read_report(report)).nodes}
    assert shown == {module["id"]: module["after"]["rate"] for module in report["modules"]}
    for module in report["modules"]:
        module["after"] = None
    shown = {node.module.id: node.mastery for node in draw(read_report(report)).nodes}
    latest = {point["module"]: point["rate"] for point in report["curve"]}
    assert shown == latest
