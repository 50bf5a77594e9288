"""The diagnosis's probes, look by look, until each module's verdict is clear."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tutelage.graph.context import RunContext
from tutelage.graph.measure import Examiner, of
from tutelage.graph.rundir import part_name
from tutelage.pedagogy.gap import Diagnosis
from tutelage.pedagogy.profile import measured
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Attempt


async def probe_student(
    ctx: RunContext, examiner: Examiner, modules: Sequence[str], teacher: Mapping[str, Rate]
) -> dict[str, list[Attempt]]:
    """The student's attempts by module. Only modules that may still lie on either side of tau_gap are asked on.

    Args:
        ctx: The run.
        examiner: Who probes the untaught student.
        modules: All modules.
        teacher: P_T, by module, on all of its diagnostic items.
    """
    config = ctx.config.diagnosis
    seen: dict[str, list[Attempt]] = {k: [] for k in modules}
    asking = list(modules)
    for number in range(config.looks):
        pools = {k: ctx.of_module(k, "diagnostic") for k in asking}
        end = {k: math.ceil(len(pools[k]) * (number + 1) / config.looks) for k in asking}
        items = [item for k in asking for item in pools[k][len(seen[k]) : end[k]]]
        if not items:
            break
        part = part_name(0, "diagnose", *([f"look{number + 1}"] if config.looks > 1 else []))
        attempts = await examiner.attempts(part, items, "probing the student")
        for k in asking:
            seen[k] += of(k, items, attempts)
        found = [Diagnosis(k, measured(seen[k]), teacher[k]) for k in asking]
        asking = [one.module for one in found if not one.is_clear(config.gap_threshold)]
    return seen
