"""What running out of memory looks like to torch, as the one error of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from tutelage.errors import OutOfMemory


@contextlib.contextmanager
def memory_errors(rows_per_pass: int) -> Iterator[None]:
    """Turn a failed allocation of the block into OutOfMemory. On a CPU torch says it with a bare RuntimeError."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _out_of_memory(rows_per_pass, error) from error
    except RuntimeError as error:
        if "allocate memory" not in str(error):
            raise
        raise _out_of_memory(rows_per_pass, error) from error


def _out_of_memory(rows_per_pass: int, error: Exception) -> OutOfMemory:
    return OutOfMemory(
        f"memory ran out with {rows_per_pass} rows a pass ({str(error).partition('.')[0]})",
        do="lower training.max_length, use a smaller student or training.method qlora, or free the device",
    )
