"""What a run records of who answered for its student, and what it checks of the machine before it begins."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.graph.simulated import QUICKSTART, SMALL, Ability, Recorder, decisions, install, run
from tutelage.configs.load import load_run
from tutelage.errors import DoesNotFit, RunDirError, StudentError
from tutelage.graph import measure, runs
from tutelage.graph.progress import Estimated
from tutelage.graph.run_checks import check_same_run


def served_by_vllm(monkeypatch: pytest.MonkeyPatch, notes: list[str]) -> None:
    """Let a server answer for the taught student, and the process for the untaught one, with these notes."""
    simulated = vars(measure)["open_student"]

    @asynccontextmanager
    async def opened(
        model: Path, adapter: Path | None, settings: Any, log: Path, on_note: Callable[[str], None]
    ) -> AsyncIterator[Any]:
        async with simulated(model, adapter, settings, log, on_note) as student:
            student.backend = "transformers" if adapter is None else "vllm"
            if adapter is None:
                for note in notes:
                    on_note(note)
            yield student

    monkeypatch.setattr(measure, "open_student", opened)


async def test_the_report_names_what_answered_and_the_record_says_why_it_was_not_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    served_by_vllm(monkeypatch, ["the student answers in its own process: http://a/v1: nothing there"])
    await run(tmp_path / "run", "limits.rounds=1")
    answering = json.loads((tmp_path / "run" / "report.json").read_text())["environment"]["answering"]
    attempts = [json.loads(line) for line in (tmp_path / "run" / "attempts.jsonl").read_text().splitlines()]
    served = sum(attempt["endpoint"] == "vllm" for attempt in attempts)
    assert served > 0
    assert f"vllm ({served} answers)" in answering
    assert "transformers (" in answering
    said = [d for d in decisions(tmp_path / "run") if "own process" in d["reason"]]
    assert [(d["verdict"], d["round"]) for d in said] == [("note", 0), ("note", 0)], "diagnosis and held-out, before"


async def test_a_run_in_one_process_names_one_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    _, seen = await run(tmp_path / "run", "limits.rounds=1")
    assert json.loads((tmp_path / "run" / "report.json").read_text())["environment"]["answering"] == "transformers"
    assert "estimate: a simulated student takes no memory" in [e.line for e in seen.events if isinstance(e, Estimated)]


async def test_a_student_that_does_not_fit_ends_the_run_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_large(student: Path, settings: object) -> str:
        raise DoesNotFit("takes 30.0 GB", do="set training.max_length=512")

    install(monkeypatch, Ability(), tmp_path)
    monkeypatch.setattr(runs, "memory_line", too_large)
    with pytest.raises(DoesNotFit):
        await run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


async def test_a_server_that_is_insisted_on_and_not_there_ends_the_run_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    nowhere = ("student.answering.backend=vllm", "student.answering.url=http://127.0.0.1:9/v1")
    with pytest.raises(StudentError, match="does not answer"):
        await runs.start(QUICKSTART, tmp_path / "run", [*SMALL, *nowhere], Recorder())
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_may_take_another_backend_and_not_another_way_of_answering() -> None:
    before = load_run(QUICKSTART)
    check_same_run(before, load_run(QUICKSTART, ["student.answering.url=http://127.0.0.1:8000/v1"]))
    check_same_run(load_run(QUICKSTART, ["student.answering.backend=transformers"]), before)
    with pytest.raises(RunDirError, match="cannot change 'student'"):
        check_same_run(before, load_run(QUICKSTART, ["student.answering.max_new_tokens=7"]))
