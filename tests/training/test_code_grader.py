from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Iterator

import pytest

from tests.training.sandbox.conftest import usable
from tutelage.errors import ReferenceUnparseable, SandboxUnavailable
from tutelage.pedagogy.records import Grade
from tutelage.training.code_grader import CodeGrader
from tutelage.training.grading import grade_all
from tutelage.training.sandbox import bubblewrap
from tutelage.training.sandbox.contracts import CodeSettings
from tutelage.training.sandbox.pool import Sandbox

TESTS = "assert add(1, 2) == 3\nassert add(-1, 1) == 0"
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"


@pytest.fixture(scope="module")
def by() -> Iterator[CodeGrader]:
    sandbox = usable(Sandbox(CodeSettings()))
    yield CodeGrader(sandbox)
    sandbox.close()


@pytest.mark.parametrize(
    ("response", "reference", "grade"),
    [
        (RIGHT, TESTS, "right"),
        ("def add(a, b):\n    return a - b", TESTS, "wrong"),
        ("def add(a, b)\n    return a + b", TESTS, "wrong"),
        ("def plus(a, b):\n    return a + b", TESTS, "wrong"),
        ("import sys\nsys.exit(0)", TESTS, "wrong"),
        ("def add(a, b):\n    return a + b\nif __name__ == '__main__':\n    input()", TESTS, "right"),
        ("I cannot.", TESTS, "unparseable"),
        ("def area(r: List[int]):\n    return pi", "from typing import List\nfrom math import pi\n# --- tests ---\n"
         "def check(f):\n    assert f([]) > 3\ncheck(area)", "right"),
    ],
)  # fmt: skip
def test_a_program_is_graded_by_its_tests(by: CodeGrader, response: str, reference: str, grade: Grade) -> None:
    assert by.grade(response, reference) == grade


@pytest.mark.parametrize("reference", ["", "assert", "add(1, 2)", "the sum", "def f(:\n# --- tests ---\nassert f()"])
def test_a_reference_that_tests_nothing_is_an_input_error(by: CodeGrader, reference: str) -> None:
    with pytest.raises(ReferenceUnparseable):
        by.check_reference(reference)


async def test_many_are_graded_at_a_time_in_order_while_the_event_loop_goes_on(by: CodeGrader) -> None:
    pairs = [(f"def f():\n    return {n}", "assert f() % 2 == 0") for n in range(20)]
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    found = await grade_all(by, pairs)
    ticking.cancel()
    assert found == ["right", "wrong"] * 10
    assert ticks > 2


def test_a_worker_that_was_killed_is_replaced(by: CodeGrader) -> None:
    assert by.grade(RIGHT, TESTS) == "right"
    for worker in by._sandbox._workers:
        if worker._process is not None:
            worker._process.kill()
            worker._process.wait()
    assert by.grade(RIGHT, TESTS) == "right"


def test_without_bubblewrap_nothing_is_run_and_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "find", lambda: None)
    with pytest.raises(SandboxUnavailable, match=r"apt-get install bubblewrap.*none_i_accept_the_risk") as caught:
        CodeGrader(Sandbox(CodeSettings())).check()
    assert caught.value.exit_code == 2


def test_a_bubblewrap_that_cannot_work_is_refused_with_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "command", lambda bwrap: [bwrap, "--no-such-option"])
    with pytest.raises(SandboxUnavailable, match="no-such-option"):
        CodeGrader(Sandbox(CodeSettings())).check()


def test_whoever_accepts_the_risk_is_warned_and_still_has_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "find", lambda: None)
    settings = CodeSettings.model_validate({"sandbox": "none_i_accept_the_risk", "workers": 1, "limits": {"wall_s": 2}})
    with pytest.warns(RuntimeWarning, match="run as YOU"):
        sandbox = Sandbox(settings)
    unsafe = CodeGrader(sandbox)
    unsafe.check()
    assert unsafe.grade(RIGHT, TESTS) == "right"
    assert unsafe.run("x = bytearray(1 << 30)", TESTS).detail.startswith("MemoryError")
    started = time.monotonic()
    assert unsafe.run("import os, time\nos.fork()\ntime.sleep(60)", TESTS).verdict == "wall"
    assert time.monotonic() - started < 15
    sandbox.close()


def test_the_sandbox_warns_of_nothing_where_it_holds() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Sandbox(CodeSettings()).close()
