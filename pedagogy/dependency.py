"""How strongly one module stands on another (Eq. 3 of arXiv 2602.12172), and how a cyclic map is mended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx

from tutelage.pedagogy.records import Edge


@dataclass(frozen=True)
class Observation:
    """One moment of the run: the ratio r_i of the prerequisite and the accuracy P_S(j) of the dependent."""

    prerequisite_ratio: float
    dependent_rate: float


def dependency(
    observations: Iterable[Observation], *, high: float = 0.9, low: float = 0.7, epsilon: float = 1e-6
) -> float | None:
    """Eq. 3: [P_S(j | r_i >= high) - P_S(j | r_i < low)] / [P_S(j | r_i >= high) + epsilon], clipped to [0, 1].

    The paper does not say how to estimate the conditionals from one student. We take the run's own history: every
    round observes the pair once more. None until both conditions have been seen.
    """
    seen = list(observations)
    ready = [o.dependent_rate for o in seen if o.prerequisite_ratio >= high]
    unready = [o.dependent_rate for o in seen if o.prerequisite_ratio < low]
    if not ready or not unready:
        return None
    mean_ready = sum(ready) / len(ready)
    mean_unready = sum(unready) / len(unready)
    return min(1.0, max(0.0, (mean_ready - mean_unready) / (mean_ready + epsilon)))


def significant(edges: Iterable[Edge], threshold: float) -> tuple[Edge, ...]:
    """The edges stronger than ``threshold`` (tau_dep), and those the user wrote: the user is not second-guessed."""
    return tuple(e for e in edges if e.source == "user" or e.strength > threshold)


def break_cycles(edges: Sequence[Edge]) -> tuple[tuple[Edge, ...], tuple[Edge, ...]]:
    """Remove the weakest edge of a cycle until none is left. Returns ``(kept, removed)``.

    An edge of the user goes only where a cycle has no other. Equally weak edges are told apart by name, so the same
    map is always mended in the same way.
    """
    kept, removed = list(edges), []
    while (cycle := _a_cycle(kept)) is not None:
        weakest = min(cycle, key=lambda e: (e.source == "user", e.strength, e.prerequisite, e.dependent))
        kept.remove(weakest)
        removed.append(weakest)
    return tuple(kept), tuple(removed)


def _a_cycle(edges: Sequence[Edge]) -> list[Edge] | None:
    by_ends = {(e.prerequisite, e.dependent): e for e in edges}
    graph = nx.DiGraph(sorted(by_ends))
    try:
        return [by_ends[(u, v)] for u, v in nx.find_cycle(graph)]
    except nx.NetworkXNoCycle:
        return None
