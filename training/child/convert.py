"""GGUF to Hugging Face folder, in a process of its own: ``python -m ... PARENT_PID GGUF FOLDER``.

What the GGUF reader gets wrong for SmolLM2 is put right here: the tokenizer's individual digits, the length limit,
the float32 rounding of the norm's epsilon, and a training run's name where the model's own belongs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

from tutelage.files import write_json
from tutelage.training.guard import die_with

_MAX_LENGTH = 8192
_RMS_NORM_EPS = 1e-5


def convert(gguf: Path, folder: Path) -> None:
    """Write the model and its tokenizer to ``folder`` as float32 safetensors.

    Args:
        gguf: SmolLM2's GGUF file.
        folder: an existing folder.
    """
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.float32,
    )
    model.config.rms_norm_eps = _RMS_NORM_EPS
    model.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    tokenizer.model_max_length = _MAX_LENGTH
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.save_pretrained(folder)
    for name in ("config.json", "tokenizer_config.json"):
        _tidy(folder / name)


def _tidy(path: Path) -> None:
    """Drop what names the training run or this machine."""
    value = json.loads(path.read_text(encoding="utf-8"))
    for key in ("_name_or_path", "_model_name_or_path", "is_local", "local_files_only"):
        value.pop(key, None)
    write_json(path, value)


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    convert(Path(sys.argv[2]), Path(sys.argv[3]))
