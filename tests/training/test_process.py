from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tutelage.errors import TutelageError, WorkerDied
from tutelage.training.contracts import Question
from tutelage.training.process import child_environment, worker
from tutelage.training.protocol import Ask

QUESTION = Ask(questions=(Question(id="1", text="?"),))


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.05)


async def test_an_error_of_ours_comes_back_typed_and_the_child_lives_on(tmp_path: Path) -> None:
    async with worker(tmp_path / "log", threads=1) as process:
        for _ in range(2):
            with pytest.raises(TutelageError, match="before a student was opened"):
                await process.request(QUESTION, lambda value: None)
        assert alive(process.pid)
    assert not alive(process.pid)


async def test_a_killed_child_is_reported_with_its_signal_now_and_later(tmp_path: Path) -> None:
    async with worker(tmp_path / "log", threads=1) as process:
        os.kill(process.pid, signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(WorkerDied, match="signal SIGKILL"):
                await process.request(QUESTION, lambda value: None)


async def test_an_unexpected_failure_is_reported_with_code_and_last_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("an older run's last line\n")
    async with worker(tmp_path / "log", threads=1) as process:
        with pytest.raises(WorkerDied, match=r"exit code 1: \S") as caught:
            await process.request(_Nonsense(), lambda value: None)
    assert caught.value.where == str(tmp_path / "log")
    assert "Traceback" in (tmp_path / "log").read_text()


async def test_a_cancelled_request_kills_the_child(tmp_path: Path) -> None:
    async with worker(tmp_path / "log", threads=1) as process:
        os.kill(process.pid, signal.SIGSTOP)
        task = asyncio.create_task(process.request(QUESTION, lambda value: None))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not alive(process.pid)


PARENT = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.training.test_process import QUESTION
from tutelage.errors import TutelageError
from tutelage.training.process import worker

async def main():
    async with worker(Path(sys.argv[1]), threads=1) as process:
        try:
            await process.request(QUESTION, lambda value: None)  # it is up, and tied to us
        except TutelageError:
            pass
        os.kill(process.pid, signal.SIGSTOP)  # so that it cannot see its stdin close
        print(process.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_killed_parent_takes_its_child_along(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    wait_until_gone(child)


def test_the_child_sees_one_gpu_and_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,4")
    environment = child_environment(threads=2)
    assert environment["CUDA_VISIBLE_DEVICES"] == "3"
    assert environment["OMP_NUM_THREADS"] == "2"
    assert environment["TOKENIZERS_PARALLELISM"] == "false"


class _Nonsense(Ask):
    """A request whose JSON the child cannot read."""

    questions: tuple[Question, ...] = ()

    def model_dump_json(self, **kwargs: object) -> str:
        return '{"kind": "nonsense"}'
