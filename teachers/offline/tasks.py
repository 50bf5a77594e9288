"""The offline teacher as the writer of the other strategies: which problems each of their prompts asks for."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tutelage.teachers.offline.contexts import LessonsContext, NotUnderstood, SeedContext
from tutelage.teachers.offline.skills import LEVELS, Problem, Skill, solve

# Draws in a row that bring nothing new before we say that there is nothing.
PATIENCE = 400

Posed = tuple[Problem, str]
"""A problem, and the id of the item that it comes from."""


def by_task(skill: Skill, context: LessonsContext, rng: Random) -> Iterator[Posed]:
    """The problems of a call, none twice.

    Raises:
        NotUnderstood: a seed item is not of everyday arithmetic, or no further problem is left.
    """
    match context.task:
        case "persd":
            yield from (_same(item) for item in context.seed_items[: context.count])
        case "critique_revise":
            yield from (_same(item) for item in context.drafts[: context.count])
        case "counterfactual":
            yield from _pairs(skill, context, rng)
        case "evol_instruct":
            yield from _evolved(skill, context, rng)
        case _:
            yield from _new(skill, context, rng)


def _same(item: SeedContext) -> Posed:
    problem = solve(item.question)
    if problem is None:
        raise NotUnderstood(f"I only know everyday arithmetic, not {item.question!r}")
    return problem, item.id


def _new(skill: Skill, context: LessonsContext, rng: Random) -> Iterator[Posed]:
    """New problems, every level alike."""
    seen = {item.question for item in context.seed_items}
    for place in range(context.count):
        yield _drawn(skill, LEVELS[place % len(LEVELS)], rng, seen), _from(context, place)


def _evolved(skill: Skill, context: LessonsContext, rng: Random) -> Iterator[Posed]:
    """Deepened: a level up, as far as there is one. Broadened: of any level."""
    seen = {item.question for item in context.seed_items}
    for place in range(context.count):
        parent = _same(context.seed_items[place % len(context.seed_items)])[0]
        level = min(parent.level + 1, LEVELS[-1]) if context.note.startswith("deepen") else rng.choice(LEVELS)
        yield _drawn(skill, level, rng, seen), _from(context, place)


def _pairs(skill: Skill, context: LessonsContext, rng: Random) -> Iterator[Posed]:
    """Problems and their twins, which differ from them in one number where such a twin is found."""
    seen = {item.question for item in context.seed_items}
    for place in range(0, context.count, 2):
        first = _drawn(skill, LEVELS[place // 2 % len(LEVELS)], rng, seen)
        yield first, _from(context, place)
        if place + 1 < context.count:
            yield _twin(skill, first, rng, seen), _from(context, place)


def _twin(skill: Skill, first: Problem, rng: Random, seen: set[str]) -> Problem:
    for _ in range(PATIENCE):
        other = skill.draw(rng, rng.choice(LEVELS))
        changed = sum(a != b for a, b in zip(first.numbers, other.numbers, strict=True))
        if changed == 1 and other.question not in seen:
            seen.add(other.question)
            return other
    return _drawn(skill, first.level, rng, seen)


def _drawn(skill: Skill, level: int, rng: Random, seen: set[str]) -> Problem:
    for _ in range(PATIENCE):
        problem = skill.draw(rng, level)
        if problem.question not in seen:
            seen.add(problem.question)
            return problem
    raise NotUnderstood(f"level {level} of {skill.id} holds no further problem")


def _from(context: LessonsContext, place: int) -> str:
    return context.seed_items[place % len(context.seed_items)].id
