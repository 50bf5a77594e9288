"""A domain's items, read and checked before any model is loaded or any teacher asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
from pydantic import ValidationError, field_validator

from tutelage.configs.load import load_domain
from tutelage.configs.schema import Domain, RunConfig
from tutelage.errors import DomainError, ReferenceUnparseable
from tutelage.files import read_json_lines
from tutelage.pedagogy.pools import PoolSizes, Seed, missing_items, split
from tutelage.pedagogy.records import Item, Record
from tutelage.training.code_grader import CodeGrader
from tutelage.training.graders import Grader
from tutelage.training.grading import grader


class SeedRow(Record):
    """A line of a domain's items."""

    id: str
    module: str
    question: str
    reference: str
    level: int | None = None

    @field_validator("reference", mode="before")
    @classmethod
    def _number_as_text(cls, value: object) -> object:
        """A numeric answer is often written as a JSON number."""
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def read_domain(config: RunConfig, config_path: Path) -> tuple[Domain, tuple[Item, ...]]:
    """The domain and its items, each bound to its pool.

    Raises:
        InputError: the first thing wrong with them, with file and line.
    """
    path = config_path.parent / config.domain
    if not path.exists():
        raise DomainError("no such domain file", where=path, do=f"'domain' in {config_path} is relative to that file")
    domain = load_domain(path)
    _check_modules(domain, path)
    seeds = _read_seeds(path.parent / domain.items, domain, grader_of(config, domain))
    sizes = PoolSizes(config.diagnosis.probes, config.gate.items_needed, config.diagnosis.held_out)
    if lacking := missing_items(seeds, [m.id for m in domain.modules], sizes):
        raise DomainError(
            "too few items for the pools: " + ", ".join(f"{k} lacks {n}" for k, n in sorted(lacking.items())),
            where=path.parent / domain.items,
            do=f"a module needs {sizes.total} distinct items ({sizes.diagnostic} diagnostic, {sizes.gate} gate, "
            f"{sizes.held_out} held-out); add items, or lower diagnosis.probes, diagnosis.held_out or the gate's "
            "items_per_look, looks or attempts",
        )
    return domain, split(seeds, sizes, config.seed)


def grader_of(config: RunConfig, domain: Domain) -> Grader:
    """The domain's grader.

    Raises:
        SandboxUnavailable: it runs programs, and nothing here can hold them.
    """
    found = grader(domain.grader, config.code, domain.least_rouge)
    if isinstance(found, CodeGrader):
        found.check()
    return found


def _check_modules(domain: Domain, path: Path) -> None:
    ids = [m.id for m in domain.modules]
    if twice := sorted({k for k in ids if ids.count(k) > 1}):
        raise DomainError(f"module {twice[0]} stands twice", where=path)
    graph = nx.DiGraph()
    for module in domain.modules:
        for prerequisite in module.prerequisites or ():
            if prerequisite not in ids:
                raise DomainError(f"{module.id}: no module '{prerequisite}' to be a prerequisite", where=path)
            graph.add_edge(prerequisite, module.id)
    try:
        cycle = [u for u, _ in nx.find_cycle(graph)]
    except nx.NetworkXNoCycle:
        return
    raise DomainError(
        f"the prerequisites have a cycle: {' -> '.join([*cycle, cycle[0]])}", where=path, do="remove one of them"
    )


def _read_seeds(path: Path, domain: Domain, judge: Grader) -> list[Seed]:
    modules = {m.id for m in domain.modules}
    first: dict[str, int] = {}
    seeds = []
    for line, value in read_json_lines(path):
        row = _row(value, f"{path}:{line}")
        if row.id in first:
            raise DomainError(f"id '{row.id}' stands on line {first[row.id]} already", where=f"{path}:{line}")
        if row.module not in modules:
            raise DomainError(
                f"no module '{row.module}'", where=f"{path}:{line}", do=f"modules here: {', '.join(sorted(modules))}"
            )
        try:
            judge.check_reference(row.reference)
        except ReferenceUnparseable as error:
            raise DomainError(f"reference of '{row.id}': {error.what}", where=f"{path}:{line}") from error
        first[row.id] = line
        seeds.append(Seed(row.id, row.module, row.question, row.reference, row.level))
    if not seeds:
        raise DomainError("no items in it", where=path)
    _check_contradictions(seeds, first, path)
    return seeds


def _row(value: Mapping[str, Any], where: str) -> SeedRow:
    try:
        row = SeedRow.model_validate(value)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"]))
        raise DomainError(f"{key}: {problem['msg']}", where=where) from error
    for key in ("id", "question", "reference"):
        if not getattr(row, key).strip():
            raise DomainError(f"{key} is empty", where=where)
    return row


def _check_contradictions(seeds: Sequence[Seed], lines: Mapping[str, int], path: Path) -> None:
    seen: dict[tuple[str, str], Seed] = {}
    for seed in seeds:
        other = seen.setdefault((seed.module, " ".join(seed.question.split())), seed)
        if other.reference.strip() != seed.reference.strip():
            raise DomainError(
                f"'{seed.id}' and '{other.id}' ask the same and want different answers",
                where=f"{path}:{lines[seed.id]}",
            )
