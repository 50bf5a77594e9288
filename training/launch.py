"""Many training processes: ``accelerate launch`` with a configuration that we write beside the log."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import yaml

from tutelage.files import write_text
from tutelage.training.process import Worker, worker


@contextlib.asynccontextmanager
async def launched(
    log: Path, threads: int | None, processes: int, more: Mapping[str, object] | None = None
) -> AsyncIterator[Worker]:
    """So many processes for the length of the block, as one worker that takes one request.

    ``threads`` is of each; None shares the cores between them. ``more`` is laid over what they are launched with.
    """
    config = log.with_name(f"{log.name}.accelerate.yaml")
    write_text(config, yaml.safe_dump({**accelerate_config(processes), **(more or {})}, sort_keys=False))
    of_each = threads or max((os.cpu_count() or 1) // processes, 1)
    launcher = worker(log, of_each, module="tutelage.training.launcher", more=(str(config),), gpus=processes)
    async with launcher as process:
        yield process


def accelerate_config(processes: int) -> dict[str, object]:
    """What ``accelerate launch`` is told.

    ``MULTI_GPU`` on a CPU, too: it is accelerate's word for starting the processes itself (its ``MULTI_CPU`` needs
    MPI). They find out what they run on, and talk by gloo where that is a CPU. Port 0 takes a free one.
    """
    return {
        "compute_environment": "LOCAL_MACHINE",
        "distributed_type": "MULTI_GPU",
        "num_machines": 1,
        "num_processes": processes,
        "machine_rank": 0,
        "main_process_port": 0,
        "gpu_ids": "all",
        "mixed_precision": "no",
        "use_cpu": False,
    }
