"""Facts as JSON text that a browser can read and that no byte of a model's words can steer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from tutelage.graph.plain_text import visible


def to_json(value: Any) -> str:
    """Compact JSON. Control characters and direction marks are spelled out, NaN is null, infinity a sign."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else (None if math.isnan(value) else "∞" if value > 0 else "−∞")
    if isinstance(value, Mapping):
        return {visible(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
