"""``tutelage compare`` as a process, with the tiny real student: killed, interrupted, and gone on with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kill.ground import Ground
from tests.kill.real import Tutelage

ARMS = "ioa,sft"


def command(ground: Ground, into: Path, *more: str) -> list[str]:
    return [
        "compare", str(ground.config), "--strategies", ARMS, "--seeds", "1", "--budget", "training_tokens=6000",
        "--into", str(into), "--teacher", ground.teacher.url, *more,
    ]  # fmt: skip


def table(into: Path) -> dict[str, Any]:
    """What a comparison found, without its clocks."""
    found: dict[str, Any] = json.loads((into / "comparison.json").read_bytes())
    for run in found["runs"]:
        run["spent"]["seconds"] = 0
    for point in found["points"]:
        point["seconds"] = 0
    return {key: value for key, value in found.items() if key != "reproduce"}


@pytest.fixture(scope="module")
def whole(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A comparison that nobody disturbed, both runs at once."""
    into = tmp_path_factory.mktemp("whole") / "c"
    process = Tutelage(command(ground, into, "--jobs", "2"), into / "runs" / "ioa-s0", into.parent / "out")
    assert process.wait() == 0, process.err
    process.expect_no_survivor()
    lines = process.out.splitlines()
    assert any(line.endswith("ioa-s0: started") for line in lines)
    assert lines[-1] == f"comparison: {into / 'comparison.html'}"
    return table(into)


def test_killed_and_then_interrupted_it_leaves_nobody_behind_and_ends_with_the_same_table(
    ground: Ground, tmp_path: Path, whole: dict[str, Any]
) -> None:
    into = tmp_path / "c"
    first = into / "runs" / "ioa-s0"
    process = Tutelage(command(ground, into), first, tmp_path / "killed")
    process.wait_until(lambda: "finetune" in process.open_nodes(), "node finetune")
    process.kill()
    assert not (into / "comparison.json").exists()

    process = Tutelage(command(ground, into), into / "runs" / "sft-s0", tmp_path / "stopped")
    process.wait_until(lambda: bool(process.open_nodes()), "a node of the second run")
    assert process.interrupt() == 130
    process.expect_no_survivor()
    assert process.err.splitlines() == [f"tutelage: interrupted; the same command with --into {into} goes on"], (
        process.err
    )
    assert "ioa-s0: resumed" in process.out

    process = Tutelage(command(ground, into), into, tmp_path / "whole")
    assert process.wait() == 0, process.err
    assert "ioa-s0: adopted" in process.out
    assert "sft-s0: resumed" in process.out
    assert table(into) == whole


def test_a_run_that_fails_is_named_and_the_command_ends_with_five(ground: Ground, tmp_path: Path) -> None:
    into = tmp_path / "c"
    (into.parent / "gone.yaml").write_text("base_url: http://127.0.0.1:9/v1\nmodel: m\n")
    arguments = command(ground, into, "--set", "teachers.tutor=http://127.0.0.1:9/v1", "--progress", "quiet")
    process = Tutelage(arguments, into, tmp_path / "out")
    assert process.wait() == 5
    assert "2 of 2 runs failed: ioa-s0: " in process.err
    assert "http://127.0.0.1:9" in process.err
    assert len(process.err.splitlines()) == 1
    runs = json.loads((into / "comparison.json").read_bytes())["runs"]
    assert [run["accuracy"] for run in runs] == [None, None]
    assert (into / "comparison.html").exists()


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (("--strategies", "ioa,magic"), "magic"),
        (("--budget", "tokens=1"), "no cap 'tokens'"),
        (("--set", "tutor.exmples=3"), "did you mean 'examples'?"),
        (("--seeds", "none"), "no number of seeds"),
    ],
)
def test_bad_input_ends_in_one_line_and_two_before_anything_is_written(
    ground: Ground, tmp_path: Path, more: tuple[str, ...], what: str
) -> None:
    into = tmp_path / "c"
    process = Tutelage(command(ground, into, *more), into, tmp_path / "out")
    assert process.wait() == 2
    assert what in process.err
    assert len(process.err.splitlines()) == 1
    assert not into.exists()
