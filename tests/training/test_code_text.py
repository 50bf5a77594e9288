from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tutelage.training.code_text import answer_code, checks, defined, parse, split_reference, used

ADD = "def add(a, b):\n    return a + b"


@pytest.mark.parametrize(
    "response",
    [
        ADD,
        f"```python\n{ADD}\n```",
        f"Here it is:\n\n```python\n{ADD}\n```\nIt adds.",
        f"```\n{ADD}\n```",
        f"```python\n{ADD}\n",
        f"Answer:\n```python\n{ADD}\n```",
        f"Answer: {ADD}",
        f"First I add.\nAnswer: ```python\n{ADD}\n```",
        f"I add them.\n{ADD}\n\nThis returns the sum, for example 3 for 1 and 2.",
        f"```python\n{ADD}\n```\nUse it so:\n```python\nprint(add(1, 2))\n```",
        f"```python\nprint('a long example that defines nothing, whatever it is for')\n```\n```python\n{ADD}\n```",
    ],
)
def test_the_program_of_an_answer_is_found(response: str) -> None:
    code = answer_code(response)
    assert code is not None
    space: dict[str, object] = {}
    exec(code, space)
    assert callable(space["add"])


@pytest.mark.parametrize("response", ["", "I cannot do that.", "Answer: 42", "The class of it is clear."])
def test_an_answer_without_a_program_has_none(response: str) -> None:
    assert answer_code(response) is None


def test_a_program_that_is_no_python_is_still_the_answer() -> None:
    assert answer_code("```python\ndef add(a, b)\n    return a\n```") == "def add(a, b)\n    return a\n"
    assert answer_code("def add(a, b)\n    return a") == "def add(a, b)\n    return a"


def test_imports_above_a_definition_belong_to_it() -> None:
    code = answer_code("We need a root.\nfrom math import sqrt\n\ndef root(x):\n    return sqrt(x)\nThat is all.")
    assert code == "from math import sqrt\n\ndef root(x):\n    return sqrt(x)"


def test_a_reference_may_bring_what_runs_before_the_answer() -> None:
    assert split_reference("import math\n# --- tests ---\nassert f(1)") == ("import math", "assert f(1)")
    assert split_reference("assert f(1)") == ("", "assert f(1)")


def test_names_and_assertions_are_read_from_the_syntax() -> None:
    assert defined(f"{ADD}\nX = 1\nclass C: pass") == {"add", "X", "C"}
    assert defined("not python at all") == set()
    assert used("assert add(1, n) == 2") == {"add", "n"}
    assert checks("def check(f):\n    assert f(1)")
    assert not checks("add(1, 2)")


def test_prose_is_cut_off_a_long_program_and_endless_text_takes_no_endless_time() -> None:
    body = "\n".join(f"    a = a + {n}" for n in range(3000))
    assert answer_code(f"def add(a, b):\n{body}\nThat adds them up.\nAnd so on.") == f"def add(a, b):\n{body}"
    started = time.process_time()
    answer_code("def add(a, b):\n" + "so it is\n" * 5000)
    answer_code("def add(a, b):\n" + "(\n" * 20_000)
    answer_code("import os\n" * 4000 + "-" * 10_000)
    assert time.process_time() - started < 5


class _Ring:
    """Garbage that runs Python when it is collected, which is where one parsing thread gives way to another."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        sum(range(20))


@pytest.fixture
def restless() -> Iterator[None]:
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(50, 2, 2)
    sys.setswitchinterval(1e-5)
    yield
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("restless")
def test_many_threads_may_parse_at_once() -> None:
    code = "def check(f):\n" + "".join(f"    assert f([{i}, ({i}, [2, 3])]) == {{1: {i}}}\n" for i in range(20))

    def work(_: int) -> bool:
        rings = [_Ring() for _ in range(5)]
        return len(rings) == 5 and parse(code) is not None

    with ThreadPoolExecutor(8) as lanes:
        assert all(lanes.map(work, range(1_000)))
