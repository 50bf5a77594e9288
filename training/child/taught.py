"""The student as a round left it, in memory and on the disk: with its adapter, or trained in every weight."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from peft import PeftModel
from safetensors import SafetensorError
from transformers import AutoConfig, PreTrainedModel

from tutelage.errors import DiskError
from tutelage.files import copy_file
from tutelage.training.adapters import holds_whole_model
from tutelage.training.child.loading import load_model

# What says how text becomes tokens and back. Copied, not saved anew: a library's own version of it may differ.
_TEXT_FILES = (
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "chat_template.jinja", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "merges.txt",
)  # fmt: skip


Weights = dict[str, torch.Tensor]


def taught_model(folder: str, adapter: str | None, device: torch.device, dtype: torch.dtype) -> PreTrainedModel:
    """The student of one folder of weights: the base with its adapter merged, or the whole model that was trained."""
    if adapter is not None and holds_whole_model(Path(adapter)):
        return load_model(adapter, device, dtype)
    model = load_model(folder, device, dtype)
    if adapter is None:
        return model
    return cast(PreTrainedModel, PeftModel.from_pretrained(model, adapter).merge_and_unload())


def as_stored(model: PreTrainedModel, base: str) -> PreTrainedModel:
    """The model in the precision that its base is stored in."""
    return cast(PreTrainedModel, cast(Any, model).to(stored_precision(base)))


def stored_precision(base: str) -> torch.dtype:
    """The precision that a model folder's weights are stored in."""
    return cast(torch.dtype, AutoConfig.from_pretrained(base, local_files_only=True).dtype or torch.float32)


def save_whole(model: PreTrainedModel, base: Path, output: Path, weights: Weights | None = None) -> None:
    """Save a whole model, with its base's own tokenizer and template beside it.

    Args:
        model: The model.
        base: Its base's folder.
        output: The folder to fill.
        weights: All weights, where the model holds only its process's share of them.

    Raises:
        DiskError: it cannot be written.
    """
    try:
        model.save_pretrained(output, state_dict=weights)
    except (OSError, SafetensorError) as error:
        raise DiskError(f"cannot write the model ({error})", where=output, do="free some space") from error
    for name in _TEXT_FILES:
        if (base / name).is_file():
            copy_file(base / name, output / name)
