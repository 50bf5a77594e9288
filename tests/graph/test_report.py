from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.graph.simulated import Ability, Recorder, install, run
from tutelage.files import read_rows, write_jsonl
from tutelage.graph import runs
from tutelage.graph.nodes.graduate import PART, outcome
from tutelage.graph.report import build_report
from tutelage.graph.report_rates import rate_facts
from tutelage.graph.rundir import RunDir
from tutelage.graph.state import State
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Attempt
from tutelage.pedagogy.standing import Standing, Status
from tutelage.teachers.offline import OfflineTeacher

HELD_OUT = 12  # of simulated.SMALL


def held_out(report: Any, column: str) -> set[int]:
    return {module[column]["n"] for module in report["modules"]}


async def test_a_report_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(default=0.04), tmp_path)
    ended, _ = await run(tmp_path / "run", "limits.rounds=3", "curriculum.entry=null")
    report = ended.report
    totals = report["totals"]
    assert json.loads((tmp_path / "run" / "report.json").read_text()) == report
    assert totals["mastered"] == sum(m["verdict"] == "mastered" for m in report["modules"])
    assert totals["gain"] == pytest.approx(totals["after"] - totals["before"])
    assert totals["teacher_tokens"] == sum(u["prompt_tokens"] + u["completion_tokens"] for u in report["usage"])
    assert totals["student_tokens_trained"] == sum(t["tokens"] for t in report["training"])
    assert [t["round"] for t in report["training"]] == [1, 2, 3]
    assert report["run"]["reason"].startswith("the cap on rounds")
    for column in ("before", "after", "teacher"):
        assert held_out(report, column) == {HELD_OUT}
    assert all(point["low"] <= point["rate"] <= point["high"] for point in report["curve"])


async def test_a_run_that_was_stopped_and_resumed_reports_its_last_student_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    first, _ = await run(tmp_path / "run", "limits.rounds=1")
    again = await runs.resume(tmp_path / "run", ["limits.rounds=12"], Recorder(), approve=False)
    assert again.outcome == "mastered"
    assert held_out(again.report, "after") == {HELD_OUT}
    assert again.report["totals"]["after"] > first.report["totals"]["after"]
    assert {m["after"]["rate"] for m in again.report["modules"]} == {1.0}


async def test_a_report_counts_each_item_of_the_teacher_once_though_two_teachers_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1")
    rundir = RunDir(tmp_path / "run")
    (path,) = rundir.part("attempts", "x").parent.glob(f"{PART}-teacher-*.jsonl")
    later = [a.model_copy(update={"round": a.round + 1, "grade": "wrong"}) for a in read_rows(path, Attempt)]
    write_jsonl(path.with_name(f"{PART}-teacher-000000000000.jsonl"), later)
    report = await runs.report(tmp_path / "run")
    assert {(m["teacher"]["n"], m["teacher"]["rate"]) for m in report["modules"]} == {(HELD_OUT, 0.0)}


async def test_a_report_can_be_made_anew_wherever_the_directory_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    ended, _ = await run(tmp_path / "run", "limits.rounds=1")
    shutil.move(tmp_path / "run", tmp_path / "elsewhere")
    again = await runs.report(tmp_path / "elsewhere")
    assert again["modules"] == ended.report["modules"]
    assert again["totals"] == ended.report["totals"]


async def test_a_budget_spent_before_the_diagnosis_still_ends_in_a_report_and_can_be_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    ended, _ = await run(tmp_path / "run", "limits.teacher_calls=1")
    assert ended.outcome == "stopped_by_budget"
    assert ended.report["totals"]["gain"] is None
    again = await runs.resume(tmp_path / "run", ["limits.teacher_calls=null"], Recorder(), approve=False)
    assert again.outcome == "mastered"


async def test_a_run_that_has_not_ended_has_a_report_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "curriculum.approve=true")
    waiting = await runs.report(tmp_path / "run")
    assert waiting["run"]["outcome"] == "unfinished"
    assert {m["verdict"] for m in waiting["modules"]} == {"unfinished"}
    manifest, _, _ = await runs.snapshot(tmp_path / "run")
    bare = build_report(RunDir(tmp_path / "run"), manifest, runs.read_items(tmp_path / "run"), State())
    assert (bare["run"]["outcome"], bare["run"]["reason"]) == ("unfinished", "the run has not ended yet")


def test_a_rate_is_reported_with_its_exact_interval() -> None:
    facts = rate_facts(Rate(8, 10), 0.95)
    assert facts is not None
    assert (facts["rate"], facts["n"]) == (0.8, 10)
    assert (round(facts["low"], 4), round(facts["high"], 4)) == (0.4439, 0.9748)
    assert rate_facts(None, 0.95) is None


@pytest.mark.parametrize(
    ("stop", "statuses", "expected"),
    [
        (None, ["mastered", "mastered"], "mastered"),
        (None, ["mastered", "known", "excluded"], "mastered"),
        (None, ["known"], "mastered"),
        (None, ["mastered", "stalled"], "partly_mastered"),
        (None, ["mastered", "held_back"], "partly_mastered"),
        (None, ["known", "stalled"], "nothing_mastered"),
        (None, ["excluded", "excluded"], "nothing_mastered"),
        ("budget", ["mastered"], "stopped_by_budget"),
        ("rounds", ["learning"], "stopped_by_rounds"),
    ],
)
def test_the_outcome_says_how_the_run_ended(stop: str | None, statuses: list[Status], expected: str) -> None:
    standings = {str(n): Standing(status=s, student=(1, 2), teacher=(2, 2)) for n, s in enumerate(statuses)}
    assert outcome(stop, standings) == expected


async def test_a_key_of_the_environment_never_reaches_the_run_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    canary = "sk-canary-3f9b1c77e2"
    monkeypatch.setenv("TUTELAGE_CANARY", canary)
    install(monkeypatch, Ability(), tmp_path)
    async with OfflineTeacher() as endpoint:
        teacher = f"teachers.default={endpoint.base_url}"
        await run(tmp_path / "run", teacher, "teachers.api_key_env=TUTELAGE_CANARY", "limits.rounds=1")
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert {"run.yaml", "checkpoints.sqlite", "spans.jsonl", "report.html"} <= {path.name for path in files}
    assert [path for path in files if canary.encode() in path.read_bytes()] == []
    assert "TUTELAGE_CANARY" in (tmp_path / "run" / "run.yaml").read_text()
    assert canary not in "".join(capfd.readouterr())
