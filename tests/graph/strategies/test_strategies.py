"""Whole runs of every strategy with a simulated student: same directory, same verification, equal budgets."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.graph.faculty import loopback
from tests.graph.simulated import Ability, install, run
from tutelage.configs.arms import ARMS, overrides_of
from tutelage.errors import ConfigError
from tutelage.graph.build import build
from tutelage.graph.graphs import graph_named
from tutelage.graph.inputs import check_taught
from tutelage.pedagogy.strategies import STRATEGIES

CAP = 4_000
BUDGET = (
    f"limits.training_tokens={CAP}", "limits.teacher_tokens=400000", "limits.spent=finish", "tutor.examples=8",
    "diagnosis.probes=6", "diagnosis.held_out=6", "gate.items_per_look=12",
)  # fmt: skip
# Of each kind one in the daily suite; all of them under -m long.
KINDS = ("ioa", "ioa-no_gate", "sft", "cot", "self_instruct", "persd", "rejection_self")
EVERY = [pytest.param(arm, marks=() if arm in KINDS else pytest.mark.long) for arm in sorted(ARMS)]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("arm", EVERY)
async def test_every_arm_is_a_run_that_spends_its_budget_to_within_two_percent(
    arm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.005), tmp_path)
    ended, _ = await run(tmp_path / "run", *BUDGET, *overrides_of(arm))
    totals = ended.report["totals"]
    assert ended.report["run"]["strategy"] == arm.split("-")[0]
    if arm != "rejection_self":  # a student that never draws another answer runs out of lessons, not of budget
        assert abs(totals["student_budget"] - CAP) <= 0.02 * CAP
    assert totals["student_budget"] <= CAP
    assert totals["items"] == 6 * 6
    assert ended.report["candidates"]["total"] == len(lines(tmp_path / "run" / "candidates.jsonl"))


@pytest.mark.parametrize("arm", ["ioa", "critique_revise"])
async def test_a_cap_on_teacher_tokens_is_met_to_within_two_percent_and_what_was_written_is_taught(
    arm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.001), tmp_path)
    cap = 100_000
    settings = [*BUDGET, f"limits.teacher_tokens={cap}", "tutor.examples=400", *overrides_of(arm)]
    ended, _ = await run(tmp_path / "run", *settings)
    totals = ended.report["totals"]
    spent = totals["teacher_tokens"] - totals["teacher_exam_tokens"]
    assert abs(spent - cap) <= 0.02 * cap
    assert totals["accepted"] > 0
    assert abs(totals["student_budget"] - CAP) <= 0.02 * CAP
    assert ended.spent is None or ended.outcome != "stopped_by_budget"


async def test_strategies_share_held_out_items_their_order_and_the_student(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    probes, before = set(), set()
    for arm in ("ioa", "sft", "llm2llm"):
        ended, _ = await run(tmp_path / arm, *BUDGET, *overrides_of(arm))
        probes.add((tmp_path / arm / "probes.jsonl").read_text())
        before.add(json.dumps([m["before"] for m in ended.report["modules"]]))
    assert len(probes) == len(before) == 1


async def test_only_what_the_student_gets_wrong_is_expanded_by_llm2llm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.01), tmp_path)
    await run(tmp_path / "run", *BUDGET, *overrides_of("llm2llm"), "strategy.rounds=2")
    exam = {a["probe"]: a["grade"] for a in lines(tmp_path / "run" / "attempts.jsonl") if a["round"] == 1}
    seeds = {
        c["provenance"]["seed_item"]
        for c in lines(tmp_path / "run" / "candidates.jsonl")
        if c["provenance"]["round"] == 1
    }
    assert seeds
    assert {exam[seed] for seed in seeds} == {"wrong"}


async def test_lessons_that_are_the_seed_items_themselves_keep_their_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    for arm in ("sft", "cot", "persd"):
        await run(tmp_path / arm, *BUDGET, *overrides_of(arm), "strategy.rounds=1")
        seeds = {p["id"]: p["question"] for p in lines(tmp_path / arm / "probes.jsonl") if p["pool"] == "diagnostic"}
        taught = [c for c in lines(tmp_path / arm / "candidates.jsonl") if c["accepted"]]
        assert taught
        for candidate in taught:
            assert candidate["example"]["problem"] == seeds[candidate["provenance"]["seed_item"]]


async def test_cot_teaches_what_the_teacher_answers_of_every_module_alike_as_far_as_a_cap_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.005), tmp_path)
    cap = 2_000
    async with loopback("wobbly", errs_every=7) as teacher:
        settings = (
            *BUDGET, *overrides_of("cot"), "diagnosis.probes=12", "tutor.examples=12", f"limits.teacher_tokens={cap}",
            f"teachers.default={teacher.url}",
        )  # fmt: skip
        ended, _ = await run(tmp_path / "run", *settings)
    totals = ended.report["totals"]
    assert 0.95 * cap <= totals["teacher_tokens"] - totals["teacher_exam_tokens"] <= cap
    items = {p["id"]: p for p in lines(tmp_path / "run" / "probes.jsonl") if p["pool"] == "diagnostic"}
    asked = [a for a in lines(tmp_path / "run" / "attempts.jsonl") if a["role"] == "teacher" and a["probe"] in items]
    count = Counter(items[a["probe"]]["module"] for a in asked)
    assert max(count.values()) - min(count.values()) <= 2 < min(count.values())
    right = {a["probe"] for a in asked if a["grade"] == "right"}
    taught = [c for c in lines(tmp_path / "run" / "candidates.jsonl") if c["accepted"]]
    assert {c["provenance"]["seed_item"] for c in taught} == right < {a["probe"] for a in asked}
    assert all(c["example"]["solution"]["steps"] for c in taught)


def test_seeds_whose_references_are_tests_are_not_taught_as_they_stand() -> None:
    config: Any = SimpleNamespace(strategy=SimpleNamespace(name="sft"), domain="d.yaml")
    domain: Any = SimpleNamespace(grader="code")
    with pytest.raises(ConfigError, match="cot"):
        check_taught(config, domain)
    domain.grader = "numeric"
    check_taught(config, domain)


def test_an_unknown_arm_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="no strategy 'magic'"):
        overrides_of("magic")


def test_every_strategy_says_whose_it_is_and_what_it_leaves_out() -> None:
    assert set(STRATEGIES) == {arm for arm in ARMS if not arm.startswith("ioa")}
    for strategy in STRATEGIES.values():
        assert strategy.paper
        assert strategy.keeps
        assert strategy.leaves_out


def test_the_mastery_loop_and_the_strategies_share_their_nodes() -> None:
    shared = {"assemble", "finetune", "graduate"}
    assert shared < set(build().get_graph().nodes)
    assert set(graph_named("sft").get_graph().nodes) == shared | {"__start__", "survey", "write", "__end__"}
