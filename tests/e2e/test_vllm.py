"""A real vLLM server on the CPU is the teacher of a whole run. ``make test-vllm`` installs it and runs this.

The teacher is the student's own base model: a weak teacher, so what is shown is that the run completes and says so.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutelage.files import cache_folder
from tutelage.training.source import prepare_student

REPOSITORY = Path(__file__).parents[2]
START_S = 300
pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    python = Path(os.environ.get("TUTELAGE_VLLM_PYTHON", REPOSITORY / ".venv-vllm" / "bin" / "python"))
    if not python.exists():
        pytest.fail(f"no vLLM at {python}: run 'make test-vllm'")
    model = prepare_student("smollm2-135m-instruct", cache_folder())
    port = free_port()
    log = tmp_path_factory.mktemp("vllm") / "server.log"
    command = [
        str(python), "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), "--served-model-name",
        "smollm2", "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32", "--max-model-len", "2048",
        "--max-num-batched-tokens", "2048", "--enforce-eager", "--no-enable-chunked-prefill",
    ]  # fmt: skip
    environment = {
        **os.environ, "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
    }  # fmt: skip
    with log.open("w") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/v1/models", server, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(1)
    pytest.fail("vLLM did not start:\n" + log.read_text()[-2000:])


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
