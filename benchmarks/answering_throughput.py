"""Answers a second of our batched answering, of a naive ``generate`` loop and, where it is there, of vLLM offline.

    python benchmarks/answering_throughput.py [--student FOLDER] [--questions 64] [--batches 1 8 32] [--tokens 32 64]
    TUTELAGE_VLLM_PYTHON=PYTHON python benchmarks/answering_throughput.py ...

All answer the same questions greedily on one machine in one run; what counts is the ratio (floor: 4 times the loop, at
the largest batch). The loop is what one writes first: one question at a time, ``model.generate``, ended by the same
tokens. Loading is not timed. Tokens are those that are answered, without padding.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch

from tutelage.configs.load import load_domain
from tutelage.files import cache_folder, read_json_lines
from tutelage.pedagogy.lesson import with_instruction
from tutelage.training.child.answering import LoadedStudent
from tutelage.training.child.loading import load_model, load_tokenizer, pick_device, pick_precision
from tutelage.training.child.words import Words, end_tokens
from tutelage.training.contracts import AnswerSettings, Precision, Question
from tutelage.training.source import prepare_student

FLOOR = 4.0
DOMAIN = Path(__file__).parents[1] / "configs" / "domains" / "everyday_arithmetic.yaml"
OFFLINE = """
import json, sys, time
import vllm
asked = json.load(sys.stdin)
engine = vllm.LLM(asked["model"], dtype=asked["dtype"], enforce_eager=True, max_model_len=1024,
                  max_num_batched_tokens=1024, enable_chunked_prefill=False, generation_config="vllm",
                  enable_prefix_caching=True)
prompts = [{"prompt_token_ids": prompt} for prompt in asked["prompts"]]
said = []
for limit in asked["limits"]:
    settings = vllm.SamplingParams(temperature=0, max_tokens=limit, stop_token_ids=asked["ends"])
    engine.generate(prompts[:2], settings, use_tqdm=False)
    began = time.perf_counter()
    outputs = engine.generate(prompts, settings, use_tqdm=False)
    said.append((sum(len(one.outputs[0].token_ids) for one in outputs), time.perf_counter() - began))
print("SAID " + json.dumps(said))
"""


def questions_of(count: int) -> list[Question]:
    """Items of the quickstart's domain, spread evenly over its modules."""
    domain = load_domain(DOMAIN)
    rows = [row for _, row in read_json_lines(DOMAIN.with_suffix(".jsonl"))]
    chosen = [rows[index * len(rows) // count] for index in range(count)]
    return [Question(id=row["id"], text=with_instruction(row["question"], domain.answer_instruction)) for row in chosen]


def naive(
    folder: Path, prompts: Sequence[list[int]], ends: Sequence[int], limit: int, settings: AnswerSettings
) -> tuple[int, float]:
    """Tokens and seconds of one ``generate`` after another."""
    device = pick_device(settings.device, settings.threads)
    model: Any = load_model(str(folder), device, pick_precision(settings.precision, device))
    model.train(False)

    def answer(prompt: list[int]) -> int:
        ids = torch.tensor([prompt], device=device)
        with torch.inference_mode():
            said = model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=limit, do_sample=False,
                eos_token_id=list(ends), pad_token_id=ends[0],
            )  # fmt: skip
        return cast(int, said.shape[1]) - len(prompt)

    answer(prompts[0])
    began = time.perf_counter()
    return sum(answer(prompt) for prompt in prompts), time.perf_counter() - began


def ours(folder: Path, questions: Sequence[Question], settings: AnswerSettings) -> tuple[int, float]:
    """Tokens and seconds of the student's own batched answering. The token that ends an answer counts, as above."""
    student = LoadedStudent.load(str(folder), None, settings)
    list(student.answer(questions[:2]))
    began = time.perf_counter()
    answers = [answer for batch in student.answer(questions) for _, answer in batch]
    return sum(answer.tokens + (not answer.truncated) for answer in answers), time.perf_counter() - began


def offline(
    python: str,
    folder: Path,
    prompts: Sequence[list[int]],
    ends: Sequence[int],
    limits: Sequence[int],
    dtype: str,
    threads: int,
) -> list[tuple[int, float]]:
    """Tokens and seconds of vLLM's own engine, all questions at once, for each limit."""
    asked = {"model": str(folder), "dtype": dtype, "prompts": prompts, "ends": ends, "limits": limits}
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    cores = "0" if threads == 1 else f"0-{threads - 1}"  # it takes more on its own account
    done = subprocess.run(
        [python, "-c", OFFLINE], input=json.dumps(asked), capture_output=True, text=True, check=False,
        env=environment | {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_KVCACHE_SPACE": "1",
                           "VLLM_CPU_OMP_THREADS_BIND": cores},
    )  # fmt: skip
    line = next((line for line in done.stdout.splitlines() if line.startswith("SAID ")), None)
    if line is None:
        raise SystemExit(f"vLLM did not answer:\n{done.stderr[-2000:]}")
    return [(tokens, seconds) for tokens, seconds in json.loads(line.removeprefix("SAID "))]


def say(limit: int, way: str, questions: int, tokens: int, seconds: float) -> float:
    """Print what a way did, and return its answers a second."""
    rate = questions / seconds
    print(f"limit {limit:4}  {way:16} {rate:6.2f} answers/s, {tokens / seconds:6.1f} tokens/s", flush=True)
    return rate


def main() -> None:
    """Print a line for every way, batch and length, and fail below the floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", default="smollm2-135m-instruct")
    parser.add_argument("--questions", type=int, default=64)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--tokens", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16", "float16", "auto"])
    chosen = parser.parse_args()
    folder, questions = prepare_student(chosen.student, cache_folder()), questions_of(chosen.questions)
    precision: Precision = chosen.precision
    plain = AnswerSettings(threads=chosen.threads, precision=precision)
    tokenizer = load_tokenizer(str(folder))
    prompts = [Words(tokenizer, plain).prompt(question) for question in questions]
    device = pick_device("auto", chosen.threads)
    ends = sorted(end_tokens(load_model(str(folder), device).generation_config, tokenizer))
    ratios = []
    for limit in chosen.tokens:
        alone = say(limit, "generate loop", len(questions), *naive(folder, prompts, ends, limit, plain))
        for batch in chosen.batches:
            settings = plain.model_copy(update={"batch_size": batch, "max_new_tokens": limit})
            ratio = say(limit, f"ours, batch {batch}", len(questions), *ours(folder, questions, settings)) / alone
            print(f"{'':28}{ratio:.1f} times the loop", flush=True)
        ratios.append(ratio)
    if python := os.environ.get("TUTELAGE_VLLM_PYTHON"):
        dtype = str(pick_precision(precision, device)).removeprefix("torch.")
        every = offline(python, folder, prompts, ends, chosen.tokens, dtype, chosen.threads)
        for limit, timed in zip(chosen.tokens, every, strict=True):
            say(limit, "vLLM offline", len(questions), *timed)
    lowest = min(ratios)
    raise SystemExit(0 if lowest >= FLOOR else f"below the floor of {FLOOR} times: {lowest:.1f}")


if __name__ == "__main__":
    main()
