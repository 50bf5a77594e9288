"""What is in a domain, what is wrong with it, and how its items fill the pools: said before anything is run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tutelage.configs.load import load_domain, place_of
from tutelage.configs.schema import Domain, RunConfig
from tutelage.errors import InputError, SandboxUnavailable
from tutelage.graph.benchmarks import load_benchmarks
from tutelage.graph.inputs import check_modules, domain_seeds, grader_of, lacking, pool_sizes, source_name
from tutelage.graph.seeds import Finding, Seeds
from tutelage.pedagogy.contamination import Seen
from tutelage.pedagogy.neighbours import Neighbours
from tutelage.pedagogy.pools import PoolSizes, Seed, content_hash, split
from tutelage.pedagogy.records import Pool
from tutelage.training.code_grader import CodeGrader

_MOST_NAMED = 3
_FEWEST_REFERENCES = 2


@dataclass(frozen=True)
class ModuleRow:
    """One module's line of the table.

    Attributes:
        items: Rows of the source.
        distinct: Without those whose question another row asks already.
        pools: How many items each pool gets.
        alike: Gate and held-out items that nearly are an item of the diagnostic pool.
    """

    module: str
    items: int
    distinct: int
    levels: int
    pools: Mapping[Pool, int]
    lacks: int
    alike: int


@dataclass(frozen=True)
class DomainReport:
    """Everything that was found."""

    domain: Domain
    source: str
    sha256: str
    rows: tuple[ModuleRow, ...]
    findings: tuple[Finding, ...]
    sizes: PoolSizes
    fits: tuple[str, ...]

    @property
    def errors(self) -> int:
        """How many findings keep a run from starting."""
        return sum(f.kind == "error" for f in self.findings)


def check_domain(path: Path, config: RunConfig, domain: Domain | None = None) -> DomainReport:
    """Read a domain and look for everything that can be wrong with it.

    Args:
        path: The domain's file.
        config: The run whose pools, sandbox and source count.
        domain: What is to be checked in place of what the file says.

    Raises:
        InputError: the file itself cannot be read as a domain; a sandbox is needed and there is none.
    """
    domain = (domain or load_domain(path)).taught_from(config.source)
    findings: list[Finding] = []
    try:
        check_modules(domain, path)
    except InputError as error:
        findings.append(Finding("error", place_of(path, ["modules"]), error.what, error.do))
    by = grader_of(config, domain)
    try:
        seeds = domain_seeds(domain, path, config.source, by)
    except SandboxUnavailable:
        raise
    except InputError as error:
        findings.append(Finding("error", error.where or str(path), error.what, error.do))
        seeds = Seeds((), {}, {}, {}, (), "")
    sizes, source = pool_sizes(config), source_name(domain, path, config.source)
    findings += seeds.findings
    if seeds.seeds:
        findings += _unfit(domain, seeds, path)
        findings += lacking(seeds, domain, sizes, source)
        findings += _repeats(seeds)
        findings += _left_out(seeds, source)
        findings += _uniform(domain, seeds, source)
        findings += _in_benchmarks(domain, seeds, path, config)
        if isinstance(by, CodeGrader):
            findings += _solutions(seeds, by, source)
    rows, alike = _table(domain, seeds, sizes, config)
    findings += alike
    return DomainReport(
        domain=domain, source=source, sha256=seeds.sha256, rows=tuple(rows), findings=tuple(findings), sizes=sizes,
        fits=tuple(_fits(rows, config)),
    )  # fmt: skip


def _unfit(domain: Domain, seeds: Seeds, path: Path) -> Iterator[Finding]:
    have = {seed.module for seed in seeds.seeds}
    for number, module in enumerate(domain.modules):
        if module.id not in have:
            where = place_of(path, ["modules", number])
            yield Finding("error", where, f"no item fits module '{module.id}'", "add items, or leave the module out")


def _repeats(seeds: Seeds) -> Iterator[Finding]:
    """The same question twice: counted once; over two modules it counts for the first."""
    first: dict[str, Seed] = {}
    again: dict[str, list[tuple[Seed, Seed]]] = defaultdict(list)
    for seed in seeds.seeds:
        other = first.setdefault(content_hash(seed.question), seed)
        if other is not seed:
            again[seed.module].append((seed, other))
    for module, pairs in sorted(again.items()):
        named = ", ".join(f"'{a.id}' is '{b.id}'" for a, b in pairs[:_MOST_NAMED])
        more = f" and {len(pairs) - _MOST_NAMED} more" if len(pairs) > _MOST_NAMED else ""
        what = f"{module}: {_items(len(pairs))} asked before: {named}{more}"
        yield Finding("warning", seeds.places[pairs[0][0].id], what, "each question counts once")


def _left_out(seeds: Seeds, source: str) -> Iterator[Finding]:
    if seeds.left_out:
        counts = Counter(dict(seeds.left_out)).most_common()
        named = ", ".join(f"'{value}' ({count})" for value, count in counts[:5])
        more = f" and {len(counts) - 5} other values" if len(counts) > 5 else ""
        yield Finding("warning", source, f"{sum(seeds.left_out.values())} rows are of no module here: {named}{more}")


def _uniform(domain: Domain, seeds: Seeds, source: str) -> Iterator[Finding]:
    """Modules on which a student that always says the same does well."""
    for module in domain.modules:
        mine = [seed for seed in seeds.seeds if seed.module == module.id]
        if len({content_hash(seed.question) for seed in mine}) == 1 and len(mine) > 1:
            yield Finding("error", source, f"{module.id}: all {len(mine)} items are the same question")
        elif domain.grader != "code" and len(mine) > 1:
            common, count = Counter(seed.reference.strip() for seed in mine).most_common(1)[0]
            if count > len(mine) / _FEWEST_REFERENCES and count > 1:
                share = f"{count} of {len(mine)}"
                what = f"{module.id}: {share} references are '{common[:40]}': always saying so scores that much"
                yield Finding("warning", source, what)


def _in_benchmarks(domain: Domain, seeds: Seeds, path: Path, config: RunConfig) -> Iterator[Finding]:
    """Items that the student would be scored on: lessons written after them would teach the benchmark."""
    for number, benchmark in enumerate(load_benchmarks(domain, path)):
        where = place_of(path, ["benchmarks", number])
        if benchmark.problem:
            yield Finding("warning", where, f"{benchmark.name} was not compared: {benchmark.problem}")
            continue
        tutor = config.tutor
        seen = Seen(benchmark.name, benchmark.questions, run=tutor.benchmark_run, threshold=tutor.near_duplicate)
        inside = [seed.id for seed in seeds.seeds if seen.find(seed.question)]
        if inside:
            named = ", ".join(f"'{name}'" for name in inside[:_MOST_NAMED])
            what = f"{_items(len(inside))} found in {benchmark.name}, or nearly: {named}"
            yield Finding("warning", where, what, "leave them out, or do not report scores on it")


def _solutions(seeds: Seeds, by: CodeGrader, source: str) -> Iterator[Finding]:
    """Every solution must pass its own tests; without one the tests may be unpassable, and nobody would know."""
    without = [seed.id for seed in seeds.seeds if seed.id not in seeds.solutions]
    if without:
        what = f"{_items(len(without))} without a solution: whether their tests can be passed was not tried"
        yield Finding("warning", source, what, "give 'solution'")
    for seed in seeds.seeds:
        solution = seeds.solutions.get(seed.id)
        if solution is not None and (outcome := by.run(solution, seed.reference)).verdict != "passed":
            what = f"'{seed.id}': its solution does not pass its own tests ({outcome.detail or outcome.verdict})"
            yield Finding("error", seeds.places[seed.id], what)


def _table(domain: Domain, seeds: Seeds, sizes: PoolSizes, config: RunConfig) -> tuple[list[ModuleRow], list[Finding]]:
    items = split(seeds.seeds, sizes, config.seed)
    shown = Neighbours(config.tutor.near_duplicate)
    for item in items:
        if item.pool == "diagnostic":
            shown.add(item.id, item.question)
    rows, findings = [], []
    for module in domain.modules:
        mine = [item for item in items if item.module == module.id]
        pools: dict[Pool, int] = {"diagnostic": 0, "gate": 0, "held_out": 0}
        for item in mine:
            pools[item.pool] += 1
        pairs = [(i.id, near[0]) for i in mine if i.pool != "diagnostic" and (near := shown.near(i.question))]
        if pairs:
            named = ", ".join(f"'{a}' is nearly '{b}'" for a, b in pairs[:_MOST_NAMED])
            what = (
                f"{module.id}: {_items(len(pairs))} of gate and held-out pool nearly stand in the diagnostic "
                f"pool: {named}"
            )
            do = "vary the wording: lessons like the one will be rejected as contaminated by the other"
            findings.append(Finding("warning", seeds.places[pairs[0][0]], what, do))
        count = sum(seed.module == module.id for seed in seeds.seeds)
        levels = len({item.level for item in mine if item.level is not None})
        lacks = max(0, sizes.total - len(mine))
        rows.append(ModuleRow(module.id, count, len(mine), levels, pools, lacks, len(pairs)))
    return rows, findings


def _fits(rows: Sequence[ModuleRow], config: RunConfig) -> list[str]:
    """Settings under which the smallest module fills its pools; none where it does, or where nothing would."""
    fewest = min((row.distinct for row in rows), default=0)
    gate = config.gate
    if fewest >= pool_sizes(config).total or fewest < 6:
        return []
    attempts = min(gate.attempts, 2)
    probes = max(1, fewest // 4)
    per_look = (fewest - 2 * probes) // attempts
    return [
        f"diagnosis.probes={probes}", f"diagnosis.held_out={probes}", f"gate.items_per_look={per_look}",
        "gate.looks=1", f"gate.attempts={attempts}",
    ]  # fmt: skip


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"
