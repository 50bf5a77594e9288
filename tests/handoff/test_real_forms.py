"""The real student in every form: ``pytest -m student``, ``-m vllm`` and ``-m llamacpp`` each load theirs.

TUTELAGE_HANDOFF_ADAPTER names a trained adapter of it; without one, an adapter of random weights stands in.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.handoff.probes import QUESTIONS, Tokens, by_greedy, prompts
from tests.handoff.test_llamacpp import by_llamacpp
from tests.handoff.tiny_bytes import save_adapter
from tests.vllm_server import vllm_server
from tutelage.files import cache_folder
from tutelage.training.child.chat import prompt_text
from tutelage.training.child.loading import load_tokenizer
from tutelage.training.handoff import write_gguf, write_merged
from tutelage.training.source import prepare_student

pytestmark = pytest.mark.timeout(1800)
LIMIT = 32
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
    asked = prompts(base)
    answers = by_greedy(base, asked, LIMIT, adapter)
    assert len(differences(answers, by_greedy(base, asked, LIMIT))) > 50
    return answers


def differences(some: list[Tokens], others: list[Tokens]) -> list[tuple[str, Tokens, Tokens]]:
    """Where two forms part: the question, and the answers from the first token that differs. pytest shows them."""
    assert len(some) == len(others) == 100
    found = []
    for question, one, other in zip(QUESTIONS, some, others, strict=True):
        if one != other:
            parted = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
            found.append((question, one[parted:], other[parted:]))
    return found


@pytest.mark.student
async def test_merged_it_answers_as_with_its_adapter_beside_it(
    base: Path, adapter: Path, beside: list[Tokens], tmp_path: Path
) -> None:
    await write_merged(base, adapter, tmp_path, tmp_path / "log")
    assert len(differences(by_greedy(tmp_path, prompts(base), LIMIT), beside)) <= MOST


@pytest.mark.llamacpp
async def test_llamacpp_answers_as_transformers_does(
    base: Path, adapter: Path, beside: list[Tokens], tmp_path: Path
) -> None:
    await write_gguf(base, adapter, tmp_path, tmp_path / "log")
    asked, tokenizer = prompts(base), load_tokenizer(str(base))
    texts = [prompt_text(tokenizer, question, "") for question in QUESTIONS]
    said = by_llamacpp(tmp_path / "model.gguf", asked, texts, LIMIT)
    assert said["tokens"] == asked
    assert len(differences(said["answers"], beside)) <= MOST


@pytest.mark.vllm
def test_vllm_with_the_adapter_loaded_answers_as_transformers_does(
    base: Path, adapter: Path, beside: list[Tokens], vllm_lora: str
) -> None:
    request = {"lora_name": "taught", "lora_path": str(adapter)}
    post(f"{vllm_lora}/load_lora_adapter", request)
    assert len(differences(by_vllm(vllm_lora, "taught", prompts(base), LIMIT), beside)) <= MOST
    assert len(differences(by_vllm(vllm_lora, "base", prompts(base), LIMIT), beside)) > 50


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
