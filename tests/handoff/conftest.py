from __future__ import annotations

from pathlib import Path

import pytest

from tests.handoff.tiny_bytes import save_adapter, save_byte_student
from tutelage.training.child.merging import merge
from tutelage.training.gguf_shape import gguf_split
from tutelage.training.protocol import Merge


@pytest.fixture(scope="session")
def byte_student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_byte_student(tmp_path_factory.mktemp("students") / "bytes")


@pytest.fixture(scope="session")
def byte_adapter(byte_student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(byte_student, tmp_path_factory.mktemp("adapters") / "round-001")


@pytest.fixture(scope="session")
def byte_merged(byte_student: Path, byte_adapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The merged model, and ``model.gguf`` beside it; in this process, which has torch already."""
    folder = tmp_path_factory.mktemp("merged")
    for split in (None, gguf_split(byte_student)):
        merge(Merge(model=str(byte_student), adapter=str(byte_adapter), output=str(folder), gguf_split=split))
    return folder
