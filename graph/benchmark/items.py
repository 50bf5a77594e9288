"""A benchmark of a domain's file: which items are asked, in which order, and what names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pydantic import JsonValue

from tutelage.configs.load import load_domain
from tutelage.configs.schema import Domain, RunConfig
from tutelage.errors import DomainError
from tutelage.files import canonical_json
from tutelage.graph.inputs import check_modules, domain_seeds, grader_of, source_name
from tutelage.graph.rundir import digest
from tutelage.pedagogy.pools import PoolSizes, Seed, rank, split
from tutelage.pedagogy.records import Item
from tutelage.training.graders import Grader
from tutelage.training.grading import ANSWER_TOKENS

SHIPPED = Path(str(resources.files("tutelage.configs"))) / "domains"
_LIMIT = "student.answering.max_new_tokens"


@dataclass(frozen=True)
class Benchmark:
    """A domain that is asked about and not taught.

    Attributes:
        config: The run's, with the student's longest answer as this domain's grader wants it.
        source: The file of its items.
        items_sha256: Of all items as they were read.
        available: How many distinct items there are.
        items: Those that are asked, in order.
    """

    domain: Domain
    config: RunConfig
    grader: Grader
    source: str
    items_sha256: str
    available: int
    items: tuple[Item, ...]
    seed: int

    @property
    def settings(self) -> dict[str, JsonValue]:
        """What a score depends on besides the items and whoever answers."""
        answering = self.config.student.answering
        return {
            "grader": self.domain.grader,
            "answer_instruction": self.domain.answer_instruction,
            "least_rouge": self.domain.least_rouge,
            "seed": self.seed,
            "system_prompt": answering.system_prompt,
            "max_new_tokens": answering.limit,
            "stop": list(answering.stop),
            "precision": answering.precision,
            "teacher_answer_tokens": self.config.teachers.answer_tokens,
            "judge": self.config.teachers.for_role("judge") if self.domain.grader == "judge" else None,
            "code": self.config.code.model_dump(mode="json") if self.domain.grader == "code" else None,
        }

    @property
    def key(self) -> str:
        """Of the items that are asked and the settings."""
        return digest(self.items_sha256, canonical_json(self.settings), *(item.id for item in self.items))


def read_benchmark(named: str, config: RunConfig, overrides: Sequence[str], items: int | None, seed: int) -> Benchmark:
    """A benchmark, read and checked before anything is loaded or asked.

    Args:
        named: A domain's file, or the name of one that is shipped.
        config: The run's configuration.
        overrides: What the command line lays over it.
        items: How many items to ask; None: all.
        seed: Of their order.

    Raises:
        InputError: there is no such domain, something is wrong with it, or no sandbox can hold its answers.
    """
    path = _find(named)
    domain = load_domain(path)
    check_modules(domain, path)
    by = grader_of(config, domain)
    seeds = domain_seeds(domain, path, "items", by)
    if errors := [found for found in seeds.findings if found.kind == "error"]:
        raise errors[0].raised()
    chosen = in_order(seeds.seeds, seed)
    return Benchmark(
        domain=domain,
        config=_answering(config, domain, overrides),
        grader=by,
        source=domain.items if domain.items.startswith("package:") else source_name(domain, path, "items"),
        items_sha256=seeds.sha256,
        available=len(chosen),
        items=chosen[:items],
        seed=seed,
    )


def in_order(seeds: Sequence[Seed], seed: int) -> tuple[Item, ...]:
    """The distinct items of all modules in one seeded order, the same wherever they stand in their file."""
    items = split(seeds, PoolSizes(diagnostic=0, gate=0, held_out=len(seeds)), seed)
    return tuple(sorted(items, key=lambda item: rank(seed, item.sha256)))


def _find(named: str) -> Path:
    if named.endswith((".yaml", ".yml")):
        path = Path(named)
        if path.is_file():
            return path
        raise DomainError("no such domain file", where=path)
    path = SHIPPED / f"{named}.yaml"
    known = sorted(shipped.stem for shipped in SHIPPED.glob("*.yaml"))
    if named not in known:
        raise DomainError(
            f"no benchmark '{named}'", where="--on", do=f"give a domain's file, or one of: {', '.join(known)}"
        )
    return path


def _answering(config: RunConfig, domain: Domain, overrides: Sequence[str]) -> RunConfig:
    """The longest answer is the run's own domain's; unless it is said anew, this one's grader says it."""
    if any(text.partition("=")[0] == _LIMIT for text in overrides):
        return config
    answering = config.student.answering.model_copy(update={"max_new_tokens": ANSWER_TOKENS[domain.grader]})
    return config.model_copy(update={"student": config.student.model_copy(update={"answering": answering})})
