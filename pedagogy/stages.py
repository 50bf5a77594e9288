"""In what order to teach: stages as a layered topological order (Eq. 7 of arXiv 2602.12172)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import networkx as nx

from tutelage.pedagogy.records import Edge

Stages = tuple[tuple[str, ...], ...]


def stages(modules: Collection[str], edges: Iterable[Edge]) -> Stages:
    """Eq. 7: a module enters a stage once every prerequisite among ``modules`` stands in an earlier one.

    Prerequisites outside ``modules`` (mastered, or known from the start) hold nothing up.

    Raises:
        ValueError: the edges have a cycle among the modules (mend it first: ``dependency.break_cycles``).
    """
    graph = nx.DiGraph()
    graph.add_nodes_from(sorted(modules))
    graph.add_edges_from((e.prerequisite, e.dependent) for e in edges if {e.prerequisite, e.dependent} <= set(modules))
    try:
        return tuple(tuple(sorted(layer)) for layer in nx.topological_generations(graph))
    except nx.NetworkXUnfeasible as error:
        raise ValueError("the prerequisites have a cycle") from error


def respects(order: Stages, modules: Collection[str], edges: Iterable[Edge]) -> bool:
    """Whether ``order`` holds each module exactly once and puts every prerequisite in a strictly earlier stage."""
    place = {module: index for index, stage in enumerate(order) for module in stage}
    if sorted(place) != sorted(modules) or sum(map(len, order)) != len(place):
        return False
    inside = [e for e in edges if e.prerequisite in place and e.dependent in place]
    return all(place[e.prerequisite] < place[e.dependent] for e in inside)


def held_back(stalled: Collection[str], edges: Sequence[Edge]) -> frozenset[str]:
    """Every module that stands, directly or through others, on a stalled one: it is never silently passed."""
    graph = nx.DiGraph([(e.prerequisite, e.dependent) for e in edges])
    below: set[str] = set()
    for module in set(stalled) & set(graph):
        below |= nx.descendants(graph, module)
    return frozenset(below - set(stalled))
