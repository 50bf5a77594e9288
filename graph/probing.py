"""The diagnosis's probes, look by look, until each module's verdict is clear."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tutelage.graph.context import RunContext
from tutelage.graph.measure import Examiner, of, teacher_attempts
from tutelage.graph.rundir import part_name
from tutelage.pedagogy.gap import Diagnosis
from tutelage.pedagogy.profile import measured
from tutelage.pedagogy.records import Attempt, Item


@dataclass(frozen=True)
class Probed:
    """The attempts of student and teacher at a module's diagnostic items, in drawing order."""

    student: list[Attempt]
    teacher: list[Attempt]

    def diagnosis(self, module: str) -> Diagnosis:
        """What they measure."""
        return Diagnosis(module, measured(self.student), measured(self.teacher))


async def probe(ctx: RunContext, examiner: Examiner, modules: Sequence[str]) -> dict[str, Probed]:
    """The attempts by module. Only modules that may still lie on either side of tau_gap are asked on.

    Both are asked the same items, with one exception: a teacher that errs is asked all of the module, since a few
    answers measure P_T only where they are all right.

    Args:
        ctx: The run.
        examiner: Who probes the untaught student.
        modules: All modules.
    """
    config = ctx.config.diagnosis
    found = {k: Probed([], []) for k in modules}
    asking = list(modules)
    for number in range(config.looks):
        pools = {k: ctx.of_module(k, "diagnostic") for k in asking}
        end = {k: math.ceil(len(pools[k]) * (number + 1) / config.looks) for k in asking}
        items = [item for k in asking for item in pools[k][len(found[k].student) : end[k]]]
        if not items:
            break
        part = part_name(0, "diagnose", *([f"look{number + 1}"] if config.looks > 1 else []))
        await _ask_teacher(ctx, part, items, found)
        attempts = await examiner.attempts(part, items, "probing the student")
        for k in asking:
            found[k].student.extend(of(k, items, attempts))
        asking = [k for k in asking if not found[k].diagnosis(k).is_clear(config.gap_threshold)]
    return found


async def _ask_teacher(ctx: RunContext, part: str, items: Sequence[Item], found: Mapping[str, Probed]) -> None:
    """Have the teacher answer what it has not answered yet of these items, and all of a module in which it errs."""

    async def ask(part: str, wanted: Sequence[Item]) -> None:
        answered = {attempt.probe for probed in found.values() for attempt in probed.teacher}
        new = [item for item in wanted if item.id not in answered]
        if new:
            attempts = await teacher_attempts(ctx, part, new, 0, "probing the teacher")
            for k, probed in found.items():
                probed.teacher.extend(of(k, new, attempts))

    await ask(part, items)
    errs = [k for k, probed in found.items() if any(attempt.grade != "right" for attempt in probed.teacher)]
    await ask(f"{part}-rest", [item for k in errs for item in ctx.of_module(k, "diagnostic")])
