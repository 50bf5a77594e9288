"""Whether a local model can teach the student token by token: it must read and write in the same tokens. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tutelage.errors import StudentError, TokenizerMismatch
from tutelage.training.source import check_student, read_json

# What decides which number stands for which text; the rest is padding, truncation and decoding.
_DECIDING = ("vocab", "merges", "type")


def check_distilling(student: Path, teacher: Path) -> None:
    """The teacher's tokenizer must be the student's.

    Raises:
        StudentError: the teacher's folder is not complete, or one of the tokenizers is not in ``tokenizer.json``.
        TokenizerMismatch: the tokenizers differ.
    """
    if not teacher.is_dir():
        raise StudentError("no such model folder", where=teacher, do="give training.distil.teacher a local folder")
    check_student(teacher)
    mine, theirs = _tokenizer(student), _tokenizer(teacher)
    if differing := [part for part in mine if mine[part] != theirs[part]]:
        raise TokenizerMismatch(
            f"the teacher's tokenizer is not the student's ({', '.join(differing)} differ), and token by token it can "
            f"teach only who has the same tokens",
            where=teacher,
            do="take a teacher of the student's own family, or leave training.distil out",
        )


def _tokenizer(folder: Path) -> dict[str, Any]:
    if not (folder / "tokenizer.json").is_file():
        raise StudentError("no tokenizer.json, so its tokens cannot be compared", where=folder)
    whole = read_json(folder / "tokenizer.json")
    added = {token["id"]: token["content"] for token in whole.get("added_tokens") or []}
    return {**{part: whole["model"].get(part) for part in _DECIDING}, "added tokens": added}
