from __future__ import annotations

from pathlib import Path

import pytest

from tests.handoff.tiny_bytes import save_adapter, save_byte_student


@pytest.fixture(scope="session")
def byte_student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_byte_student(tmp_path_factory.mktemp("students") / "bytes")


@pytest.fixture(scope="session")
def byte_adapter(byte_student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(byte_student, tmp_path_factory.mktemp("adapters") / "round-001")
