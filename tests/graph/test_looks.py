"""A diagnosis that asks in parts stops asking where the verdict is clear."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graph.simulated import Ability, install, run, verdicts
from tutelage.files import read_json_lines
from tutelage.pedagogy.gap import Diagnosis
from tutelage.pedagogy.rates import Rate

ADDITION, BOXES = "number/addition", "word/boxes"
TEACHER = Rate(21, 21)


def asked(root: Path) -> Counter[str]:
    """Diagnostic questions put to the untaught student, by module."""
    rows = [json.loads(line) for line in (root / "attempts.jsonl").read_text().splitlines()]
    probes = [row for _, row in read_json_lines(root / "probes.jsonl")]
    modules = {str(row["id"]): str(row["module"]) for row in probes if row["pool"] == "diagnostic"}
    student = [row for row in rows if row["role"] == "student" and row["round"] == 0]
    return Counter(modules[row["probe"]] for row in student if row["probe"] in modules)


async def test_a_module_that_is_clearly_known_or_clearly_lacking_is_asked_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0, BOXES: 0.7}), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "diagnosis.probes=21", "diagnosis.looks=3")
    found = asked(root)
    assert found.pop(ADDITION) == 14
    assert found.pop(BOXES) == 21, "its gap is as large as the threshold, so no part of the probes is clear"
    assert set(found.values()) == {7}
    assert verdicts(root, ADDITION) == ["known"]


async def test_in_one_look_every_module_is_asked_all_its_probes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0}), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1", "diagnosis.probes=21")
    assert set(asked(tmp_path / "run").values()) == {21}


@given(st.integers(0, 21), st.sampled_from([0.1, 0.3, 0.6]), st.sampled_from([0.8, 0.95, 0.99]))
def test_a_clear_standing_is_the_one_that_both_ends_of_the_interval_would_get(
    right: int, threshold: float, confidence: float
) -> None:
    found = Diagnosis("m", Rate(right, 21), TEACHER)
    if found.is_clear(threshold, confidence):
        near = [Diagnosis("m", Rate(k, 21), TEACHER) for k in (max(right - 1, 0), min(right + 1, 21))]
        assert {one.standing(threshold) for one in near} == {found.standing(threshold)}


def test_a_wider_interval_is_clear_less_often() -> None:
    clear = [
        {k for k in range(22) if Diagnosis("m", Rate(k, 21), TEACHER).is_clear(0.3, confidence)}
        for confidence in (0.8, 0.95, 0.99)
    ]
    assert clear[2] < clear[1] < clear[0]


def test_nothing_is_left_to_ask_of_a_module_that_its_teacher_cannot_do() -> None:
    assert Diagnosis("m", Rate(3, 7), Rate(0, 21)).is_clear(0.3, 0.95)
