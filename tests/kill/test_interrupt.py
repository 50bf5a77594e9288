"""Ctrl-C: one line that says how to go on, nobody left behind, and a resume that finishes."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.kill.facts import facts
from tests.kill.ground import Ground
from tests.kill.real import PATIENCE_S, Tutelage

pytestmark = pytest.mark.timeout(1200)


def test_ctrl_c_while_lessons_are_written_and_again_while_training(ground: Ground, tmp_path: Path) -> None:
    # With the embedded teacher: it is a child too, it must go, and it must not say a word about it.
    root = tmp_path / "run"
    process = Tutelage(["run", str(ground.config), "--run-dir", str(root)], root, tmp_path / "first")
    process.wait_until(lambda: "tutor" in process.open_nodes(), "node tutor")
    expect_interrupted(process, root)

    process = Tutelage(["resume", str(root)], root, tmp_path / "second")
    process.wait_until(lambda: "fine-tuning the student 3/" in process.out, "a training step")
    assert len(process.family()) == 3, "the run, its teacher and its training worker"
    expect_interrupted(process, root)

    process = Tutelage(["resume", str(root)], root, tmp_path / "third")
    assert process.wait() == 0, process.err
    process.expect_no_survivor()
    found = facts(root)
    # Its endpoint has another name, which stands in decisions, candidates and references; what was taught is the same.
    for name in ("outcome", "datasets", "adapters"):
        assert found[name] == ground.facts[name]
    assert without_names(found["report"]["modules"]) == without_names(ground.facts["report"]["modules"])


def test_ctrl_c_before_the_run_has_begun_promises_no_resume(ground: Ground, tmp_path: Path) -> None:
    root = tmp_path / "run"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE_S)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        arguments = ["run", str(ground.config), "--run-dir", str(root), "--teacher", url]
        process = Tutelage(arguments, root, tmp_path / "silent")
        connection, _ = silent.accept()
        with connection:
            assert process.interrupt() == 130
    assert "the run had not begun" in process.err
    assert len(process.err.splitlines()) == 1
    assert not root.exists()


def without_names(modules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in module.items() if key != "references"} for module in modules]


def expect_interrupted(process: Tutelage, root: Path) -> None:
    assert process.interrupt() == 130
    process.expect_no_survivor()
    assert len(process.err.splitlines()) == 1, process.err
    assert f"tutelage resume {root}" in process.err
    assert "Traceback" not in process.out
