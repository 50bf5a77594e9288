"""Three pools that never meet: diagnostic (may be shown to the Tutor), gate (never shown) and held-out (used once)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tutelage.pedagogy.records import Item, Pool


@dataclass(frozen=True)
class Seed:
    """One row of a domain's seed file, bound to its module."""

    id: str
    module: str
    question: str
    reference: str
    level: int | None = None


@dataclass(frozen=True)
class PoolSizes:
    """Items a module must bring: diagnostic and held-out exactly, gate at least."""

    diagnostic: int = 30
    gate: int = 288
    held_out: int = 50

    @property
    def total(self) -> int:
        """Items a module needs in all."""
        return self.diagnostic + self.gate + self.held_out


def normalise(text: str) -> str:
    """Fold case, width, spacing and punctuation between words, so that the same question has one identity."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+(?:[.,]\d+)*|[^\w\s.,;:!?\"']", folded))


def content_hash(question: str) -> str:
    """SHA-256 of the normalised question."""
    return hashlib.sha256(normalise(question).encode()).hexdigest()


def missing_items(seeds: Iterable[Seed], modules: Iterable[str], sizes: PoolSizes) -> dict[str, int]:
    """How many distinct items each module lacks for its pools; only modules that lack any."""
    have = dict.fromkeys(modules, 0)
    for _, seed in _distinct(seeds):
        if seed.module in have:
            have[seed.module] += 1
    return {module: sizes.total - count for module, count in have.items() if count < sizes.total}


def split(seeds: Iterable[Seed], sizes: PoolSizes, run_seed: int) -> tuple[Item, ...]:
    """Bind every seed to one pool, by the hash of its content and the run's seed.

    Duplicates by content keep their first row, whatever their modules: a question must not be shown to the Tutor for
    one module and stand in the gate of another. Within a module the order is that of the hash, and gate attempts draw
    in that order, so which items are fresh next is a function of the seed alone.
    """
    by_module: dict[str, dict[str, Seed]] = {}
    for sha, seed in _distinct(seeds):
        by_module.setdefault(seed.module, {})[sha] = seed
    items: list[Item] = []
    for module in sorted(by_module):
        ordered = sorted(by_module[module].items(), key=lambda pair: rank(run_seed, pair[0]))
        for place, (sha, seed) in enumerate(ordered):
            items.append(
                Item(
                    id=seed.id,
                    module=module,
                    pool=_pool_at(place, sizes),
                    question=seed.question,
                    reference=seed.reference,
                    sha256=sha,
                    level=seed.level,
                )
            )
    return tuple(items)


def _distinct(seeds: Iterable[Seed]) -> Iterator[tuple[str, Seed]]:
    seen: set[str] = set()
    for seed in seeds:
        sha = content_hash(seed.question)
        if sha not in seen:
            seen.add(sha)
            yield sha, seed


def rank(run_seed: int, sha: str) -> str:
    """What a seeded order sorts items by: their content decides, not where they stand."""
    return hashlib.sha256(f"{run_seed}:{sha}".encode()).hexdigest()


def _pool_at(place: int, sizes: PoolSizes) -> Pool:
    if place < sizes.diagnostic:
        return "diagnostic"
    return "held_out" if place < sizes.diagnostic + sizes.held_out else "gate"


def pool_of(items: Iterable[Item], module: str, pool: Pool) -> tuple[Item, ...]:
    """A module's items in one pool, in drawing order."""
    return tuple(item for item in items if item.module == module and item.pool == pool)
