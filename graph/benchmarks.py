"""What lessons are kept clean of: the gate and held-out pools of the run, and the benchmarks that the domain names."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tutelage.configs.domain import Benchmark, Domain
from tutelage.configs.schema import TutorConfig
from tutelage.errors import DomainError, InputError
from tutelage.files import read_rows
from tutelage.graph.columns import Unmapped, Unreadable, value_of
from tutelage.graph.sources import file_of, read_file, read_hub
from tutelage.pedagogy.contamination import Seen
from tutelage.pedagogy.records import Item, Record
from tutelage.pedagogy.verification import POOLS

FILE = "benchmarks.jsonl"


class BenchmarkTexts(Record):
    """A benchmark as it was read before the run.

    Attributes:
        problem: Why it could not be read: lessons are then not known to be clean of it.
    """

    name: str
    questions: tuple[str, ...]
    problem: str | None = None


def load_benchmarks(domain: Domain, path: Path) -> tuple[BenchmarkTexts, ...]:
    """The questions of every benchmark of a domain. One that cannot be read ends no run; it is said, and recorded."""
    return tuple(_load(benchmark, path) for benchmark in domain.benchmarks)


def unread_lines(benchmarks: tuple[BenchmarkTexts, ...]) -> list[str]:
    """One line for each benchmark that nothing is checked against."""
    return [f"WARNING: lessons are not checked against {b.name}: {b.problem}" for b in benchmarks if b.problem]


def read_benchmarks(root: Path) -> list[BenchmarkTexts]:
    """The benchmarks that a run directory keeps."""
    return read_rows(root / FILE, BenchmarkTexts)


def what_is_measured(root: Path, tutor: TutorConfig) -> tuple[Seen, ...]:
    """The indices that lessons are checked against: the run's pools, then its benchmarks."""
    return _indices(root, tutor.near_duplicate, tutor.pool_run, tutor.benchmark_run)


@lru_cache(maxsize=2)
def _indices(root: Path, threshold: float, pool_run: int | None, benchmark_run: int) -> tuple[Seen, ...]:
    """Made once a process: the pools and benchmarks of a run never change."""
    pools = [item.question for item in read_rows(root / "probes.jsonl", Item) if item.pool != "diagnostic"]
    found = [Seen(POOLS, pools, run=pool_run, threshold=threshold)]
    found += [Seen(b.name, b.questions, run=benchmark_run, threshold=threshold) for b in read_benchmarks(root)]
    return tuple(found)


def _load(benchmark: Benchmark, path: Path) -> BenchmarkTexts:
    try:
        if benchmark.items is not None:
            rows = read_file(file_of(benchmark.items, path.parent))
        else:
            rows = read_hub(benchmark.hub or "", benchmark.config, benchmark.split, None, benchmark.name)
        questions = tuple(value_of(benchmark.question, row) for _, row in rows)
    except (InputError, Unreadable, Unmapped) as error:
        said = error.what if isinstance(error, InputError) else str(error)
        do = f"; {error.do}" if isinstance(error, DomainError) and error.do else ""
        return BenchmarkTexts(name=benchmark.name, questions=(), problem=f"{said}{do}")
    return BenchmarkTexts(name=benchmark.name, questions=questions)
