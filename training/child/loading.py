"""Load a model folder and its tokenizer on the device asked for."""

from __future__ import annotations

import os
from typing import Any, cast

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from tutelage.errors import StudentError
from tutelage.training.contracts import DeviceChoice, Precision

# The log's last line is what a dead child is reported by: progress bars would hide it.
logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # untyped in transformers


def pick_device(choice: DeviceChoice, threads: int | None) -> torch.device:
    """The device to use, with torch's CPU threads set.

    Raises:
        StudentError: CUDA was asked for and is not there.
    """
    torch.set_num_threads(threads or os.cpu_count() or 1)
    # MKL picks its vector functions at the first call. Where two threads make it at once, one of them may still get
    # others: one process in twelve had slightly other rotary embeddings in its first pass. This call has one thread.
    torch.zeros(1).cos()
    if choice == "cuda" and not torch.cuda.is_available():
        raise StudentError("device cuda is not available", do="set device to auto or cpu, or install a CUDA torch")
    if choice != "cpu" and torch.cuda.is_available():
        # One of many processes has a GPU of its own.
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cuda" if choice != "cpu" and torch.cuda.is_available() else "cpu")


def pick_precision(choice: Precision, device: torch.device) -> torch.dtype:
    """The precision to compute in: ``auto`` is bfloat16 where the device has units for it, else what it does best.

    That is float16 on an older GPU and float32 on a CPU.

    Raises:
        StudentError: float16 was asked for on a CPU, which has no units for it.
    """
    on_gpu = device.type == "cuda"
    if choice == "auto":
        if torch.cuda.is_bf16_supported(including_emulation=False) if on_gpu else _cpu_has_bf16():
            return torch.bfloat16
        return torch.float16 if on_gpu else torch.float32
    if choice == "float16" and not on_gpu:
        raise StudentError("precision float16 needs a CUDA device", do="set precision to auto")
    return {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}[choice]


def _cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bfloat16 itself. torch emulates it on others, 6-8 times slower than float32."""
    has = torch.cpu.get_capabilities()
    return bool(has.get("avx512_bf16") or has.get("amx_bf16"))


def load_model(folder: str, device: torch.device, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """The model's weights from a local folder, never from the network."""
    # transformers wraps `to` in a way that type checkers misread.
    model = cast(Any, AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True))
    return cast(PreTrainedModel, model.to(device))


def load_tokenizer(folder: str) -> PreTrainedTokenizerBase:
    """The tokenizer, with a padding token in any case.

    Raises:
        StudentError: it has no chat template.
    """
    tokenizer = cast(PreTrainedTokenizerBase, AutoTokenizer.from_pretrained(folder, local_files_only=True))
    if not tokenizer.chat_template:
        raise StudentError("the tokenizer has no chat template", where=folder, do="use an instruction-tuned student")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer
