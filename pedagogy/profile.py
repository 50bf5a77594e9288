"""What the Tutor is told of the student: measured, module by module, on diagnostic probes only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tutelage.pedagogy.rates import Rate, ratio
from tutelage.pedagogy.records import Attempt, Item, Misconception, StudentProfile, WrongAnswer


def measured(attempts: Iterable[Attempt]) -> Rate:
    """The rate of right answers. An unparseable answer is not a right one.

    Raises:
        ValueError: there are no attempts.
    """
    grades = [attempt.grade for attempt in attempts]
    return Rate(grades.count("right"), len(grades))


def by_level(items: Mapping[str, Item], attempts: Iterable[Attempt]) -> dict[int, Rate]:
    """Rates by item level; items without a level are left out.

    Args:
        items: The probe items by id.
        attempts: Attempts on any of them.
    """
    groups: dict[int, list[Attempt]] = {}
    for attempt in attempts:
        level = items[attempt.probe].level
        if level is not None:
            groups.setdefault(level, []).append(attempt)
    return {level: measured(group) for level, group in sorted(groups.items())}


def build_profile(
    module: str,
    items: Mapping[str, Item],
    attempts: Sequence[Attempt],
    teacher: Rate,
    misconceptions: Sequence[Misconception] = (),
    *,
    shown: int = 8,
) -> StudentProfile:
    """The student's profile on a module, with at most ``shown`` of its wrong answers, smallest instances first."""
    wrong = [
        WrongAnswer(
            probe=a.probe,
            question=items[a.probe].question,
            reference=items[a.probe].reference,
            response=a.response,
            level=items[a.probe].level,
        )
        for a in attempts
        if a.grade != "right"
    ]
    wrong.sort(key=lambda w: (w.level or 0, w.probe))
    rate = measured(attempts)
    levels = by_level(items, attempts)
    return StudentProfile(
        module=module,
        rate=rate.value,
        ratio=ratio(rate, teacher),
        wrong_answers=tuple(wrong[:shown]),
        misconceptions=tuple(misconceptions),
        longest_chain=max((level for level, r in levels.items() if r.value > 0.5), default=None),
    )
