"""The offline teacher as Tutor: lessons at the granularity asked for."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from tutelage.teachers.offline.contexts import LessonsContext, NotUnderstood, ProbesContext
from tutelage.teachers.offline.skills import LEVELS, SKILLS, Problem, Skill, solve
from tutelage.teachers.offline.tasks import by_task

# How many draws a lesson aimed at wrong answers is chosen from.
AIM = 4
# Draws in a row that bring nothing new before we say that a level is exhausted.
PATIENCE = 400


def lessons(context: LessonsContext, rng: Random) -> dict[str, Any]:
    """Exactly ``count`` lessons, all different, smallest level first, spread over the levels and the seed items.

    Raises:
        NotUnderstood: the module or a level is not of everyday arithmetic, or holds fewer problems than asked for.
    """
    skill = SKILLS.get(context.module.id)
    if skill is None:
        raise NotUnderstood(f"I only know everyday arithmetic, not the module {context.module.id!r}")
    if not (context.seed_items or context.drafts):
        raise NotUnderstood("context: seed_items: there are none")
    if context.task is not None:
        return {"lessons": [lesson_on(skill, problem, seed) for problem, seed in by_task(skill, context, rng)]}
    traits = _hard_traits(skill, context)
    seen = {seed.question for seed in context.seed_items}
    written: list[dict[str, Any]] = []
    for place, level in enumerate(lesson_levels(context)):
        problem = _fresh(skill, level, rng, seen, traits)
        seen.add(problem.question)
        seed = context.seed_items[place % len(context.seed_items)]
        written.append(lesson_on(skill, problem, seed.id))
    return {"lessons": written}


def probes(context: ProbesContext, rng: Random) -> dict[str, Any]:
    """Exactly ``count`` probes, all different, the levels in turn.

    Raises:
        NotUnderstood: the module is not of everyday arithmetic.
    """
    skill = SKILLS.get(context.module.id)
    if skill is None:
        raise NotUnderstood(f"I only know everyday arithmetic, not the module {context.module.id!r}")
    seen: set[str] = set()
    written = []
    for place in range(context.count):
        problem = _fresh(skill, LEVELS[place % len(LEVELS)], rng, seen, Counter())
        seen.add(problem.question)
        written.append({"question": problem.question, "reference": str(problem.working.answer), "level": problem.level})
    return {"probes": written}


def lesson_levels(context: LessonsContext) -> list[int]:
    """The level of each lesson in order: even shares of the levels asked for, smallest first.

    Where none are asked for: all for core; up to what the student has in hand for remedial; from there up for
    bridging. Bridging fills holes, so that no level is skipped.
    """
    levels = sorted(set(context.levels or _usual_levels(context)))
    if not set(levels) <= set(LEVELS):
        raise NotUnderstood(f"levels must be among {list(LEVELS)}, not {levels}")
    if context.kind == "bridging":
        levels = list(range(levels[0], levels[-1] + 1))
    return sorted(levels[place % len(levels)] for place in range(context.count))


def _usual_levels(context: LessonsContext) -> tuple[int, ...]:
    in_hand = min(max(context.student.longest_chain or 1, 1), LEVELS[-1])
    if context.kind == "remedial":
        return LEVELS[:in_hand]
    return LEVELS[in_hand - 1 :] if context.kind == "bridging" else LEVELS


def _hard_traits(skill: Skill, context: LessonsContext) -> Counter[str]:
    """How often each trait stands in the wrong answers; empty for core lessons, which are aimed at nothing."""
    if context.kind == "core":
        return Counter()
    problems = [solve(wrong.question) for wrong in context.student.wrong_answers]
    return Counter(
        trait for problem in problems if problem is not None and problem.skill == skill.id
        for trait in skill.traits(problem.numbers)
    )  # fmt: skip


def _fresh(skill: Skill, level: int, rng: Random, seen: set[str], traits: Counter[str]) -> Problem:
    """A problem that was not drawn yet, as near to the hard traits as a few draws bring it."""
    found: list[Problem] = []
    for _ in range(PATIENCE):
        problem = skill.draw(rng, level)
        if problem.question not in seen:
            found.append(problem)
        if len(found) == (AIM if traits else 1):
            break
    if not found:
        raise NotUnderstood(f"level {level} of {skill.id} holds no further problem")
    return max(found, key=lambda problem: sum(traits[trait] for trait in skill.traits(problem.numbers)))


def lesson_on(skill: Skill, problem: Problem, seed_item: str) -> dict[str, Any]:
    """A problem as a lesson."""
    working = problem.working
    return {
        "seed_item": seed_item,
        "problem": problem.question,
        "steps": list(working.steps),
        "final_answer": str(working.answer),
        "verification": working.check,
        "level": problem.level,
        "adaptation": {
            "concretised": skill.concrete,
            "decomposed": f"{len(working.steps)} steps, one operation each",
            "load": f"level {problem.level} of {len(LEVELS)}: {skill.levels[problem.level - 1]}",
            "format": "one equation a line, then the answer",
            "language": "labels of one word or two",
        },
    }
