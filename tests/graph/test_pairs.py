"""``training.preference`` in a run: the student answers its new lessons first, and its wrong answers become pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.graph.simulated import Ability, Recorder, decisions, install, run
from tutelage.errors import TrainingError
from tutelage.files import read_rows, sha256_file
from tutelage.graph import runs
from tutelage.graph.pairs import said_of, with_rejected
from tutelage.graph.records import LessonAnswer
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.budget import FORWARD_SHARE
from tutelage.pedagogy.records import Attempt, Grade
from tutelage.training.contracts import Example

ON = "training.preference={}"
SLOW = Ability(default=0.02, start=0.3)


def answer(candidate: str, grade: Grade | None, *, truncated: bool = False) -> LessonAnswer:
    return LessonAnswer(
        candidate=candidate, module="m", model="base", round=1, response=f"said to {candidate}", grade=grade,
        truncated=truncated, tokens=9,
    )  # fmt: skip


def answers_of(root: Path) -> list[LessonAnswer]:
    return RunDir(root).rows("lesson_answers", LessonAnswer)


def dataset(root: Path, round_number: int) -> list[Example]:
    (path,) = (root / "datasets").glob(f"round-{round_number:03d}-*.jsonl")
    return read_rows(path, Example)


def test_only_a_wrong_answer_makes_a_pair() -> None:
    grades: dict[str, Grade | None] = {"a": "right", "b": "wrong", "c": "unparseable", "d": None}
    rows = [Example(prompt="p", completion="c", module="m", candidate=name) for name in (*grades, "e")]
    found = with_rejected(rows, [answer(name, grade) for name, grade in grades.items()])
    assert [row.rejected for row in found] == [None, "said to b", None, None, None]


def test_what_became_of_every_answer_is_said() -> None:
    grades: list[Grade | None] = ["right", "wrong", "wrong", "unparseable", None]
    said = said_of([*(answer(str(n), grade) for n, grade in enumerate(grades)), answer("cut", None, truncated=True)])
    assert said == (
        "preference: the student answers 2 of 6 new lessons wrong, which are paired with its answers; 1 right, "
        "1 cut short, 2 not to be graded"
    )


async def test_a_run_pairs_each_new_lesson_with_the_students_own_wrong_answer_and_reports_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, SLOW, tmp_path)
    root = tmp_path / "run"
    ended, _ = await run(root, ON, "limits.rounds=2")
    answers = {a.candidate: a for a in answers_of(root)}
    assert {a.grade for a in answers.values()} == {"right", "wrong"}
    for training in ended.report["training"]:
        rows, number = dataset(root, training["round"]), training["round"]
        pairs = [row for row in rows if row.rejected is not None]
        assert training["pairs"] == len(pairs) > 0
        assert all(row.candidate.startswith(f"r{number:03d}/") for row in pairs), "what is replayed is not asked"
        for row in rows:
            told = answers.get(row.candidate)
            asked = told is not None and told.round == number and told.grade == "wrong"
            assert row.rejected == (told.response if asked and told else None)
            assert row.rejected != row.completion
    assert f"({ended.report['training'][0]['pairs']} with a rejected answer)" in (root / "report.html").read_text()
    notes = [d["reason"] for d in decisions(root) if d["reason"].startswith("preference: ")]
    assert len(notes) == 2


async def test_the_answers_are_paid_for_as_probes_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, SLOW, tmp_path)
    root = tmp_path / "run"
    ended, _ = await run(root, ON, "limits.rounds=1")
    asked = RunDir(root).rows_of_rounds("attempts", Attempt)
    probed = sum(a.tokens for a in asked if a.role == "student") + sum(a.tokens for a in answers_of(root))
    totals = ended.report["totals"]
    assert totals["probe_tokens"] == probed
    assert totals["student_budget"] == totals["student_tokens_trained"] + -(-probed // FORWARD_SHARE)


async def test_without_it_nobody_is_asked_and_data_sets_are_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, SLOW, tmp_path)
    root = tmp_path / "run"
    ended, _ = await run(root, "limits.rounds=1")
    assert answers_of(root) == []
    assert [training["pairs"] for training in ended.report["training"]] == [0]
    (path,) = (root / "datasets").iterdir()
    assert "rejected" not in path.read_text(encoding="utf-8")


async def test_a_killed_run_asks_no_lesson_twice_and_pairs_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, SLOW, tmp_path)
    straight, _ = await run(tmp_path / "straight", ON, "limits.rounds=1")
    writes: list[str] = []

    def die(path: Path, text: str) -> None:
        writes.append(path.name)
        raise TrainingError("killed before the data set is written")

    with monkeypatch.context() as patch:
        patch.setattr("tutelage.graph.nodes.assemble.write_text", die)
        with pytest.raises(TrainingError, match="killed before"):
            await run(tmp_path / "run", ON, "limits.rounds=1")
    before = answers_of(tmp_path / "run")
    assert before

    async def nobody(*_: Any) -> None:
        raise AssertionError("asked again")

    with monkeypatch.context() as patch:
        patch.setattr("tutelage.graph.measure.Examiner.answers", nobody)
        resumed = await runs.resume(tmp_path / "run", [], Recorder(), approve=False)
    assert answers_of(tmp_path / "run") == before
    assert resumed.outcome == straight.outcome
    (one,), (other,) = ((tmp_path / name / "datasets").iterdir() for name in ("straight", "run"))
    assert one.name == other.name == writes[0]
    assert sha256_file(one) == sha256_file(other)
    for name in ("decisions.jsonl", "attempts.jsonl"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "straight" / name).read_bytes()


async def test_where_every_round_begins_at_the_base_its_answers_to_earlier_lessons_still_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, SLOW, tmp_path)
    root = tmp_path / "run"
    await run(root, ON, "training.start_from=base", "limits.rounds=2")
    answers = answers_of(root)
    assert {a.model for a in answers} == {"base"}
    assert len({a.candidate for a in answers}) == len(answers), "no lesson is asked twice"
    paired = {row.candidate for row in dataset(root, 2) if row.rejected is not None}
    assert {name.split("/")[0] for name in paired} == {"r001", "r002"}
