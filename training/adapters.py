"""Adapter folders: check one, hash one, and point ``current`` at the student of record.

What a round leaves is called its adapter, also where ``method: full`` trained every weight: then it is a whole model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tutelage.errors import DiskError, StudentError
from tutelage.files import canonical_json, sha256_file, sha256_text
from tutelage.training.source import check_student, describe_student, weight_files

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
# Says where an adapter came from and what wrote it, not what it does.
_NOT_IDENTITY = {"base_model_name_or_path", "peft_version", "revision", "inference_mode"}


def holds_whole_model(folder: Path) -> bool:
    """Whether the folder is a whole model, as ``method: full`` leaves it, and needs no base model beside it."""
    return (folder / "config.json").is_file() and not (folder / CONFIG).is_file()


def weights_of(folder: Path) -> list[Path]:
    """The files that hold what was learned."""
    return weight_files(folder) if holds_whole_model(folder) else [folder / WEIGHTS]


def check_adapter(folder: Path) -> None:
    """Raise StudentError naming what an adapter folder lacks."""
    if holds_whole_model(folder):
        check_student(folder)
        return
    missing = [name for name in (CONFIG, WEIGHTS) if not (folder / name).is_file()]
    if missing:
        raise StudentError(f"not an adapter folder: no {' and no '.join(missing)}", where=folder)


def adapter_sha256(folder: Path) -> str:
    """Identity of an adapter: its weights and its shape, wherever it lies and whatever wrote it.

    Raises:
        StudentError: the folder is not an adapter's.
    """
    check_adapter(folder)
    if holds_whole_model(folder):
        return describe_student(folder).sha256
    config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    # peft writes sets as lists in an order that changes from run to run.
    shape = {key: _ordered(value) for key, value in config.items() if key not in _NOT_IDENTITY}
    return sha256_text(canonical_json({"config": shape, "weights": sha256_file(folder / WEIGHTS)}))


def publish_current(adapters: Path, name: str | None) -> None:
    """Make ``adapters/current`` a relative symlink to ``adapters/name``, atomically; None takes the link away.

    Raises:
        StudentError: ``adapters/name`` is not an adapter folder.
        DiskError: the link cannot be written; the old one stands.
    """
    if name is None:
        (adapters / "current").unlink(missing_ok=True)
        return
    check_adapter(adapters / name)
    temporary = adapters / ".current.tmp"
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(name)
        temporary.replace(adapters / "current")
    except OSError as error:
        raise DiskError(f"cannot write ({error.strerror or error})", where=adapters / "current") from error


def current(adapters: Path) -> Path | None:
    """Folder of the student of record's adapter, links resolved; None before the first is published."""
    link = adapters / "current"
    return link.resolve() if link.is_symlink() else None


def _ordered(value: Any) -> Any:
    return sorted(value, key=canonical_json) if isinstance(value, list) else value
