"""How steep the next step may be: the zone of proximal development (Eq. 8 of arXiv 2602.12172), in both readings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from tutelage.pedagogy.records import Record

ZpdRule = Literal["difficulty", "paper", "none", "help"]


def difficulty(student_rate: float, teacher_rate: float) -> float:
    """d(k) = 1 - P_S(k) / P_T(k), in [0, 1]: 0 as easy as for the teacher, 1 out of the student's reach.

    Raises:
        ValueError: P_T = 0.
    """
    if teacher_rate <= 0:
        raise ValueError("difficulty is undefined for a module its teacher never gets right")
    return min(1.0, max(0.0, 1 - student_rate / teacher_rate))


def step_within_zone(
    current: Collection[str],
    following: Collection[str],
    student: Mapping[str, float],
    teacher: Mapping[str, float],
    *,
    rule: ZpdRule = "difficulty",
    limit: float = 0.15,
) -> bool:
    """Whether the step from the modules in hand to the next ones is small enough.

    ``paper``: Eq. 8 as printed, mean P_S(next) - mean P_S(current) <= limit * mean P_S(current). It bounds a step to
    something *easier*, and lets a fall from 0.80 to 0.05 pass; kept for fidelity.

    ``difficulty`` (ours): mean d(next) - mean d(current) <= limit.

    ``none``, an ablation: every step is.

    The rule speaks of consecutive stages: a first step, with nothing in hand yet, is always within.
    """
    if not following or not current or rule == "none":
        return True
    if rule == "paper":
        before = _mean([student[k] for k in current])
        return _mean([student[k] for k in following]) - before <= limit * before
    before = _mean([difficulty(student[k], teacher[k]) for k in current])
    return _mean([difficulty(student[k], teacher[k]) for k in following]) - before <= limit


def split_stage(
    stage: Collection[str],
    current: Collection[str],
    student: Mapping[str, float],
    teacher: Mapping[str, float],
    *,
    rule: ZpdRule = "difficulty",
    limit: float = 0.15,
) -> tuple[tuple[str, ...], ...]:
    """Split a stage whose step is too steep into parts of growing difficulty that each fit, easiest first.

    A split must help: what no split brings within the zone stays together, and is entered through bridging.
    """
    rest = sorted(stage, key=lambda k: (difficulty(student[k], teacher[k]), k))
    parts: list[tuple[str, ...]] = []
    while rest:
        sizes = range(len(rest), 0, -1)
        size = next(
            (n for n in sizes if step_within_zone(current, rest[:n], student, teacher, rule=rule, limit=limit)), None
        )
        part = rest if size is None else rest[:size]
        parts.append(tuple(part))
        current, rest = part, rest[len(part) :]
    return tuple(parts)


class Help(Record):
    """What help does for the student on one module: the direct reading of the zone.

    An item is in the zone when the student fails it alone and solves it with a worked example of another one before it.

    Attributes:
        failed: Items that it fails alone, and for which there was a worked example.
        solved: Those of them that it then solves.
    """

    failed: int
    solved: int

    @property
    def share(self) -> float:
        """Share of the failed items that are in the zone; 1 where nothing was failed: there is no step to take."""
        return self.solved / self.failed if self.failed else 1.0


def within_reach(modules: Collection[str], helped: Mapping[str, Help], *, least: float) -> tuple[str, ...]:
    """Of these modules those in the zone by help, in their order. A module that was not measured is taken to be."""
    return tuple(k for k in modules if k not in helped or helped[k].share >= least)


def _mean(values: Collection[float]) -> float:
    return sum(values) / len(values)
