from __future__ import annotations

from pathlib import Path

import pytest

from tests.handoff.tiny_bytes import save_adapter, save_byte_student
from tutelage.training.handoff import write_gguf, write_merged


@pytest.fixture(scope="session")
def byte_student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_byte_student(tmp_path_factory.mktemp("students") / "bytes")


@pytest.fixture(scope="session")
def byte_adapter(byte_student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(byte_student, tmp_path_factory.mktemp("adapters") / "round-001")


@pytest.fixture(scope="session")
async def byte_merged(byte_student: Path, byte_adapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The merged model, and ``model.gguf`` beside it."""
    folder = tmp_path_factory.mktemp("merged")
    await write_merged(byte_student, byte_adapter, folder, folder / "log")
    await write_gguf(byte_student, byte_adapter, folder, folder / "log")
    return folder
