"""The taught student as one model, saved as a Hugging Face folder or as GGUF."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import PreTrainedModel

from tutelage.errors import StudentError
from tutelage.files import disk_errors
from tutelage.training.child.gguf_file import save_gguf
from tutelage.training.child.loading import load_tokenizer
from tutelage.training.child.taught import as_stored, save_whole, taught_model
from tutelage.training.handoff import GGUF
from tutelage.training.protocol import Merge


def merge(request: Merge) -> None:
    """Do what ``write_merged`` and ``write_gguf`` promise.

    Raises:
        StudentError: a merged weight is NaN or infinite.
        DiskError: the model cannot be written.
    """
    folder, output = Path(request.model), Path(request.output)
    model = merged(request.model, request.adapter)
    if request.gguf_split is not None:
        with disk_errors(output / GGUF):
            save_gguf(model, load_tokenizer(request.model), request.gguf_split, output / GGUF)
        return
    save_whole(model, folder, output)


def merged(folder: str, adapter: str) -> PreTrainedModel:
    """The merged model on the CPU: added up in float32, then in the precision that the base is stored in."""
    model = taught_model(folder, adapter, torch.device("cpu"), torch.float32)
    broken = [name for name, weight in model.named_parameters() if not torch.isfinite(weight).all()]
    if broken:
        raise StudentError(f"merging gives NaN or infinity in {len(broken)} weights ({broken[0]})", where=adapter)
    return as_stored(model, folder)
