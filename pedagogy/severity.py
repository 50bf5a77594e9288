"""What to teach first: severity and targets (Eq. 4 and 5 of arXiv 2602.12172)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from tutelage.pedagogy.records import Edge


def severity(module: str, gaps: Mapping[str, float], edges: Sequence[Edge], *, alpha: float = 0.7) -> float:
    """Eq. 4: alpha * gap(k) + (1 - alpha) * mean of Dep(k -> k') over the modules k' that stand on k.

    A module on which nothing stands has 0 for the mean.
    """
    outgoing = [e.strength for e in edges if e.prerequisite == module]
    mean_dependency = sum(outgoing) / len(outgoing) if outgoing else 0.0
    return alpha * gaps[module] + (1 - alpha) * mean_dependency


def targets(
    severities: Mapping[str, float], edges: Iterable[Edge], *, share: float = 1.0, at_most: int | None = None
) -> tuple[str, ...]:
    """Eq. 5: the most severe ``share`` of the deficient modules, and the deficient prerequisites they stand on.

    Args:
        severities: Severity of every deficient module.
        edges: The prerequisite edges of the map.
        share: Part of the deficient modules taken in this pass, in (0, 1]; at least one is taken.
        at_most: A cap on the number taken before prerequisites join them.

    Returns:
        Module ids, most severe first; ties by id.
    """
    ranked = sorted(severities, key=lambda k: (-severities[k], k))
    count = math.ceil(share * len(ranked))
    chosen = set(ranked[: count if at_most is None else min(count, at_most)])
    parents: dict[str, set[str]] = {}
    for edge in edges:
        parents.setdefault(edge.dependent, set()).add(edge.prerequisite)
    frontier = list(chosen)
    while frontier:
        for parent in parents.get(frontier.pop(), set()):
            if parent in severities and parent not in chosen:
                chosen.add(parent)
                frontier.append(parent)
    return tuple(k for k in ranked if k in chosen)
