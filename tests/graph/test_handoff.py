"""The hand-off of a run whose student is simulated: the adapter's files are put in its place afterwards."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tutelage.errors import InputError, StudentError
from tutelage.graph import handoff, runs
from tutelage.graph.handoff import hand_over, made_by
from tutelage.graph.manifest import Manifest, read_manifest
from tutelage.graph.records import Decision, TrainingRecord
from tutelage.graph.rundir import RunDir
from tutelage.training.adapters import CONFIG, WEIGHTS
from tutelage.training.handoff import Form


@pytest.fixture
def rundir(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A copy of the finished run, with a real adapter's files, and its base model found and known."""
    root = Path(shutil.copytree(finished, tmp_path / "run", symlinks=True))
    for folder in (root / "adapters").glob("round-*"):
        (folder / WEIGHTS).write_bytes(b"weights")
        (folder / CONFIG).write_text(json.dumps({"r": 16, "base_model_name_or_path": "somewhere"}))
    identity = read_manifest(root).student
    monkeypatch.setattr(handoff, "prepare_student", lambda spec, cache: tmp_path / "base")
    monkeypatch.setattr(handoff, "describe_student", lambda folder: identity)
    return RunDir(root)


async def written(rundir: RunDir, form: Form, folder: Path) -> tuple[str, Manifest]:
    manifest, state, _ = await runs.snapshot(rundir.root)
    await hand_over(rundir, manifest, runs.read_items(rundir.root), state, form, folder)
    return (folder / "README.md").read_text(encoding="utf-8"), manifest


async def test_the_card_says_what_was_taught_what_came_of_it_and_what_is_stalled(
    rundir: RunDir, tmp_path: Path
) -> None:
    text, manifest = await written(rundir, "adapter", tmp_path / "out")
    report = json.loads((rundir.root / "report.json").read_text())
    trainings = rundir.rows("trainings", TrainingRecord)
    for module in report["modules"]:
        row = next(line for line in text.splitlines() if line.startswith(f"| {module['name']} |"))
        for column in ("before", "after", "teacher"):
            facts = module[column]
            assert f"{facts['rate']:.2f} ({facts['low']:.2f}–{facts['high']:.2f}, n = {facts['n']})" in row
        assert row.endswith(f"| {module['verdict']} |")
        assert (f"**{module['name']}: stalled.**" in text) == (module["verdict"] == "stalled")
    assert "**Adding two-digit numbers: stalled.**" in text
    assert all(t.dataset_sha256 in text for t in trainings)
    assert manifest.student.sha256 in text
    assert "license: apache-2.0" in text
    assert "--max-lora-rank 16" in text
    assert "this is round-003." in text
    assert str(tmp_path) not in text


async def test_an_adapter_is_handed_over_whole_and_never_over_something_else(rundir: RunDir, tmp_path: Path) -> None:
    _, manifest = await written(rundir, "adapter", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {WEIGHTS, CONFIG, "README.md"}
    assert json.loads((tmp_path / "out" / CONFIG).read_text())["base_model_name_or_path"] == manifest.student.name
    with pytest.raises(InputError, match="exists already"):
        await written(rundir, "adapter", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="exists already"):
        await written(rundir, "adapter", tmp_path / "empty")


async def test_a_run_that_goes_on_says_so_and_shows_no_rates_of_another_student(rundir: RunDir, tmp_path: Path) -> None:
    link = rundir.adapters / "current"
    link.unlink()
    link.symlink_to("round-002")
    manifest, state, _ = await runs.snapshot(rundir.root)
    state.pop("outcome")
    await hand_over(rundir, manifest, runs.read_items(rundir.root), state, "adapter", tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "may still be undone" in text
    assert "this is round-002." in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and "n = " in line]
    assert rows
    assert all("not measured" in row for row in rows)


async def test_a_run_without_an_adapter_or_with_another_base_model_hands_over_nothing(
    rundir: RunDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = read_manifest(rundir.root).student.model_copy(update={"sha256": "another"})
    monkeypatch.setattr(handoff, "describe_student", lambda folder: other)
    with pytest.raises(StudentError, match="not the base model that was taught"):
        await written(rundir, "merged", tmp_path / "out")
    (rundir.adapters / "current").unlink()
    with pytest.raises(InputError, match="no adapter yet"):
        await written(rundir, "adapter", tmp_path / "out")
    assert not any("out" in name for name in os.listdir(tmp_path))  # noqa: PTH208 - in a coroutine, of a test


def test_lessons_of_a_round_that_was_undone_are_not_in_the_adapter() -> None:
    def training(number: int) -> TrainingRecord:
        return TrainingRecord(
            round=number, rows=1, replayed=0, modules={}, dataset_sha256=str(number), adapter=f"round-{number:03d}",
            adapter_sha256="", loss_first=1, loss_last=0, learning_rate=1e-3, seconds=1, tokens=1, device="cpu",
            precision="float32",
        )  # fmt: skip

    undone = Decision(
        stage=1, round=2, module=None, verdict="rolled_back", reason="", inputs=None, next="tutor", tokens_so_far=0,
        endpoint="local", prompt_hash=None,
    )  # fmt: skip
    trainings = [training(1), training(2), training(3)]
    assert [t.round for t in made_by(trainings, [undone], "round-003")] == [1, 3]
    assert [t.round for t in made_by(trainings, [undone], "round-001")] == [1]
