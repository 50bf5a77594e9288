"""``--progress`` as it is typed: what a run says on stdout in each mode, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.graph.simulated import QUICKSTART, SMALL, Ability, install
from tutelage.cli import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    install(monkeypatch, Ability(default=0.04), tmp_path)
    settings = [part for setting in (*SMALL, "limits.rounds=1") for part in ("--set", setting)]
    command = ["run", str(QUICKSTART), "--run-dir", "r", *settings]
    return lambda *more: CliRunner().invoke(app, [*command, *more], prog_name="tutelage")


def paid_for(report: dict[str, Any]) -> int:
    return sum(row["calls"] for row in report["usage"])


def test_quiet_leaves_the_table_and_the_place_of_the_report(run: Run) -> None:
    ended = run("--progress", "quiet")
    assert ended.exit_code == 0
    lines = ended.stdout.splitlines()
    assert lines[0].split() == ["Module", "Before", "After", "interval", "Teacher", "n", "Verdict"]
    assert lines[-1] == "report: r/report.html"
    assert len(lines) == 10


def test_json_is_json_to_the_last_line_which_is_the_result(run: Run) -> None:
    ended = run("--progress", "json")
    assert ended.exit_code == 0
    records = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [r["event"] for r in records][:2] == ["estimated", "estimated"]
    answers = [r for r in records if r["event"] == "answered"]
    (begun,) = [r for r in records if r["event"] == "run_started"]
    report = json.loads(Path("r/report.json").read_bytes())
    assert len(answers) == answers[-1]["so_far"]["calls"] == paid_for(report)
    assert begun["limits"]["rounds"] == 1
    assert begun["expected"]["calls"] == report["estimate"]["expected"]["calls"]
    assert records[-2]["event"] == "run_ended"
    result = records[-1]
    assert (result["event"], result["outcome"], result["run"]) == ("result", report["run"]["outcome"], "r")
    assert result["report"] == "r/report.json"
    assert [m["id"] for m in result["modules"]] == [m["id"] for m in report["modules"]]


def test_json_says_that_a_plan_waits_and_which(run: Run) -> None:
    ended = run("--progress", "json", "--approve")
    assert ended.exit_code == 130
    result = json.loads(ended.stdout.splitlines()[-1])
    assert (result["outcome"], result["plan"]) == ("waiting", "r/plan.yaml")
    onward = CliRunner().invoke(app, ["resume", "r", "--approve", "--progress", "quiet"])
    assert onward.exit_code == 0
    assert onward.stdout.startswith("Module ")


def test_verbose_has_a_line_for_every_answer(run: Run) -> None:
    ended = run("--progress", "verbose")
    assert ended.exit_code == 0
    report = json.loads(Path("r/report.json").read_bytes())
    assert ended.stdout.count(" answered, ") == paid_for(report)
    assert "tutor done in 0:" in ended.stdout


def test_a_mode_that_is_none_is_refused(run: Run) -> None:
    ended = run("--progress", "loud")
    assert ended.exit_code == 2
    assert "loud" in ended.output
    assert not Path("r").exists()
