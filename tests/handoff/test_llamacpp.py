"""llama.cpp reads what we write. TUTELAGE_LLAMACPP_PYTHON is a Python that has ``llama-cpp-python``."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.handoff.probes import QUESTIONS, by_transformers, prompts
from tutelage.training.child.chat import prompt_text
from tutelage.training.child.loading import load_tokenizer

pytestmark = pytest.mark.llamacpp
LIMIT = 6


def by_llamacpp(file: Path, asked: list[list[int]], texts: list[str], limit: int) -> dict[str, Any]:
    python = os.environ.get("TUTELAGE_LLAMACPP_PYTHON")
    if python is None:
        pytest.fail("TUTELAGE_LLAMACPP_PYTHON must name a Python that has llama-cpp-python")
    request = {"file": str(file), "prompts": asked, "texts": texts, "limit": limit}
    done = subprocess.run(
        [python, str(Path(__file__).with_name("llama_answers.py"))],
        input=json.dumps(request), capture_output=True, text=True, check=False,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        | {"PYTHONPATH": os.environ.get("TUTELAGE_LLAMACPP_PATH", "")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def test_a_hundred_answers_of_llamacpp_are_those_of_transformers_and_so_are_the_tokens_of_the_prompts(
    byte_student: Path, byte_adapter: Path, byte_merged: Path
) -> None:
    asked = prompts(byte_student)
    tokenizer = load_tokenizer(str(byte_student))
    texts = [prompt_text(tokenizer, question, "") for question in QUESTIONS]
    said = by_llamacpp(byte_merged / "model.gguf", asked, texts, LIMIT)
    assert said["tokens"] == asked
    assert said["answers"] == by_transformers(byte_student, asked, LIMIT, byte_adapter)
