"""A diagnosis that asks in parts stops asking where the verdict is clear."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tests.graph.faculty import loopback
from tests.graph.reading import steps_of
from tests.graph.simulated import Ability, decisions, install, run, verdicts
from tutelage.files import read_json_lines
from tutelage.graph.manifest import read_manifest
from tutelage.graph.probing import ENOUGH
from tutelage.graph.report_teachers import metered, usage_by_module
from tutelage.graph.rundir import RunDir
from tutelage.graph.traces.story import story, story_lines
from tutelage.pedagogy.gap import INDIFFERENCE, MISPLACED, Diagnosis
from tutelage.pedagogy.rates import Rate

ADDITION = "number/addition"
OTHERS = ("number/counting_on", "number/subtraction", "number/multiplication", "time/minutes", "word/boxes")
TEACHER = Rate(21, 21)


def asked(root: Path, role: str = "student") -> Counter[str]:
    """Diagnostic questions put to the untaught student, or to its teacher, by module."""
    rows = [json.loads(line) for line in (root / "attempts.jsonl").read_text().splitlines()]
    probes = [row for _, row in read_json_lines(root / "probes.jsonl")]
    modules = {str(row["id"]): str(row["module"]) for row in probes if row["pool"] == "diagnostic"}
    answers = [row for row in rows if row["role"] == role and row["round"] == 0]
    return Counter(modules[row["probe"]] for row in answers if row["probe"] in modules)


async def test_a_module_that_is_clearly_known_or_clearly_lacking_is_asked_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0}), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "diagnosis.probes=21", "diagnosis.looks=7")
    found = asked(root)
    assert found.pop(ADDITION) == 6
    assert set(found.values()) == {3}
    assert verdicts(root, ADDITION) == ["known"]
    told = "\n".join(story_lines(ADDITION, story(ADDITION, *steps_of(root))))
    assert "diagnosis, look 1" in told
    assert "diagnosis, look 2" in told
    assert "gate, look" not in told, "what was known was never put to a gate"


async def test_what_is_known_is_asked_on_until_its_answers_are_the_lessons_that_are_wanted_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for keeps in ("teacher", "student"):
        install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0}), tmp_path)
        sizes = ("diagnosis.probes=21", "diagnosis.looks=7", "tutor.examples=20", "tutor.keep_share=0.5")
        await run(tmp_path / keeps, "limits.rounds=1", f"tutor.keep_by={keeps}", *sizes)
        found[keeps] = asked(tmp_path / keeps)
    assert found["teacher"].pop(ADDITION) == 6
    assert found["student"].pop(ADDITION) == 10, "two looks of three, and the rest at once"
    assert found["student"] == found["teacher"], "no more of what is lacking"
    written = [json.loads(line) for line in (tmp_path / "student" / "candidates.jsonl").read_text().splitlines()]
    assert sum(one["module"] == ADDITION for one in written) == 10


async def test_a_teacher_is_asked_what_its_student_is_and_all_of_a_module_in_which_it_errs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0}), tmp_path)
    root = tmp_path / "run"
    async with loopback("wobbly", cannot="time/minutes") as teacher:
        await run(
            root, f"teachers.default={teacher.url}", "limits.rounds=1", "diagnosis.probes=21", "diagnosis.looks=7"
        )
    found = asked(root, "teacher")
    assert found.pop("time/minutes") == 21
    assert found == {k: n for k, n in asked(root).items() if k not in ("time/minutes", ADDITION)}
    assert verdicts(root, "time/minutes") == ["excluded"]


@pytest.mark.parametrize("looks", [1, 7])
async def test_of_what_its_student_has_in_hand_a_teacher_is_asked_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0}), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "diagnosis.probes=21", f"diagnosis.looks={looks}")
    student, teacher = asked(root), asked(root, "teacher")
    assert student.pop(ADDITION)
    assert teacher == student
    assert verdicts(root, ADDITION) == ["known"]
    (known,) = [one for one in decisions(root) if one["module"] == ADDITION]
    assert known["inputs"]["teacher"] is None
    assert "whatever its teacher answers" in known["reason"]


async def test_a_teacher_that_is_always_right_is_asked_few_of_the_many_that_a_student_at_the_threshold_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 0.65}), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "diagnosis.probes=21", "diagnosis.looks=7", "seed=7")
    assert asked(root)[ADDITION] > ENOUGH
    assert asked(root, "teacher")[ADDITION] == ENOUGH


async def test_where_every_module_is_taught_whatever_it_knows_the_teacher_is_asked_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0}), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "diagnosis.probes=21", "diagnosis.looks=7", "diagnosis.informs=false")
    assert asked(root, "teacher") == asked(root)


async def test_a_map_is_drawn_of_what_there_is_to_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={"number/counting_on": 1.0}), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "diagnosis.probes=21")
    drawn = json.loads((root / "knowledge_map.json").read_text())
    ends = {end for edge in drawn["edges"] for end in (edge["from"], edge["to"])}
    assert len(drawn["modules"]) == 6
    assert ADDITION in ends
    assert "number/counting_on" not in ends


@pytest.mark.parametrize(("looks", "explained"), [(1, 5), (7, 0)])
async def test_as_few_wrong_answers_as_the_tutor_is_shown_one_by_one_are_not_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: int, explained: int
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0}), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "diagnosis.probes=21", f"diagnosis.looks={looks}")
    asked_to_explain = {r["module"] for r in usage_rows_of(root) if r["role"] == "diagnostician"} - {None}
    assert len(asked_to_explain) == explained
    (profile, *_) = sorted((root / "profiles").glob("*.json"))
    shown = json.loads(profile.read_text())
    assert len(shown["wrong_answers"]) == (8 if explained else 3), "those are told whether or not they are explained"
    assert bool(shown["misconceptions"]) == bool(explained)


def usage_rows_of(root: Path) -> list[dict[str, Any]]:
    """What the run's teachers were asked, by role and module."""
    return usage_by_module(metered(RunDir(root), read_manifest(root)))


async def test_where_a_small_budget_lets_no_module_wait_nobody_is_paid_to_order_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "diagnosis.probes=21", "limits.training_tokens=1800", "limits.spent=finish")
    assert only_modules_were_asked_about(root)
    assert [one["verdict"] for one in decisions(root) if one["module"] == ADDITION][:2] == ["deficient", "planned"]


def only_modules_were_asked_about(root: Path) -> bool:
    """Whether teachers were asked of modules, and none of the domain as a whole."""
    modules = [row["module"] for row in usage_rows_of(root)]
    return bool(modules) and None not in modules


async def test_where_one_module_is_left_to_learn_nobody_is_paid_to_order_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows=dict.fromkeys(OTHERS, 1.0)), tmp_path)
    root = tmp_path / "run"
    await run(root, "limits.rounds=1", "diagnosis.probes=21")
    assert verdicts(root, ADDITION)[0] == "deficient"
    assert only_modules_were_asked_about(root)


async def test_in_one_look_every_module_is_asked_all_its_probes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=0.0, default=0.1, knows={ADDITION: 1.0}), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1", "diagnosis.probes=21")
    assert set(asked(tmp_path / "run").values()) == {21}


def asked_until_clear(rate: float, threshold: float, seed: int, most: int = 200) -> Diagnosis:
    """One module, asked answer by answer."""
    luck, right, n = random.Random(seed), 0, 0
    while True:
        right, n = right + (luck.random() < rate), n + 1
        found = Diagnosis("m", Rate(right, n), TEACHER)
        if n == most or found.is_clear(threshold):
            return found


@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_a_module_well_off_the_threshold_is_misplaced_at_most_as_often_as_is_said(threshold: float) -> None:
    for rate, meant in ((1 - threshold + INDIFFERENCE, "known"), (1 - threshold - INDIFFERENCE, "deficient")):
        found = [asked_until_clear(rate, threshold, seed) for seed in range(600)]
        wrong = sum(one.standing(threshold) != meant for one in found)
        assert binomtest(wrong, len(found), MISPLACED, alternative="greater").pvalue > 0.01


def test_what_is_wholly_known_or_wholly_unknown_takes_four_answers_or_two() -> None:
    assert [asked_until_clear(rate, 0.3, 0).student for rate in (1.0, 0.0)] == [Rate(4, 4), Rate(0, 2)]


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from([0.1, 0.3, 0.6, 1.0]))
def test_one_more_answer_of_the_same_kind_never_clouds_what_was_clear(right: int, wrong: int, threshold: float) -> None:
    if not right + wrong:
        return
    found = Diagnosis("m", Rate(right, right + wrong), TEACHER)
    if found.is_clear(threshold):
        known = found.standing(threshold) == "known"
        more = Rate(right + known, right + wrong + 1)
        assert Diagnosis("m", more, TEACHER).is_clear(threshold) or abs((found.gap or 0) - threshold) < INDIFFERENCE


def test_nothing_is_left_to_ask_of_a_module_that_its_teacher_cannot_do() -> None:
    assert Diagnosis("m", Rate(3, 7), Rate(0, 21)).is_clear(0.3)
