"""The work that every contestant does, and how it is measured. Imports nothing but the standard library."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable

MODEL = "m"
MAX_TOKENS = 256
# Sent before the clock starts, so that imports and first-time costs are nobody's.
WARM_UP = 16


def question(number: int) -> str:
    """A prompt of some hundred tokens, no two alike."""
    return f"Question {number}. " + "Explain in simple steps how to add two numbers. " * 10


def settings() -> tuple[str, int, int]:
    """Base URL, concurrency and number of calls, out of the command line."""
    return sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def cpu_seconds() -> float:
    """CPU time of this process and of its ended children."""
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def measured(work: Callable[[], int]) -> None:
    """Run the work and print what it took; it returns how many calls were answered."""
    cpu, began = cpu_seconds(), time.perf_counter()
    answered = work()
    seconds = time.perf_counter() - began
    print(json.dumps({"answered": answered, "seconds": seconds, "cpu_seconds": cpu_seconds() - cpu}))
