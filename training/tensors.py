"""Which tensors of a weights file hold NaN or infinity, read without torch and without loading the file whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from tutelage.errors import StudentError

_FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}
# numpy has no bfloat16: its exponent is looked at, all ones in NaN and infinity.
_BFLOAT16_EXPONENT = 0x7F80


def broken_tensors(path: Path) -> tuple[list[str], int]:
    """The names of the tensors that hold NaN or infinity, in order, and how many tensors there are.

    Raises:
        StudentError: the file is not whole, or not safetensors.
    """
    try:
        with safe_open(path, framework="numpy"):  # checks the header against the file's length
            pass
    except (SafetensorError, OSError) as error:
        raise StudentError(f"weights cannot be read ({error})", where=path) from error
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    data = np.memmap(path, mode="r", offset=8 + length, dtype=np.uint8) if header else np.empty(0, np.uint8)
    broken = [name for name, facts in header.items() if not _finite(data, facts["dtype"], *facts["data_offsets"])]
    return sorted(broken), len(header)


def _finite(data: np.ndarray, dtype: str, start: int, end: int) -> bool:
    numbers = data[start:end]
    if dtype == "BF16":
        return not bool(((numbers.view("<u2") & _BFLOAT16_EXPONENT) == _BFLOAT16_EXPONENT).any())
    return dtype not in _FLOATS or bool(np.isfinite(numbers.view(_FLOATS[dtype])).all())
