"""Whole runs of the real graph with a simulated student: every verdict, every way to end."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.graph.simulated import Ability, Recorder, decisions, install, run, verdicts
from tutelage.errors import RunDirError
from tutelage.graph import runs
from tutelage.tracing import names
from tutelage.tracing.reader import span_lines

ADDITION, SUBTRACTION = "number/addition", "number/subtraction"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_a_quick_learner_masters_every_module_stage_by_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    ended, _ = await run(tmp_path / "run")
    assert ended.outcome == "mastered"
    assert {m["verdict"] for m in ended.report["modules"]} == {"mastered"}
    assert ended.report["totals"]["gain"] > 0.7
    stage = {m["id"]: m["stage"] for m in ended.report["modules"]}
    for edge in ended.report["edges"]:
        assert stage[edge["from"]] < stage[edge["to"]]


async def test_every_mastery_stands_on_an_interval_at_or_above_the_threshold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.04), tmp_path)
    await run(tmp_path / "run")
    mastered = [d for d in decisions(tmp_path / "run") if d["verdict"] == "mastered"]
    assert mastered
    for decision in mastered:
        assert decision["inputs"]["interval"][0] >= decision["inputs"]["threshold"]


async def test_candidates_add_up_and_pools_never_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    ended, _ = await run(tmp_path / "run")
    counts = ended.report["candidates"]
    assert counts["total"] == len(lines(tmp_path / "run" / "candidates.jsonl"))
    for group in [counts, *counts["groups"]]:
        assert group["total"] == group["accepted"] + sum(group["rejected"].values())
    probes = lines(tmp_path / "run" / "probes.jsonl")
    assert len({p["sha256"] for p in probes}) == len(probes)
    gate = {p["id"]: p for p in probes if p["pool"] == "gate"}
    asked = [a["probe"] for a in lines(tmp_path / "run" / "attempts.jsonl") if a["probe"] in gate]
    assert max(Counter(asked).values()) == 1, "a gate item was met twice"


async def test_a_stuck_module_stalls_and_holds_back_what_stands_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(gain={ADDITION: 0.0}), tmp_path)
    ended, _ = await run(tmp_path / "run")
    assert ended.outcome == "partly_mastered"
    assert verdicts(tmp_path / "run", ADDITION)[-1] == "stalled"
    assert verdicts(tmp_path / "run", SUBTRACTION)[-1] == "held_back"
    assert "remediate" in verdicts(tmp_path / "run", ADDITION)
    kinds = {c["kind"] for c in lines(tmp_path / "run" / "candidates.jsonl") if c["module"] == ADDITION}
    assert kinds == {"core", "remedial"}


async def test_a_round_that_only_mends_trains_at_its_own_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(gain={ADDITION: 0.0}), tmp_path)
    await run(tmp_path / "run", "training.mending_rate=1e-4", "training.learning_rate=1e-3")
    taught: set[str] = set()
    rates: dict[bool, set[float]] = {}
    for part in sorted((tmp_path / "run" / "parts" / "trainings").iterdir()):
        (training,) = lines(part)
        entered = {c["module"] for c in lines(tmp_path / "run" / "candidates.jsonl")
                   if c["provenance"]["round"] == training["round"]}  # fmt: skip
        rates.setdefault(entered <= taught, set()).add(training["learning_rate"])
        taught |= entered
    assert rates == {False: {1e-3}, True: {1e-4}}


async def test_a_lost_module_rolls_the_student_back_and_raises_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fade = {(ADDITION, 2): 0.9}
    ability = Ability(fade=lambda module, number: fade.get((module, number), 0.0))
    install(monkeypatch, ability, tmp_path)
    ended, _ = await run(tmp_path / "run", "tutor.replay_share=0")
    assert "regressed" in verdicts(tmp_path / "run", ADDITION)
    rolled = [d for d in decisions(tmp_path / "run") if d["verdict"] == "rolled_back"]
    assert [d["round"] for d in rolled] == [2]
    assert "round-001" in rolled[0]["reason"]
    by_round = {t["round"]: t for t in ended.report["training"]}
    assert by_round[2]["rolled_back"]
    assert by_round[3]["replayed"] > 0 == by_round[2]["replayed"]
    assert ended.outcome == "mastered"


async def test_a_module_lost_in_the_last_round_is_not_what_the_run_ends_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fade = {(ADDITION, 2): 0.9}
    install(monkeypatch, Ability(fade=lambda module, number: fade.get((module, number), 0.0)), tmp_path)
    ended, _ = await run(tmp_path / "run", "tutor.replay_share=0", "limits.rounds=2")
    assert ended.outcome == "stopped_by_rounds"
    assert (tmp_path / "run" / "adapters" / "current").readlink().name == "round-001"
    after = {m["id"]: m["after"]["rate"] for m in ended.report["modules"]}
    assert after[ADDITION] == 1.0


async def test_later_stages_are_entered_through_bridging_lessons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run")
    kinds = {(c["module"], c["kind"]) for c in lines(tmp_path / "run" / "candidates.jsonl")}
    assert (ADDITION, "core") in kinds
    assert (SUBTRACTION, "bridging") in kinds


async def test_a_module_starts_behind_a_prerequisite_in_hand_which_goes_on_being_gated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = {}
    for entry in ("null", "0.5"):
        install(monkeypatch, Ability(gain={ADDITION: 0.03}), tmp_path)
        ended, _ = await run(tmp_path / entry, f"curriculum.entry={entry}")
        gated = [d for d in decisions(tmp_path / entry) if d["module"] == ADDITION and d["round"] > 0]
        assert [d["verdict"] for d in gated if d["inputs"]][-1] == "mastered"
        first = next(c for c in lines(tmp_path / entry / "candidates.jsonl") if c["module"] == SUBTRACTION)
        passed = next(d["round"] for d in gated if d["verdict"] == "mastered")
        started[entry] = (str(first["id"]) > f"r{passed:03d}/~", ended.outcome)
    assert started == {"null": (True, "mastered"), "0.5": (False, "mastered")}


async def test_the_cap_on_rounds_ends_a_run_normally_and_a_larger_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    ended, _ = await run(tmp_path / "run", "limits.rounds=1")
    assert ended.outcome == "stopped_by_rounds"
    assert (tmp_path / "run" / "report.html").exists()
    again = await runs.resume(tmp_path / "run", ["limits.rounds=12"], Recorder(), approve=False)
    assert again.outcome == "mastered"


async def test_a_spent_budget_ends_a_run_normally_and_a_larger_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    ended, _ = await run(tmp_path / "run", "limits.teacher_calls=120")
    assert ended.outcome == "stopped_by_budget"
    assert sum(row["calls"] for row in ended.report["usage"]) <= 120
    again = await runs.resume(tmp_path / "run", ["limits.teacher_calls=null"], Recorder(), approve=False)
    assert again.outcome == "mastered"


async def test_branches_of_the_fan_out_may_run_out_of_the_budget_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    # Diagnosis and plan are paid for, and next to nothing of the lessons.
    ended, _ = await run(tmp_path / "run", "limits.teacher_calls=84", "tutor.per_call=1")
    assert ended.outcome == "stopped_by_budget"
    spans = [span for span in span_lines(tmp_path / "run" / "spans.jsonl") if span["event"] == "end"]
    stopped = [s for s in spans if s["name"] == f"{names.NODE}tutor" and s["attributes"].get(names.STOP) == "budget"]
    assert len(stopped) > 1
    again = await runs.resume(tmp_path / "run", ["limits.teacher_calls=null"], Recorder(), approve=False)
    assert again.outcome == "mastered"


async def test_resuming_a_finished_run_changes_nothing_and_calls_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    ended, _ = await run(tmp_path / "run")
    replies = sorted((tmp_path / "run" / "replies").rglob("*.json"))
    again = await runs.resume(tmp_path / "run", [], Recorder(), approve=False)
    assert again.outcome == ended.outcome
    assert again.report["modules"] == ended.report["modules"]
    assert sorted((tmp_path / "run" / "replies").rglob("*.json")) == replies


async def test_the_same_seed_gives_the_same_map_plan_lessons_decisions_and_data_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.03), tmp_path)
    for name in ("one", "two"):
        await run(tmp_path / name)
    assert decisions(tmp_path / "one") == decisions(tmp_path / "two")
    names = [sorted(p.name for p in (tmp_path / name / "datasets").iterdir()) for name in ("one", "two")]
    assert names[0] == names[1]
    for same in ("knowledge_map.json", "probes.jsonl", "attempts.jsonl", "candidates.jsonl"):
        assert (tmp_path / "one" / same).read_bytes() == (tmp_path / "two" / same).read_bytes(), same
    stages = [sorted((tmp_path / name / "parts" / "stages").iterdir()) for name in ("one", "two")]
    assert stages[0]
    assert [p.read_bytes() for p in stages[0]] == [p.read_bytes() for p in stages[1]]


async def test_a_plan_waits_for_approval_and_goes_on_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    ended, _ = await run(tmp_path / "run", "curriculum.approve=true", "limits.rounds=1")
    assert ended.outcome == "waiting"
    assert not (tmp_path / "run" / "candidates.jsonl").exists()
    assert (await runs.resume(tmp_path / "run", [], Recorder(), approve=False)).outcome == "waiting"
    ended = await runs.resume(tmp_path / "run", [], Recorder(), approve=True)
    assert ended.outcome == "stopped_by_rounds"


async def test_a_checkpoint_does_not_grow_with_the_number_of_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    sizes = {}
    for examples in (10, 1000):
        root = tmp_path / str(examples)
        await run(root, f"tutor.examples={examples}", "limits.rounds=1", "tutor.per_call=100", "tutor.overdraw=1",
                  "tutor.independent_solutions=0", "teachers.max_tokens=100000")  # fmt: skip
        with sqlite3.connect(root / "checkpoints.sqlite") as database:
            steps = database.execute("select length(checkpoint) from checkpoints").fetchall()
        sizes[examples] = [size for (size,) in steps]
    assert len(sizes[10]) == len(sizes[1000])
    assert max(sizes[1000]) <= 1.05 * max(sizes[10])
    assert len((tmp_path / "1000" / "candidates.jsonl").read_bytes()) > 20 * max(sizes[1000])


async def test_a_run_directory_in_use_or_of_another_run_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1")
    with pytest.raises(RunDirError, match="exists already"):
        await run(tmp_path / "run", "limits.rounds=1")
    with pytest.raises(RunDirError, match="another configuration"):
        await run(tmp_path / "run", "limits.rounds=2")
    with pytest.raises(RunDirError, match="cannot change 'seed'"):
        await runs.resume(tmp_path / "run", ["seed=5"], Recorder(), approve=False)
    from tutelage.graph.rundir import RunDir

    with RunDir(tmp_path / "run").locked(), pytest.raises(RunDirError, match="locked by a live run"):
        await runs.resume(tmp_path / "run", [], Recorder(), approve=False)
