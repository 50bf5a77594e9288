from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.tiny import save_tiny_student


@pytest.fixture(scope="session")
def tiny_student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_student(tmp_path_factory.mktemp("students") / "tiny")
