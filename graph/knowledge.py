"""The knowledge map of a run as it stands, and what its history says of the edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tutelage.graph.context import RunContext
from tutelage.graph.records import Reading
from tutelage.pedagogy.dependency import Observation, break_cycles, dependency
from tutelage.pedagogy.records import Edge, KnowledgeMap
from tutelage.pedagogy.standing import Standing


def read_map(ctx: RunContext) -> KnowledgeMap:
    """The knowledge map that the Diagnostician drew."""
    return KnowledgeMap.model_validate_json((ctx.rundir.root / "knowledge_map.json").read_bytes())


def reestimate(
    edges: Sequence[Edge], readings: Sequence[Reading], standings: Mapping[str, Standing]
) -> tuple[Edge, ...]:
    """Eq. 3 from the run's own history, where both of its conditions have been seen; user edges stay as they are."""
    teacher = {k: s.teacher_rate.value for k, s in standings.items()}
    found = []
    for edge in edges:
        strength = None
        if edge.source != "user" and teacher[edge.prerequisite] > 0:
            strength = dependency(_observations(edge, readings, teacher[edge.prerequisite]))
        observed = None if strength is None else {"strength": round(strength, 4), "source": "observed"}
        found.append(edge.model_copy(update=observed))
    return break_cycles(found)[0]


def _observations(edge: Edge, readings: Sequence[Reading], teacher: float) -> list[Observation]:
    """Each measurement of the dependent, beside the latest one of the prerequisite."""
    latest: float | None = None
    found = []
    for round_number in sorted({r.round for r in readings}):
        now = {r.module: r.right / r.n for r in readings if r.round == round_number}
        latest = now.get(edge.prerequisite, latest)
        if edge.dependent in now and latest is not None:
            found.append(Observation(latest / teacher, now[edge.dependent]))
    return found
