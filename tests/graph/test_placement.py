"""A run whose teacher's server shares the device: it makes room for each training, and the record says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.graph.simulated import QUICKSTART, SMALL, Ability, Recorder, decisions, install, run
from tests.training.tiny import save_tiny_student
from tests.training.vllm_double import vllm_double
from tutelage.configs.load import load_run
from tutelage.errors import ConfigError, InputError
from tutelage.graph import handoff, runs
from tutelage.graph.handoff import hand_over
from tutelage.graph.manifest import read_manifest
from tutelage.graph.nodes import finetune
from tutelage.graph.run_checks import check_same_run
from tutelage.graph.rundir import RunDir


async def test_a_server_makes_room_for_the_estimate_and_for_each_round_and_the_record_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.01), tmp_path)
    seen: list[bool] = []
    simulated_training, simulated_room = vars(finetune)["train"], vars(runs)["memory_line"]
    with vllm_double(save_tiny_student(tmp_path / "teacher")) as double:

        async def train(*told: object) -> object:
            seen.append(double.asleep)
            return await simulated_training(*told)

        async def memory_line(*told: object) -> object:
            seen.append(double.asleep)
            return await simulated_room(*told)

        monkeypatch.setattr(finetune, "train", train)
        monkeypatch.setattr(runs, "memory_line", memory_line)
        servers = json.dumps([{"url": double.url}])
        await run(tmp_path / "run", "limits.rounds=2", "placement.policy=sleep", f"placement.servers={servers}")
        assert not double.asleep
    assert seen == [True] * 3
    notes = [d["reason"] for d in decisions(tmp_path / "run") if d["reason"].startswith("device: ")]
    assert len(notes) == 2
    assert all(f"{double.url} made room" in note and "answers as before (base: off by" in note for note in notes)


async def test_a_server_that_cannot_make_room_ends_the_run_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    with vllm_double(save_tiny_student(tmp_path / "teacher"), sleeps=False) as double:
        placed = ["placement.policy=sleep", f"placement.servers={json.dumps([{'url': double.url}])}"]
        with pytest.raises(ConfigError, match="VLLM_SERVER_DEV_MODE"):
            await runs.start(QUICKSTART, tmp_path / "run", [*SMALL, *placed], Recorder())
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_may_share_its_device_otherwise() -> None:
    placed = ["placement.policy=sleep", "placement.servers=[{url: 'http://127.0.0.1:8000/v1'}]"]
    check_same_run(load_run(QUICKSTART), load_run(QUICKSTART, placed))


async def test_a_server_is_not_insisted_on_for_what_it_cannot_take(tmp_path: Path) -> None:
    answering = ["student.answering.backend=vllm", "student.answering.url=http://127.0.0.1:9/v1"]
    with pytest.raises(ConfigError, match=r"student\.answering\.backend: .*method full leaves whole models"):
        await runs.start(QUICKSTART, tmp_path / "run", [*SMALL, *answering, "training.method=full"], Recorder())


async def test_a_whole_model_is_handed_over_merged_and_never_as_an_adapter(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shutil.copytree(finished, tmp_path / "run", symlinks=True))
    for folder in (root / "adapters").glob("round-*"):
        save_tiny_student(folder)
    identity = read_manifest(root).student
    written: list[Path] = []

    async def write_merged(base: Path, adapter: Path, folder: Path, log: Path) -> None:
        written.append(adapter)

    monkeypatch.setattr(handoff, "prepare_student", lambda spec, cache: tmp_path / "base")
    monkeypatch.setattr(handoff, "describe_student", lambda folder: identity)
    monkeypatch.setattr(handoff, "write_merged", write_merged)
    manifest, state, _ = await runs.snapshot(root)
    items = runs.read_items(root)
    with pytest.raises(InputError, match="there is no adapter; say --merged"):
        await hand_over(RunDir(root), manifest, items, state, "adapter", tmp_path / "adapter")
    await hand_over(RunDir(root), manifest, items, state, "merged", tmp_path / "merged")
    assert [path.name for path in written] == ["round-003"]
    text = (tmp_path / "merged" / "README.md").read_text(encoding="utf-8")
    assert "with every weight trained, taught by" in text
    assert "| student | weights and configuration `" in text
