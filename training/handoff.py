"""The taught student in the forms that others load: an adapter, a merged model, a GGUF file. No torch here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from tutelage.files import copy_file, write_json
from tutelage.training.adapters import CONFIG, WEIGHTS, check_adapter
from tutelage.training.gguf_shape import gguf_split
from tutelage.training.process import worker
from tutelage.training.protocol import Merge

Form = Literal["adapter", "merged", "gguf"]
GGUF = "model.gguf"


def copy_adapter(adapter: Path, base: str, folder: Path) -> None:
    """Copy an adapter into ``folder``, which is being made, with its base model named as others know it.

    Raises:
        StudentError: ``adapter`` is not an adapter folder.
        DiskError: it cannot be written.
    """
    check_adapter(adapter)
    copy_file(adapter / WEIGHTS, folder / WEIGHTS)
    config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
    write_json(folder / CONFIG, {**config, "base_model_name_or_path": base})


async def write_merged(base: Path, adapter: Path, folder: Path, log: Path) -> None:
    """Write the taught student as one model, with its tokenizer, into ``folder``, which is being made.

    An adapter is merged in float32; what is written has the base model's own precision.

    Raises:
        StudentError: the base or the adapter is not complete, or the merged weights are not numbers.
        WorkerDied: the child ended before it was done.
        DiskError: it cannot be written.
    """
    await _merge(base, adapter, folder, log, split=None)


async def write_gguf(base: Path, adapter: Path, folder: Path, log: Path) -> None:
    """Write the merged model as ``model.gguf`` into ``folder``, which is being made.

    Raises:
        StudentError: llama.cpp's form of this student is not known here, found before anything is loaded; or as
            ``write_merged``.
        WorkerDied: the child ended before it was done.
        DiskError: it cannot be written.
    """
    await _merge(base, adapter, folder, log, split=gguf_split(base))


async def _merge(base: Path, adapter: Path, folder: Path, log: Path, split: str | None) -> None:
    check_adapter(adapter)
    async with worker(log, threads=None) as process:
        request = Merge(model=str(base), adapter=str(adapter), output=str(folder), gguf_split=split)
        await process.request(request, lambda value: None)
