"""A real vLLM server on the CPU is the teacher of a whole run. ``make test-vllm`` installs it and runs this.

The teacher is the student's own base model: a weak teacher, so what is shown is that the run completes and says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vllm_server import REPOSITORY, vllm_server
from tutelage.files import cache_folder
from tutelage.training.source import prepare_student

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    model = prepare_student("smollm2-135m-instruct", cache_folder())
    with vllm_server(model, "smollm2", tmp_path_factory.mktemp("vllm") / "server.log", max_length=2048) as url:
        yield url


def tutelage(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tutelage.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)


def test_a_run_against_a_real_vllm_completes_and_says_how_well_that_teacher_teaches(vllm: str, tmp_path: Path) -> None:
    root = tmp_path / "run"
    # The gap's threshold is lowered so that even this teacher is asked for a round of lessons.
    done = tutelage(
        "run", "configs/quickstart.yaml", "--run-dir", str(root), "--teacher", vllm,
        "--set", "diagnosis.probes=10", "--set", "diagnosis.held_out=5", "--set", "diagnosis.gap_threshold=0.01",
        "--set", "diagnosis.blunt=warn",
        "--set", "gate.items_per_look=10", "--set", "gate.looks=1", "--set", "gate.attempts=2",
        "--set", "tutor.examples=4", "--set", "tutor.per_call=2", "--set", "limits.rounds=1",
        "--set", "student.answering.threads=1", "--set", "training.threads=1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads((root / "report.json").read_text())
    assert {t["model"] for t in report["teachers"]} == {"smollm2"}
    assert all(t["is_language_model"] for t in report["teachers"])
    attempts = [json.loads(line) for line in (root / "attempts.jsonl").read_text().splitlines()]
    asked = [a for a in attempts if a["role"] == "teacher"]
    assert {a["endpoint"] for a in asked} == {vllm.removeprefix("http://").removesuffix("/v1")}
    counts = report["candidates"]
    assert counts["total"] == counts["accepted"] + sum(counts["rejected"].values())
    for module in report["modules"]:
        assert module["teacher"]["n"] == 5
