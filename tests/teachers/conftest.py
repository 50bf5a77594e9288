from __future__ import annotations

from pathlib import Path

import pytest

from tutelage.teachers.replies import ReplyStore


@pytest.fixture
def store(tmp_path: Path) -> ReplyStore:
    return ReplyStore(tmp_path / "replies")
