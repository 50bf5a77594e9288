"""The memory that fine-tuning was estimated to take, beside the peak of a real fine-tuning child, on the CPU.

    python benchmarks/training_memory.py [--student FOLDER] [--threads 1] [--settings CASE ...]

Every row is as long as the context and all but its prompt is supervised: the worst pass that the settings allow, which
is what the estimate is of. Two steps are trained, so that the optimiser is there. Fails where the estimate is further
from the measured peak (Linux's VmHWM) than TOLERANCE.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from tutelage.files import cache_folder, write_jsonl
from tutelage.training.child.chat import training_ids
from tutelage.training.child.loading import load_tokenizer
from tutelage.training.contracts import Example, LoraSettings, TrainJob, TrainSettings
from tutelage.training.memory import Room, estimate
from tutelage.training.process import worker
from tutelage.training.protocol import Look, Train
from tutelage.training.room import read_shape
from tutelage.training.source import prepare_student

TOLERANCE = 0.25
CASES = (
    "1,128,float32", "4,128,float32", "4,256,float32", "4,256,float32,upper", "1,1024,float32",
    "4,128,float32,packed", "4,128,bfloat16", "4,256,bfloat16", "4,256,bfloat16,upper", "4,128,float32,full",
    "4,256,float32,full", "4,128,bfloat16,full",
)  # fmt: skip


def settings_of(case: str, threads: int) -> TrainSettings:
    """``ROWS,CONTEXT,PRECISION`` and any of ``upper`` (half of the layers), ``packed`` and ``full`` (every weight)."""
    rows, context, precision, *more = case.split(",")
    return TrainSettings.model_validate(
        {
            "batch_size": int(rows), "micro_batch": int(rows), "max_length": int(context), "precision": precision,
            "threads": threads, "device": "cpu", "packing": "packed" in more,
            "method": "full" if "full" in more else "lora",
            "lora": LoraSettings(first_layer=0.5 if "upper" in more else 0.0),
        }
    )  # fmt: skip


def longest_row(student: Path, context: int) -> Example:
    """A row of as many tokens as the context holds, or one less."""
    tokenizer = load_tokenizer(str(student))
    words = 1
    while len(training_ids(tokenizer, "Count.", " one" * (words + 1), "", "row")[0]) <= context:
        words += 1
    return Example(prompt="Count.", completion=" one" * words, module="memory", candidate="longest")


async def measured(student: Path, settings: TrainSettings, folder: Path) -> tuple[Room, int]:
    """What the device has, and the peak of the child that trains."""
    row = longest_row(student, settings.max_length)
    write_jsonl(folder / "rows.jsonl", [row] * (2 * settings.batch_size))
    (folder / "out").mkdir()
    job = TrainJob(
        base_model=str(student), adapter=None, dataset=str(folder / "rows.jsonl"), output=str(folder / "out"), seed=0,
        settings=settings,
    )  # fmt: skip
    async with worker(folder / "log", settings.threads) as process:
        look = Look(device=settings.device, precision=settings.precision)
        room = Room.model_validate(await process.request(look, lambda value: None))
    async with worker(folder / "log", settings.threads) as process:
        await process.request(Train(job=job, checkpoints=str(folder / "checkpoints")), lambda value: None)
        return room, peak_of(process.pid)


def peak_of(pid: int) -> int:
    """Most memory that a process has held so far, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024


def main() -> None:
    """Print estimate and peak of each case, and fail where one is too far off."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", default="smollm2-135m-instruct")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--settings", nargs="+", default=CASES, metavar="ROWS,CONTEXT,PRECISION[,upper][,packed][,full]"
    )
    chosen = parser.parse_args()
    student = prepare_student(chosen.student, cache_folder())
    shape = read_shape(student)
    if shape is None:
        raise SystemExit("the shape of this student is not known")
    worst = 0.0
    for case in chosen.settings:
        settings = settings_of(case, chosen.threads)
        with tempfile.TemporaryDirectory() as folder:
            room, peak = asyncio.run(measured(student, settings, Path(folder)))
        found = estimate(shape, settings, room)
        off = found.total / peak - 1
        worst = max(worst, abs(off))
        print(f"{case:22} estimated {found.total / 1e9:5.2f} GB ({found.parts}), peak {peak / 1e9:5.2f} GB: {off:+.0%}",
              flush=True)  # fmt: skip
    raise SystemExit(0 if worst <= TOLERANCE else f"further off than {TOLERANCE:.0%}: {worst:.0%}")


if __name__ == "__main__":
    main()
