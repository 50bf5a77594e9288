"""How many programs a second the sandbox grades, by its number of workers. The floor fails the run.

``python benchmarks/sandbox_throughput.py``: two kinds of program, trivial and as long as the answers to MBPP are, each
graded by its tests; beside them what a new interpreter a program would do, outside any sandbox.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tutelage.training.code_grader import CodeGrader
from tutelage.training.sandbox.contracts import CodeSettings
from tutelage.training.sandbox.pool import Sandbox

FLOOR = 50.0
TRIVIAL = ("def add(a, b):\n    return a + b", "assert add(1, 2) == 3")
USUAL = (
    "from collections import Counter\nimport re\ndef common(text, n):\n    words = re.findall(r'\\w+', text.lower())\n"
    "    return sorted(Counter(words).items(), key=lambda p: (-p[1], p[0]))[:n]\n"
    "def primes(n):\n    return [p for p in range(2, n) if all(p % q for q in range(2, int(p ** 0.5) + 1))]",
    "assert common('a b a c b a', 2) == [('a', 3), ('b', 2)]\nassert len(primes(2000)) == 303",
)


def rate(workers: int, program: tuple[str, str], count: int) -> float:
    """Programs a second, once every worker is warm."""
    sandbox = Sandbox(CodeSettings(workers=workers))
    grader = CodeGrader(sandbox)
    with ThreadPoolExecutor(workers) as lanes:
        list(lanes.map(lambda _: grader.grade(*program), range(4 * workers)))
        started = time.perf_counter()
        grades = list(lanes.map(lambda _: grader.grade(*program), range(count)))
        seconds = time.perf_counter() - started
    sandbox.close()
    assert set(grades) == {"right"}, set(grades)
    return count / seconds


def bare(program: tuple[str, str], count: int) -> float:
    """Programs a second in new interpreters, two at a time, without any sandbox."""
    code = "\n".join(program)
    with ThreadPoolExecutor(2) as lanes:
        started = time.perf_counter()
        list(lanes.map(lambda _: subprocess.run([sys.executable, "-I", "-c", code], check=True), range(count)))
        return count / (time.perf_counter() - started)


def main() -> int:
    """Print the table; 1 where the floor is not reached."""
    options = argparse.ArgumentParser()
    options.add_argument("--count", type=int, default=300)
    count = options.parse_args().count
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; programs a second")
    best = 0.0
    for name, program in (("trivial", TRIVIAL), ("usual", USUAL)):
        found = {workers: rate(workers, program, count) for workers in (1, 2, 4)}
        if name == "trivial":
            best = found[2]
        cells = "  ".join(f"{workers} workers {value:6.1f}" for workers, value in found.items())
        print(f"{name:8} {cells}   new interpreters, no sandbox {bare(program, count // 4):6.1f}")
    print(f"floor {FLOOR:.0f} trivial programs a second with 2 workers: {'held' if best >= FLOOR else 'MISSED'}")
    return 0 if best >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
