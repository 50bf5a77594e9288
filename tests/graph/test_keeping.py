"""What the student knew from the start is not taught, and not left to be forgotten either."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.graph.simulated import Ability, decisions, install, run, verdicts
from tutelage.files import read_json_lines

ADDITION = "number/addition"


def taught_by_round(root: Path) -> list[Counter[str]]:
    """Rows by module of each round's data set."""
    return [
        Counter(str(row["module"]) for _, row in read_json_lines(path))
        for path in sorted((root / "datasets").glob("round-*.jsonl"))
    ]


async def test_a_known_module_gets_a_few_lessons_once_and_they_are_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.02, knows={ADDITION: 1.0}), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=3")
    assert verdicts(root, ADDITION) == ["known"]
    written = [json.loads(line) for line in (root / "candidates.jsonl").read_text().splitlines()]
    kept = [c for c in written if c["module"] == ADDITION]
    assert sum(c["accepted"] for c in kept) == 5, "a quarter of a full round of 20"
    assert {c["provenance"]["round"] for c in kept} == {1}
    rounds = taught_by_round(root)
    assert len(rounds) == 3
    assert all(0 < rows[ADDITION] <= 5 for rows in rounds)
    assert all("regressed" not in d["verdict"] for d in decisions(root))


async def test_nothing_is_kept_where_the_configuration_wants_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.02, knows={ADDITION: 1.0}), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1", "tutor.keep_share=0")
    assert all(ADDITION not in rows for rows in taught_by_round(tmp_path / "run"))


async def test_what_is_kept_can_be_the_student_s_own_right_answers_which_cost_the_teacher_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.02, knows={ADDITION: 0.95}), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "tutor.keep_by=student", "tutor.keep_share=0.5")
    written = [json.loads(line) for line in (root / "candidates.jsonl").read_text().splitlines()]
    kept = [c for c in written if c["module"] == ADDITION]
    attempts = {
        row["probe"]: row
        for row in map(json.loads, (root / "attempts.jsonl").read_text().splitlines())
        if row["role"] == "student" and row["round"] == 0
    }
    assert 0 < len(kept) <= 10
    for candidate in kept:
        answer = attempts[candidate["provenance"]["seed_item"]]
        assert answer["grade"] == "right"
        assert answer["response"] == f"Answer: {candidate['example']['solution']['final_answer']}"
        assert candidate["provenance"]["model"] == "student"
    assert taught_by_round(root)[0][ADDITION] > 0
    tutors = [row["provenance"] for row in written if row["module"] != ADDITION]
    assert all(one["model"] != "student" for one in tutors)
