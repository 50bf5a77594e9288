"""Merge an adapter into its base model and save the result, as a Hugging Face folder or as GGUF."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from peft import PeftModel
from safetensors import SafetensorError
from transformers import AutoConfig, PreTrainedModel

from tutelage.errors import DiskError, StudentError
from tutelage.files import copy_file, disk_errors
from tutelage.training.child.gguf_file import save_gguf
from tutelage.training.child.loading import load_model, load_tokenizer
from tutelage.training.handoff import GGUF
from tutelage.training.protocol import Merge

# What says how text becomes tokens and back. Copied, not saved anew: a library's own version of it may differ.
_TEXT_FILES = (
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "chat_template.jinja", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "merges.txt",
)  # fmt: skip


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
    try:
        model.save_pretrained(output)
    except (OSError, SafetensorError) as error:
        raise DiskError(f"cannot write the model ({error})", where=output, do="free some space") from error
    for name in _TEXT_FILES:
        if (folder / name).is_file():
            copy_file(folder / name, output / name)


def merged(folder: str, adapter: str) -> PreTrainedModel:
    """The merged model on the CPU: added up in float32, then in the precision that the base is stored in."""
    base = load_model(folder, torch.device("cpu"), torch.float32)
    model = cast(PreTrainedModel, PeftModel.from_pretrained(base, adapter).merge_and_unload())
    broken = [name for name, weight in model.named_parameters() if not torch.isfinite(weight).all()]
    if broken:
        raise StudentError(f"merging gives NaN or infinity in {len(broken)} weights ({broken[0]})", where=adapter)
    stored = AutoConfig.from_pretrained(folder, local_files_only=True).dtype or torch.float32
    return cast(PreTrainedModel, cast(Any, model).to(stored))
