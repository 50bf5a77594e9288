"""``tutelage status``: how a run stands, in a few plain lines."""

from __future__ import annotations

from collections.abc import Awaitable

from tutelage.graph.estimate import resolution
from tutelage.graph.manifest import Manifest
from tutelage.graph.state import State, standings_of


async def lines(snapshot: Awaitable[tuple[Manifest, State, tuple[str, ...]]]) -> list[str]:
    """What ``tutelage status`` prints."""
    manifest, state, following = await snapshot
    where = f"ended: {state.get('outcome', 'unfinished')}" if not following else f"next: {', '.join(following)}"
    found = [
        f"{manifest.name}: student {manifest.student.name}, seed {manifest.config.seed}, started {manifest.started}",
        f"stage {state.get('stage', 0)}, round {state.get('round', 0)}, {where}",
    ]
    found.append(resolution(manifest.config))
    for module, standing in (standings_of(state) if "standings" in state else {}).items():
        right, n = standing.student
        found.append(f"{module}: {standing.status}, {right} of {n} right, {len(standing.ratios)} gate attempts")
    return found
