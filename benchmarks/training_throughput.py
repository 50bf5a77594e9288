"""Training tokens a second of our node, of a bare loop and of TRL's SFTTrainer, at the same settings, in one run.

    python benchmarks/training_throughput.py [--student FOLDER] [--rows 64] [--repeats 3] [--threads 1] [--only NAME]

The three take turns, after one turn that is not counted, so that a busy machine is busy for all; what counts is the
ratio (floor: 0.97). TRL is left out where it is not installed. Tokens are the rows' own, padding left out; loading and
tokenising are not timed. With ``--only "TRL"`` (or ours, or bare loop) that one alone is measured, for its peak memory.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import get_cosine_schedule_with_warmup, set_seed

from tutelage.files import cache_folder, write_jsonl
from tutelage.training.child.chat import prompt_text, whole_text
from tutelage.training.child.loading import load_model, load_tokenizer, pick_device, pick_precision
from tutelage.training.child.lora import trainable
from tutelage.training.child.rows import IGNORED, training_set
from tutelage.training.child.tuning import tune
from tutelage.training.contracts import Example, LoraSettings, TrainJob, TrainSettings
from tutelage.training.source import prepare_student

FLOOR = 0.97


def examples(count: int) -> list[Example]:
    """Rows of a quickstart lesson's length: a sum with its steps written out, of unequal lengths."""
    rows = []
    for index in range(count):
        hours, minutes = 1 + index % 9, 10 + (7 * index) % 50
        steps = [f"Step {n + 1}: {60 * n} + 60 = {60 * n + 60}." for n in range(hours)]
        total = 60 * hours + minutes
        rows.append(
            Example(
                prompt=f"How many minutes are {hours} hours and {minutes} minutes?",
                completion=" ".join([*steps, f"Then {60 * hours} + {minutes} = {total}.", f"Answer: {total}"]),
                module="time/minutes",
                candidate=str(index),
            )
        )
    return rows


def ours(job: TrainJob, rows: list[Example]) -> float:
    """Seconds of the node."""
    with tempfile.TemporaryDirectory() as folder:
        inside = job.model_copy(update={"output": folder})
        return tune(inside, Path(folder) / "checkpoints", lambda progress: None).seconds


def bare(job: TrainJob, rows: list[Example]) -> float:
    """Seconds of the loop that one would write by hand: right padding, the model's own loss."""
    settings = job.settings
    device = pick_device(settings.device, settings.threads)
    tokenizer = load_tokenizer(job.base_model)
    data = training_set(rows, tokenizer, settings).rows
    set_seed(job.seed)
    dtype = pick_precision(settings.precision, device)
    model: Any = trainable(load_model(job.base_model, device, dtype), job)
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(
        learning, settings.rate, (settings.beta1, settings.beta2), weight_decay=settings.weight_decay
    )
    steps = math.ceil(len(data) / settings.batch_size)
    schedule = get_cosine_schedule_with_warmup(optimiser, int(settings.warmup * steps), steps)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(job.seed)).tolist()  # as ours
    model.train()
    began = time.perf_counter()
    for start in range(0, len(order), settings.batch_size):
        batch = [data[index] for index in order[start : start + settings.batch_size]]
        for first in range(0, len(batch), settings.rows_per_pass):
            part = batch[first : first + settings.rows_per_pass]
            longest = max(len(row["input_ids"]) for row in part)
            ids = torch.tensor([row["input_ids"] + [0] * (longest - len(row["input_ids"])) for row in part])
            labels = torch.tensor([row["labels"] + [IGNORED] * (longest - len(row["labels"])) for row in part])
            mask = torch.tensor([[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in part])
            with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                loss = model(
                    input_ids=ids.to(device), attention_mask=mask.to(device), labels=labels.to(device), use_cache=False
                ).loss
            (loss * len(part) / len(batch)).backward()
        torch.nn.utils.clip_grad_norm_(learning, settings.max_grad_norm)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        loss.item()
    return time.perf_counter() - began


def with_trl(job: TrainJob, rows: list[Example]) -> float:
    """Seconds of SFTTrainer, with what it would do wrongly on this device set right."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    settings = job.settings
    device = pick_device(settings.device, settings.threads)
    tokenizer = load_tokenizer(job.base_model)
    set_seed(job.seed)
    dtype = pick_precision(settings.precision, device)
    asked = [prompt_text(tokenizer, row.prompt, "") for row in rows]
    told = [whole_text(tokenizer, row.prompt, row.completion, "") for row in rows]
    data = Dataset.from_list([{"prompt": a, "completion": t[len(a) :]} for a, t in zip(asked, told, strict=True)])
    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            output_dir=folder, seed=job.seed, learning_rate=settings.rate, lr_scheduler_type="cosine",
            num_train_epochs=1, per_device_train_batch_size=settings.rows_per_pass,
            gradient_accumulation_steps=settings.passes, weight_decay=settings.weight_decay,
            adam_beta1=settings.beta1, adam_beta2=settings.beta2, max_grad_norm=settings.max_grad_norm,
            use_cpu=device.type == "cpu", bf16=dtype == torch.bfloat16, gradient_checkpointing=False,
            max_length=settings.max_length, logging_steps=1, save_strategy="no", report_to=[], disable_tqdm=True,
        )  # fmt: skip
        model: Any = trainable(load_model(job.base_model, device, dtype), job)
        trainer = SFTTrainer(model=model, args=arguments, train_dataset=data, processing_class=tokenizer)
        return float(trainer.train().metrics["train_runtime"])


def main() -> None:
    """Take turns, and print the medians and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", default="smollm2-135m-instruct")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--only", choices=["ours", "bare loop", "TRL"])
    chosen = parser.parse_args()
    rows = examples(chosen.rows)
    student = prepare_student(chosen.student, cache_folder())
    with tempfile.TemporaryDirectory() as folder:
        write_jsonl(Path(folder) / "rows.jsonl", rows)
        settings = TrainSettings(
            batch_size=4, micro_batch=4, threads=chosen.threads, lora=LoraSettings(first_layer=0.5)
        )  # the quickstart's
        job = TrainJob(
            base_model=str(student), adapter=None, dataset=f"{folder}/rows.jsonl", output="", seed=0, settings=settings
        )
        ways: dict[str, Callable[[TrainJob, list[Example]], float]] = {"ours": ours, "bare loop": bare}
        if importlib.util.find_spec("trl"):
            ways["TRL"] = with_trl
        if chosen.only:
            ways = {chosen.only: ways[chosen.only]}
        tokens = sum(len(row["input_ids"]) for row in training_set(rows, load_tokenizer(str(student)), settings).rows)
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(1 + chosen.repeats):
            for name, way in ways.items():
                taken = way(job, rows)
                if turn:  # the first turn only warms up
                    seconds[name].append(taken)
                    print(f"{name:10} {tokens / taken:8.1f} tokens/s", flush=True)
    rates = {name: tokens / statistics.median(each) for name, each in seconds.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory of the process, {chosen.only or 'all ways in it'}: {peak:.2f} GB")
    if chosen.only:
        return
    for name, rate in rates.items():
        print(f"{name:10} {rate:8.1f} tokens/s (median of {chosen.repeats}; ours is {rates['ours'] / rate:.2f} times)")
    lowest = min(rates["ours"] / rate for rate in rates.values())
    raise SystemExit(0 if lowest >= FLOOR else f"below the floor of {FLOOR}: {lowest:.2f}")


if __name__ == "__main__":
    main()
