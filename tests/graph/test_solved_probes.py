"""Probes that a teacher solved are a module's first lessons, and measure it no more."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.graph.faculty import loopback
from tests.graph.simulated import Ability, install, run
from tutelage.configs.load import load_run
from tutelage.errors import ConfigError
from tutelage.files import read_json_lines
from tutelage.pedagogy.records import Attempt, Candidate, Item

ADDITION = "number/addition"
SETTINGS = (
    "limits.rounds=1",
    "diagnosis.probes=21",
    "diagnosis.looks=7",
    "tutor.solved_probes=14",
    "tutor.examples=20",
)
"""A student that knows nothing is asked three of a module, and its teacher, too."""


def rows(root: Path, name: str, kind: type[Any]) -> list[Any]:
    """A ledger's records."""
    return [kind.model_validate(row) for _, row in read_json_lines(root / f"{name}.jsonl")]


def all_solved(root: Path) -> list[Candidate]:
    """The lessons that no Tutor wrote."""
    found = rows(root, "candidates", Candidate)
    return [c for c in found if c.example is not None and c.example.adaptation.format == "none"]


def solved(root: Path, module: str = ADDITION) -> list[Candidate]:
    """Those of a module."""
    return [c for c in all_solved(root) if c.module == module]


async def begun(folder: Path, monkeypatch: pytest.MonkeyPatch, *settings: str, **ability: Any) -> tuple[Path, Any]:
    """The directory of a run with these settings besides, and how it ended; the student knows nothing."""
    install(monkeypatch, Ability(**{"start": 0.0, "default": 0.1, **ability}), folder)
    ended, _ = await run(folder / "run", *SETTINGS, *settings)
    return folder / "run", ended


async def test_probes_as_their_teacher_solves_them_are_the_first_lessons_and_the_tutor_writes_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = await begun(tmp_path, monkeypatch)
    found = solved(root)
    probes = {i.question: i for i in rows(root, "probes", Item) if i.module == ADDITION and i.pool == "diagnostic"}
    lessons = [c.example for c in found if c.example is not None]
    assert len({lesson.problem for lesson in lessons}) == 14
    assert all(lesson.solution.final_answer == probes[lesson.problem].reference for lesson in lessons)
    assert all(lesson.solution.steps for lesson in lessons), "worked, and not only answered"
    every = [c for c in rows(root, "candidates", Candidate) if c.module == ADDITION and c.accepted]
    assert 20 <= len(every) <= 24, "those that are solved count among the lessons ordered"
    assert len({c.id for c in every}) == len(every)


async def test_what_the_diagnosis_had_answered_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = await begun(tmp_path, monkeypatch)
    diagnostic = {i.id for i in rows(root, "probes", Item) if i.module == ADDITION and i.pool == "diagnostic"}
    asked = [a for a in rows(root, "attempts", Attempt) if a.role == "teacher" and a.probe in diagnostic]
    assert Counter(a.round for a in asked) == {0: 3, 1: 11}
    assert len({a.probe for a in asked}) == 14


async def test_an_answer_that_its_teacher_gets_wrong_is_no_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with loopback("wobbly", errs_every=4) as teacher:
        root, _ = await begun(tmp_path, monkeypatch, f"teachers.default={teacher.url}")
    diagnostic = {i.id for i in rows(root, "probes", Item) if i.pool == "diagnostic"}
    answers = [a for a in rows(root, "attempts", Attempt) if a.role == "teacher" and a.probe in diagnostic]
    wrong = {a.probe for a in answers if a.grade != "right"}
    taught = {
        c.provenance.seed_item for m in {c.module for c in rows(root, "candidates", Candidate)} for c in solved(root, m)
    }
    assert wrong
    assert taught
    assert not wrong & taught


async def test_a_probe_that_is_too_like_what_is_measured_is_rejected_as_any_lesson_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = await begun(tmp_path, monkeypatch, "tutor.near_duplicate=0.1")
    assert {c.reason for c in all_solved(root) if not c.accepted} == {"contaminated"}


async def test_a_student_that_is_taught_again_is_probed_on_what_was_no_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = await begun(tmp_path, monkeypatch, "limits.rounds=2", default=0.005)
    taught = {c.provenance.seed_item for c in solved(root)}
    diagnostic = {i.id for i in rows(root, "probes", Item) if i.module == ADDITION and i.pool == "diagnostic"}
    attempts = [a for a in rows(root, "attempts", Attempt) if a.role == "student" and a.probe in diagnostic]
    after = {a.probe for a in attempts if a.round == 1}
    assert len(after) == 7
    assert not after & taught


async def test_under_a_cap_no_module_has_more_solved_than_its_allowance_pays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = await begun(
        tmp_path, monkeypatch, "limits.teacher_tokens=5000", "limits.spent=finish", "limits.training_tokens=1800"
    )
    count = Counter(c.module for c in all_solved(root))
    assert len(count) == 6
    assert max(count.values()) - min(count.values()) <= 1
    assert 3 < min(count.values()) < 14


async def test_a_tutor_whose_call_nobody_can_pay_is_not_asked_where_there_are_lessons_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, ended = await begun(
        tmp_path, monkeypatch, "limits.teacher_tokens=2500", "limits.spent=finish", "limits.training_tokens=1800"
    )
    assert len(all_solved(root)) == len(rows(root, "candidates", Candidate)) > 6 * 4
    totals = ended.report["totals"]
    assert totals["teacher_tokens"] - totals["teacher_exam_tokens"] <= 2500


async def test_what_is_known_has_none_solved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, _ = await begun(tmp_path, monkeypatch, "tutor.keep_by=teacher", knows={ADDITION: 1.0})
    assert not solved(root)
    assert all_solved(root)


def test_some_probes_must_be_left_to_tell_what_is_still_wrong() -> None:
    with pytest.raises(ConfigError, match="solved_probes must leave some"):
        load_run(Path(__file__).parents[2] / "configs" / "comparison.yaml", ["diagnosis.probes=14"])


async def test_a_cap_that_ends_the_diagnosis_leaves_its_answers_to_be_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cap = 1_000
    root, ended = await begun(
        tmp_path, monkeypatch, f"limits.teacher_tokens={cap}", "limits.spent=finish", "limits.training_tokens=1800",
        "diagnosis.informs=false", "diagnosis.looks=1",
    )  # fmt: skip
    totals = ended.report["totals"]
    assert 0.9 * cap < totals["teacher_tokens"] - totals["teacher_exam_tokens"] <= cap
    assert ended.outcome == "nothing_mastered"
    assert ended.report["run"]["reason"] == "a cap of the budget was reached, and what it paid for was taught"
    count = Counter(c.module for c in all_solved(root))
    assert len(count) == 6
    assert max(count.values()) - min(count.values()) <= 2, "one of each module in turn, but for those under way"
    assert totals["accepted"] == sum(count.values()) > 6


async def test_a_cap_that_ends_the_diagnosis_ends_a_run_that_is_to_stop_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, ended = await begun(tmp_path, monkeypatch, "limits.teacher_tokens=500")
    assert ended.outcome == "stopped_by_budget"
    assert ended.report["run"]["reason"] == "a cap of the budget was reached; resume with a larger one to go on"
    assert not (root / "candidates.jsonl").exists()


async def test_where_no_tutor_can_be_paid_what_there_is_is_taught_with_all_that_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knows = dict.fromkeys(
        ("number/counting_on", "number/subtraction", "number/multiplication", "time/minutes", "word/boxes"), 1.0
    )
    root, ended = await begun(
        tmp_path, monkeypatch, "limits.rounds=8", "limits.teacher_tokens=1000", "limits.spent=finish",
        "limits.training_tokens=4000", "tutor.solved_probes=7", "tutor.keep_by=student", knows=knows,
        default=0.001,
    )  # fmt: skip
    totals = ended.report["totals"]
    assert len(all_solved(root)) >= 5 + 7
    assert totals["teacher_tokens"] - totals["teacher_exam_tokens"] <= 1000
    assert totals["student_budget"] >= 0.98 * 4000
    assert len(list((root / "datasets").iterdir())) == 1, "no round without lessons"


async def test_where_a_modules_share_pays_for_no_call_and_nothing_is_solved_some_modules_are_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = await begun(
        tmp_path, monkeypatch, "limits.teacher_tokens=4500", "limits.spent=finish", "limits.training_tokens=1800",
        "tutor.solved_probes=0",
    )  # fmt: skip
    assert any(c.accepted for c in rows(root, "candidates", Candidate))


@pytest.mark.parametrize(("cap", "explained"), [(12_000, False), (40_000, True)])
async def test_wrong_answers_are_explained_only_where_a_cap_leaves_lessons_after_that(
    cap: int, explained: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = await begun(
        tmp_path, monkeypatch, f"limits.teacher_tokens={cap}", "limits.spent=finish", "limits.training_tokens=1800",
        "diagnosis.looks=1",
    )  # fmt: skip
    found = [path.read_text() for path in (root / "parts" / "misconceptions").iterdir()]
    assert any(found) is explained
    kept = root / "profiles" / "000-0-diagnose.allowance"
    assert 0 < int(kept.read_text()) < cap / 6
