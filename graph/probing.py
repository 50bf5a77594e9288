"""The diagnosis's probes, look by look, until each module's verdict is clear."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tutelage.configs.schema import DiagnosisConfig
from tutelage.graph.context import RunContext
from tutelage.graph.measure import Examiner, interleaved, of, teacher_attempts
from tutelage.graph.rundir import part_name
from tutelage.pedagogy.gap import Diagnosis
from tutelage.pedagogy.profile import measured
from tutelage.pedagogy.records import Attempt, Item

ENOUGH = 7
"""Right answers in a row by which a teacher is taken for always right, where looks are taken: one that has seven tenths
of a module in hand gives them once in twelve times."""


@dataclass(frozen=True)
class Probed:
    """The attempts of student and teacher at a module's diagnostic items, in drawing order."""

    student: list[Attempt]
    teacher: list[Attempt]

    def diagnosis(self, module: str) -> Diagnosis:
        """What they measure."""
        return Diagnosis(module, measured(self.student), measured(self.teacher) if self.teacher else None)


async def probe(ctx: RunContext, examiner: Examiner, modules: Sequence[str]) -> dict[str, Probed]:
    """The attempts by module. Only modules that may still lie on either side of tau_gap are asked on.

    The student is asked first. A module that it has in hand beside a teacher that is always right it has in hand beside
    any: of such a module the teacher is asked nothing, and the student, where what it knows is rehearsed in its own
    words (``tutor.keep_by``), as many questions as that takes. Of every other one the teacher is asked what its student
    was, in looks no more than ``ENOUGH``; one that errs is asked all of the module, since a few answers measure P_T
    only where they are all right.

    Args:
        ctx: The run.
        examiner: Who probes the untaught student.
        modules: All modules.
    """
    config, tutor = ctx.config.diagnosis, ctx.config.tutor
    kept = tutor.kept if config.informs and tutor.keep_by == "student" else 0
    found = {k: Probed([], []) for k in modules}
    asking = list(modules)
    for number in range(config.looks):
        pools = {k: ctx.of_module(k, "diagnostic") for k in asking}
        end = {k: math.ceil(len(pools[k]) * (number + 1) / config.looks) for k in asking}
        end |= {k: max(end[k], kept) for k in asking if found[k].student and _clear(found[k], k, config)}
        items = [item for k in asking for item in pools[k][len(found[k].student) : end[k]]]
        if not items:
            break
        part = part_name(0, "diagnose", *([f"look{number + 1}"] if config.looks > 1 else []))
        attempts = await examiner.attempts(part, items, "probing the student")
        for k in asking:
            found[k].student.extend(of(k, items, attempts))
        last = number == config.looks - 1
        lacking = [k for k in asking if _lacks(found[k].diagnosis(k), config, last)]
        most = {k: end[k] if config.looks == 1 else min(end[k], ENOUGH) for k in lacking}
        await _ask_teacher(ctx, part, {k: pools[k][: most[k]] for k in lacking}, found)
        asking = [k for k in asking if not _ends(found[k], k, config, kept)]
    return found


def _clear(probed: Probed, module: str, config: DiagnosisConfig) -> bool:
    return probed.diagnosis(module).is_clear(config.gap_threshold)


def _ends(probed: Probed, module: str, config: DiagnosisConfig, kept: int) -> bool:
    """Whether enough was asked. What is clearly known is asked what is wanting of its answers in one more look."""
    if not _clear(probed, module, config):
        return False
    return len(probed.student) >= kept or probed.diagnosis(module).standing(config.gap_threshold) != "known"


def _lacks(diagnosis: Diagnosis, config: DiagnosisConfig, last: bool) -> bool:
    """Whether P_T is needed: the student's own answers leave a gap, or all modules are taught whatever it knows."""
    if not (last or diagnosis.is_clear(config.gap_threshold)):
        return False
    return not config.informs or diagnosis.standing(config.gap_threshold) != "known"


async def _ask_teacher(
    ctx: RunContext, part: str, items: Mapping[str, Sequence[Item]], found: Mapping[str, Probed]
) -> None:
    """Have the teacher answer what it has not answered yet of these items, and all of a module in which it errs.

    Where a cap ends that, and the run goes on with what it has, every module has as many answers as the others.

    Args:
        ctx: The run.
        part: Of the run's records.
        items: By module.
        found: What there is so far; the answers are added.
    """

    async def ask(part: str, wanted: Sequence[Item]) -> None:
        answered = {attempt.probe for probed in found.values() for attempt in probed.teacher}
        new = [item for item in wanted if item.id not in answered]
        if new:
            attempts = await teacher_attempts(ctx, part, new, 0, "probing the teacher", as_paid=True)
            for k, probed in found.items():
                probed.teacher.extend(of(k, new, attempts))

    await ask(part, interleaved(items.values()))
    errs = [k for k in items if any(attempt.grade != "right" for attempt in found[k].teacher)]
    await ask(f"{part}-rest", interleaved(ctx.of_module(k, "diagnostic") for k in errs))
