"""What the tests of the report share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def report() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(Path(__file__).with_name("sample_report.json").read_text(encoding="utf-8"))
    return value
