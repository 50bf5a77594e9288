from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from typer.testing import CliRunner

from tests.graph.simulated import QUICKSTART, SMALL, Ability, Recorder, install
from tutelage.cli import app
from tutelage.errors import InputError, PushError
from tutelage.files import read_rows
from tutelage.graph import export as exports
from tutelage.graph import runs
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.records import Candidate

Load = Callable[..., Any]


async def a_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install(monkeypatch, Ability(gain={"number/addition": 0.2}), folder)
    root = folder / "run"
    await runs.start(QUICKSTART, root, [*SMALL, "limits.rounds=2"], Recorder())
    return root


async def exported(root: Path, folder: Path) -> exports.Exported:
    manifest, state, _ = await runs.snapshot(root)
    return exports.export(RunDir(root), manifest, runs.read_items(root), state, folder)


async def test_an_export_is_read_back_whole_by_the_datasets_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    root = await a_run(tmp_path, monkeypatch)
    candidates = read_rows(root / "candidates.jsonl", Candidate)
    stale = tmp_path / "out" / "rejected" / "train-00000-of-00001.parquet"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of an earlier export")
    done = await exported(root, tmp_path / "out")
    assert stale.exists() == (done.rejected > 0)
    load: Load = datasets.load_dataset
    rows = load(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    accepted = {c.id: c for c in candidates if c.accepted}
    assert len(rows) == done.lessons == len(accepted)
    for row in rows:
        lesson = accepted[row["id"]].example
        assert lesson is not None
        user, assistant = row["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert user["content"] == f"{lesson.problem}\nEnd with Answer: and the number."
        assert assistant["content"].endswith(f"Answer: {lesson.solution.final_answer}")
        made = accepted[row["id"]].provenance
        assert (row["teacher_model"], row["call_id"], row["prompt_sha256"]) == (
            made.model,
            made.call_id,
            made.prompt_hash,
        )
        assert (row["round"], row["kind"], row["module"]) == (made.round, made.kind, lesson.module)
    rejected = load(str(tmp_path / "out"), "rejected", split="train", cache_dir=str(tmp_path / "cache"))
    assert len(rejected) == done.rejected == len(candidates) - len(accepted)
    assert set(rejected["reason"]) == {c.reason for c in candidates if not c.accepted}


async def test_the_card_says_who_wrote_what_and_what_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = await a_run(tmp_path, monkeypatch)
    done = await exported(root, tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    assert [c["config_name"] for c in front["configs"]] == ["default", "rejected"]
    assert "a procedural generator, not a language model" in text
    assert f"{done.lessons + done.rejected} candidates: {done.lessons} accepted" in text
    pools = next(line for line in text.splitlines() if line.startswith("| this run's gate and held-out items"))
    assert pools.endswith("| 0 |")
    assert "| Adding two-digit numbers |" in text
    first = text
    await exported(root, tmp_path / "out")
    assert (tmp_path / "out" / "README.md").read_text(encoding="utf-8") == first


async def test_the_command_exports_beside_the_run_and_uploads_only_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = await a_run(tmp_path, monkeypatch)
    uploads: list[str] = []

    def take(folder: Path, repository: str, *, private: bool) -> str:
        assert private
        uploads.append(repository)
        return "there"

    monkeypatch.setattr(exports, "push", take)
    done = await asyncio.to_thread(CliRunner().invoke, app, ["export", str(root)])
    assert done.exit_code == 0, done.output
    assert (root / "export" / "README.md").is_file()
    assert uploads == []
    await asyncio.to_thread(CliRunner().invoke, app, ["export", str(root), "--push", "me/lessons"])
    assert uploads == ["me/lessons"]


async def test_without_the_library_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = await a_run(tmp_path, monkeypatch)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'tutelage\[datasets\]'"):
        await exported(root, tmp_path / "out")


@pytest.mark.parametrize("error", [ConnectionError("no route to host"), httpx2.ConnectError("no route to host")])
def test_a_hub_that_does_not_take_it_is_a_typed_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    import huggingface_hub

    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", refuse)
    with pytest.raises(PushError, match=r"no route to host.*HF_TOKEN"):
        exports.push(tmp_path, "me/lessons", private=True)
