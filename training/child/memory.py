"""The device's memory: what is free of it, and what running out of it looks like to torch, as the one error of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import psutil
import torch

from tutelage.errors import OutOfMemory
from tutelage.training.child.loading import pick_device, pick_precision
from tutelage.training.memory import Computed, Room
from tutelage.training.protocol import Look


def look(request: Look) -> Room:
    """What the device has now.

    Raises:
        StudentError: the device or the precision asked for is not there.
    """
    device = pick_device(request.device, threads=1)
    computed = cast(Computed, str(pick_precision(request.precision, device)).removeprefix("torch."))
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info()
        return Room(device="cuda", name=torch.cuda.get_device_name(), free=free, precision=computed)
    return Room(device="cpu", name="CPU", free=free_of_machine(), precision=computed)


def free_of_machine(
    groups: Path = Path("/sys/fs/cgroup"), mine: Path = Path("/proc/self/cgroup"), available: int | None = None
) -> int:
    """Memory that this process can still have: the machine's, or what a container or a batch job leaves it.

    Args:
        groups: where control groups (version 2) are mounted.
        mine: file that says which one is this process's.
        available: of the machine; asked where it is not given.
    """
    free = psutil.virtual_memory().available if available is None else available
    lines = mine.read_text().splitlines() if mine.is_file() else []
    own = next((groups / line.removeprefix("0::/") for line in lines if line.startswith("0::/")), groups)
    return min([free, *(room for group in (own, *own.parents) if (room := _room_of(group)) is not None)])


def _room_of(group: Path) -> int | None:
    """What a control group's limit leaves; None where it has none. Cached files give way, and do not count as used."""
    try:
        most, used = (group / "memory.max").read_text().strip(), int((group / "memory.current").read_text())
        cached = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())["inactive_file"]
    except (OSError, KeyError):
        return None
    return None if most == "max" else max(int(most) - used + int(cached), 0)


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
