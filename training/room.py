"""Whether the student can be trained here: its shape from its folder, the device's room from the child. No torch."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from tutelage.errors import StudentError
from tutelage.training.contracts import TrainSettings
from tutelage.training.memory import Room, Shape, frozen, judge
from tutelage.training.process import worker
from tutelage.training.protocol import Look
from tutelage.training.source import read_json, weight_files


async def memory_line(student: Path, settings: TrainSettings) -> str:
    """What fine-tuning will take of the device's memory, in a line, before anything is spent.

    Raises:
        DoesNotFit: it cannot fit, beside the teacher of a distillation where there is one.
        StudentError: the device or the precision asked for is not there.
        WorkerDied: the child that looks at the device ended without an answer.
    """
    shape = read_shape(student)
    if shape is None:
        return "estimate: what fine-tuning takes of the memory is not known for a student of this kind"
    with tempfile.TemporaryDirectory() as folder:
        async with worker(Path(folder) / "log", settings.threads) as process:
            look = Look(device=settings.device, precision=settings.precision)
            room = Room.model_validate(await process.request(look, lambda value: None))
    if settings.distil is None:
        return judge(shape, settings, room)
    taken = frozen(read_shape(Path(settings.distil.teacher)) or shape, settings, room)
    line = judge(shape, settings, room.model_copy(update={"free": max(room.free - taken, 0)}))
    return f"{line}; the teacher that it learns from takes {taken / 1e9:.1f} GB of its own"


def read_shape(student: Path) -> Shape | None:
    """The shape that the folder's ``config.json`` states; None where it has other words for it (GPT-2's).

    Raises:
        StudentError: the configuration or the weights cannot be read.
    """
    config = read_json(student / "config.json")
    text: dict[str, Any] = config.get("text_config", config)  # a student that sees images, too, has its text inside
    needed = ("num_hidden_layers", "hidden_size", "intermediate_size", "vocab_size", "num_attention_heads")
    if not all(isinstance(text.get(key), int) for key in needed):
        return None
    layers, hidden, intermediate, vocabulary, heads = (int(text[key]) for key in needed)
    return Shape(
        layers=layers,
        hidden=hidden,
        intermediate=intermediate,
        vocabulary=vocabulary,
        heads=heads,
        key_value_heads=text.get("num_key_value_heads") or heads,
        head_size=text.get("head_dim") or hidden // heads,
        tied=bool(config.get("tie_word_embeddings", True)),
        parameters=sum(_parameters(path) for path in weight_files(student)),
    )


def _parameters(weights: Path) -> int:
    """How many numbers a weights file holds, by its header alone."""
    try:
        with safe_open(weights, framework="numpy") as file:
            return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 - no dict
    except (SafetensorError, OSError) as error:
        raise StudentError(f"the student's weights cannot be read ({error})", where=weights) from error
