"""A domain's items, read and checked before any model is loaded or any teacher asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import networkx as nx

from tutelage.configs.load import load_domain
from tutelage.configs.schema import Domain, RunConfig
from tutelage.errors import ConfigError, DomainError
from tutelage.graph.seeds import Finding, Seeds, read_seeds
from tutelage.graph.sources import file_of, read_file, read_hub
from tutelage.pedagogy.pools import PoolSizes, missing_items, split
from tutelage.pedagogy.records import Item
from tutelage.training.code_grader import CodeGrader
from tutelage.training.graders import Grader
from tutelage.training.grading import ANSWER_TOKENS, grader
from tutelage.training.source import located


def read_domain(config: RunConfig, config_path: Path) -> tuple[Domain, tuple[Item, ...]]:
    """The domain and its items, each bound to its pool.

    Raises:
        InputError: the first thing wrong with them, with file and line.
    """
    path = config_path.parent / config.domain
    if not path.exists():
        raise DomainError("no such domain file", where=path, do=f"'domain' in {config_path} is relative to that file")
    domain = load_domain(path).taught_from(config.source)
    check_modules(domain, path)
    check_taught(config, domain)
    seeds = domain_seeds(domain, path, config.source, grader_of(config, domain))
    sizes = pool_sizes(config)
    source = source_name(domain, path, config.source)
    if errors := [f for f in (*seeds.findings, *lacking(seeds, domain, sizes, source)) if f.kind == "error"]:
        raise errors[0].raised()
    return domain, split(seeds.seeds, sizes, config.seed)


def check_taught(config: RunConfig, domain: Domain) -> None:
    """Seeds are lessons as they stand only where their references are answers.

    Raises:
        ConfigError: they are to be, and theirs are tests.
    """
    if config.strategy.name == "sft" and domain.grader == "code":
        raise ConfigError(
            "the strategy sft teaches the references of the seeds, and those of the grader 'code' are tests",
            where=config.domain,
            do="take cot, which teaches the programs that the teacher writes and these tests pass",
        )


def with_answer_tokens(config: RunConfig, domain: Domain) -> RunConfig:
    """The configuration with the longest answer of the student filled in, where it leaves that to the grader."""
    answering = config.student.answering
    if answering.max_new_tokens is not None:
        return config
    filled = answering.model_copy(update={"max_new_tokens": ANSWER_TOKENS[domain.grader]})
    return config.model_copy(update={"student": config.student.model_copy(update={"answering": filled})})


def with_models_located(config: RunConfig, beside: Path) -> RunConfig:
    """The configuration with the models' folders from the root: a run may be gone on with from anywhere.

    Args:
        config: As it was read.
        beside: Folder of its file.
    """
    student = config.student.model_copy(update={"model": located(config.student.model, beside)})
    training = config.training
    if training.distil is not None:
        distil = training.distil.model_copy(update={"teacher": located(training.distil.teacher, beside)})
        training = training.model_copy(update={"distil": distil})
    return config.model_copy(update={"student": student, "training": training})


def pool_sizes(config: RunConfig) -> PoolSizes:
    """How many items of each pool a module must bring."""
    return PoolSizes(config.diagnosis.probes, config.gate.items_needed, config.diagnosis.held_out)


def grader_of(config: RunConfig, domain: Domain) -> Grader:
    """The domain's grader.

    Raises:
        SandboxUnavailable: it runs programs, and nothing here can hold them.
    """
    found = grader(domain.grader, config.code, domain.least_rouge)  # pyright: ignore[reportArgumentType] - frozen, so it hashes
    if isinstance(found, CodeGrader):
        found.check()
    return found


def source_name(domain: Domain, path: Path, source: str) -> str:
    """What a domain's items come from, for complaints."""
    if source == "hub" and domain.hub is not None:
        return f"{domain.hub.id}[{domain.hub.split}]"
    return str(file_of(domain.items, path.parent))


def domain_seeds(domain: Domain, path: Path, source: str, by: Grader) -> Seeds:
    """The seed items of a domain, from its file or from the hub.

    Raises:
        DomainError: the run asks for the hub and the domain names no data set there, or the hub cannot be read.
    """
    name = source_name(domain, path, source)
    if source == "items":
        rows, columns, expected = read_file(file_of(domain.items, path.parent)), domain.columns, domain.sha256
    elif domain.hub is None:
        raise DomainError(
            "the run says source: hub, and the domain names no data set there", where=path, do="add 'hub'"
        )
    else:
        hub = domain.hub
        rows = read_hub(hub.id, hub.config, hub.split, hub.revision, f"{path}: hub")
        columns, expected = hub.columns, hub.sha256
    seeds = read_seeds(rows, columns, domain, by, name)
    if expected is not None and seeds.sha256 != expected and not seeds.findings:
        raise DomainError(
            f"the items have changed: their SHA-256 is {seeds.sha256}", where=path, do="restore them, or say this hash"
        )
    return seeds


def lacking(seeds: Seeds, domain: Domain, sizes: PoolSizes, source: str) -> list[Finding]:
    """Modules that have fewer distinct items than their pools need, as one finding."""
    lack = missing_items(seeds.seeds, [m.id for m in domain.modules], sizes)
    if not lack:
        return []
    what = "too few items for the pools: " + ", ".join(f"{k} lacks {n}" for k, n in sorted(lack.items()))
    do = (
        f"a module needs {sizes.total} distinct items ({sizes.diagnostic} diagnostic, {sizes.gate} gate, "
        f"{sizes.held_out} held-out); add items, or lower diagnosis.probes, diagnosis.held_out or the gate's "
        "items_per_look, looks or attempts"
    )
    return [Finding("error", source, what, do)]


def check_modules(domain: Domain, path: Path) -> None:
    """The modules have distinct ids, and prerequisites among themselves without a cycle.

    Raises:
        DomainError: they have not.
    """
    ids = [m.id for m in domain.modules]
    if twice := sorted({k for k in ids if ids.count(k) > 1}):
        raise DomainError(f"module {twice[0]} stands twice", where=path)
    graph = nx.DiGraph()
    for module in domain.modules:
        for prerequisite in module.prerequisites or ():
            if prerequisite not in ids:
                raise DomainError(f"{module.id}: no module '{prerequisite}' to be a prerequisite", where=path)
            graph.add_edge(prerequisite, module.id)
    if cycle := _cycle(graph):
        raise DomainError(
            f"the prerequisites have a cycle: {' -> '.join([*cycle, cycle[0]])}", where=path, do="remove one of them"
        )


def _cycle(graph: nx.DiGraph) -> Sequence[str]:
    try:
        return [u for u, _ in nx.find_cycle(graph)]
    except nx.NetworkXNoCycle:
        return []
