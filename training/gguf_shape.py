"""Which students can be written as GGUF: judged from their configuration and tokenizer, before anything is loaded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tutelage.errors import StudentError
from tutelage.training.source import check_student

# llama.cpp splits text by rules of its own that are chosen by name; these are the splits whose rule is known.
_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
_DIGITS = {"type": "Digits", "individual_digits": True}
_SPLITS: Mapping[str, tuple[Mapping[str, object], ...]] = {"gpt-2": (_BYTES,), "smollm": (_DIGITS, _BYTES)}


def gguf_split(folder: Path) -> str:
    """llama.cpp's name for the way in which the student's tokenizer splits text.

    Raises:
        StudentError: this student cannot be written as GGUF; says what about it.
    """
    check_student(folder)
    config = _read(folder / "config.json")
    problem = _architecture(config)
    if problem is not None:
        raise _refused(problem, folder / "config.json")
    path = folder / "tokenizer.json"
    tokenizer = _read(path) if path.is_file() else {}
    model = tokenizer.get("model") or {}
    if model.get("type") != "BPE" or model.get("byte_fallback") or tokenizer.get("normalizer") is not None:
        raise _refused("its tokenizer is not a plain byte-level BPE", path)
    name = next((name for name, split in _SPLITS.items() if _same(tokenizer.get("pre_tokenizer"), split)), None)
    if name is None:
        raise _refused("its tokenizer splits text in a way that has no name here", path)
    return name


def _architecture(config: Mapping[str, Any]) -> str | None:
    """What of the architecture we cannot write; None where all is well."""
    if config.get("model_type") != "llama":
        return f"its architecture is {config.get('model_type')!r}, not 'llama'"
    if config.get("attention_bias") or config.get("mlp_bias"):
        return "its linear layers have biases"
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    return None if kind == "default" else f"its rotary positions are scaled ({kind!r})"


def _same(found: Any, split: tuple[Mapping[str, object], ...]) -> bool:
    """Whether a tokenizer's splitting is this one; a step may stand alone or in a sequence."""
    if not isinstance(found, dict):
        return False
    steps = found["pretokenizers"] if found.get("type") == "Sequence" else [found]
    return len(steps) == len(split) and all(
        all(step.get(key) == value for key, value in wanted.items()) for step, wanted in zip(steps, split, strict=True)
    )


def _read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def _refused(what: str, where: Path) -> StudentError:
    return StudentError(
        f"this student cannot be written as GGUF: {what}",
        where=where,
        do="export it with --merged, and convert that with llama.cpp's own convert_hf_to_gguf.py",
    )
