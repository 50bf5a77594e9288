"""The real student in every form: ``pytest -m student``, ``-m vllm`` and ``-m llamacpp`` each load theirs.

TUTELAGE_HANDOFF_ADAPTER names a trained adapter of it; without one, an adapter of random weights stands in.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.handoff.agreement import PROBES, asked_of, compare
from tests.handoff.probes import Tokens, by_greedy
from tests.handoff.test_llamacpp import by_llamacpp
from tests.handoff.tiny_bytes import save_adapter
from tests.vllm_server import vllm_server
from tutelage.files import cache_folder
from tutelage.training.answering import open_student
from tutelage.training.child.chat import prompt_text
from tutelage.training.child.loading import load_tokenizer
from tutelage.training.contracts import AnswerSettings, Question
from tutelage.training.handoff import write_gguf, write_merged
from tutelage.training.source import prepare_student

pytestmark = pytest.mark.timeout(1800)
LIMIT = 80
# Engines add up in other orders: where two tokens are all but equally likely either may come first.
MOST = 3


@pytest.fixture(scope="module")
def base() -> Path:
    return prepare_student("smollm2-135m-instruct", cache_folder())


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    trained = os.environ.get("TUTELAGE_HANDOFF_ADAPTER")
    return Path(trained) if trained else save_adapter(base, tmp_path_factory.mktemp("a") / "random", weight=0.05)


@pytest.fixture(scope="module")
def beside(base: Path, adapter: Path) -> list[Tokens]:
    """What transformers answers with the adapter beside the weights; it is not what the base model answers."""
    asked = asked_of(base)
    answers = by_greedy(base, asked, LIMIT, adapter)
    assert compare(base, adapter, by_greedy(base, asked, LIMIT), answers).texts < 50
    return answers


@pytest.fixture
def agree(
    base: Path, adapter: Path, beside: list[Tokens], capsys: pytest.CaptureFixture[str]
) -> Callable[[str, list[Tokens]], None]:
    """Say how far a form agrees, in the log, and fail where it does not."""

    def check(form: str, said: list[Tokens]) -> None:
        found = compare(base, adapter, said, beside)
        with capsys.disabled():
            sys.stdout.write(found.lines(form))
        assert found.texts >= 100 - MOST, found.parted
        assert found.grades >= 100 - MOST, found.parted

    return check


@pytest.mark.student
async def test_merged_it_answers_as_with_its_adapter_beside_it(
    base: Path, adapter: Path, agree: Callable[[str, list[Tokens]], None], tmp_path: Path
) -> None:
    await write_merged(base, adapter, tmp_path, tmp_path / "log")
    agree("merged, in transformers", by_greedy(tmp_path, asked_of(base), LIMIT))


@pytest.mark.llamacpp
async def test_llamacpp_answers_as_transformers_does(
    base: Path, adapter: Path, agree: Callable[[str, list[Tokens]], None], tmp_path: Path
) -> None:
    await write_gguf(base, adapter, tmp_path, tmp_path / "log")
    asked, tokenizer = asked_of(base), load_tokenizer(str(base))
    texts = [prompt_text(tokenizer, probe.question, "") for probe in PROBES]
    said = by_llamacpp(tmp_path / "model.gguf", asked, texts, LIMIT)
    assert said["tokens"] == asked
    agree("GGUF, in llama.cpp", said["answers"])


@pytest.mark.vllm
def test_vllm_with_the_adapter_loaded_answers_as_transformers_does(
    base: Path, adapter: Path, agree: Callable[[str, list[Tokens]], None], vllm_lora: str
) -> None:
    post(f"{vllm_lora}/load_lora_adapter", {"lora_name": "taught", "lora_path": str(adapter.resolve())})
    agree("adapter, in vLLM", by_vllm(vllm_lora, "taught", asked_of(base), LIMIT))


@pytest.mark.vllm
async def test_the_vllm_backend_holds_the_very_student_and_answers_as_the_child_does(
    base: Path, adapter: Path, vllm_lora: str, tmp_path: Path
) -> None:
    questions = [Question(id=str(n), text=probe.question) for n, probe in enumerate(PROBES[::5])]
    settings = AnswerSettings(max_new_tokens=48, batch_size=20, threads=1, precision="float32", stop=("\nStep 3",))
    served = settings.model_copy(update={"backend": "vllm", "url": vllm_lora})
    async with open_student(base, adapter, settings, tmp_path / "log") as here:
        expected = await here.answer(questions)
    async with open_student(base, adapter, served, tmp_path / "log") as there:
        answers = await there.answer(questions)
        assert there.backend == "vllm"
    assert sum(one != other for one, other in zip(answers, expected, strict=True)) <= 1
    async with open_student(base, None, served, tmp_path / "log") as untaught:
        plain = await untaught.answer(questions)
    assert sum(one.text != other.text for one, other in zip(plain, expected, strict=True)) > 10


def by_vllm(url: str, model: str, asked: list[Tokens], limit: int) -> list[Tokens]:
    """One request for all: vLLM batches them as it likes."""
    request = {"model": model, "prompt": asked, "max_tokens": limit, "temperature": 0, "return_token_ids": True}
    choices = sorted(json.loads(post(f"{url}/completions", request))["choices"], key=lambda choice: choice["index"])
    return [[token for token in choice["token_ids"] if token != 2] for choice in choices]


def post(url: str, value: dict[str, Any]) -> bytes:
    request = urllib.request.Request(url, json.dumps(value).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=1200) as reply:
        data: bytes = reply.read()
        return data


@pytest.fixture(scope="module")
def vllm_lora(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    options = ("--enable-lora", "--max-lora-rank", "16", "--generation-config", "vllm")
    more = {
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True",
        # On a loaded machine one step on the CPU has taken longer than the five minutes that vLLM allows it.
        "VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS": "1800",
    }
    log = tmp_path_factory.mktemp("vllm") / "server.log"
    with vllm_server(base, "base", log, max_length=1024, options=options, more=more) as url:
        yield url
