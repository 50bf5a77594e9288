from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from tutelage.training import math_process
from tutelage.training.math_process import MathProcess


async def test_it_works_off_the_main_thread() -> None:
    process = MathProcess()
    assert await asyncio.to_thread(process.compare, "2/4", "1/2") == "right"
    assert await asyncio.to_thread(process.readable, "hello") is False
    process.close()


def test_a_killed_helper_is_replaced() -> None:
    process = MathProcess()
    assert process.readable("1")
    helper = process._helper
    assert helper is not None
    os.kill(helper.pid, signal.SIGKILL)
    helper.wait()
    assert process.compare("2", "2") == "right"
    process.close()


def test_a_stuck_helper_is_killed_and_its_question_is_unparseable(monkeypatch: pytest.MonkeyPatch) -> None:
    process = MathProcess()
    assert process.readable("1")
    helper = process._helper
    assert helper is not None
    os.kill(helper.pid, signal.SIGSTOP)
    monkeypatch.setattr(math_process, "_PATIENCE_SECONDS", 0.2)
    assert process.compare("2", "2") == "unparseable"
    assert helper.poll() is not None
    process.close()


def test_a_tower_of_powers_comes_back_in_time() -> None:
    process = MathProcess()
    began = time.monotonic()
    assert process.compare("$9^{9^{9^{9}}} + 1$", "$9^{9^{9^{9}}}$") != "right"
    assert time.monotonic() - began < 14
    process.close()
