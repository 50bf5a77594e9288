"""Two strategies on the simulated cohort: how often a comparison finds what is not there, and what is.

Per seed both teach the same student, with luck of their own in training, and are examined on the same items; an item
that one student finds easy the other does, too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tutelage.pedagogy.cohort import World, draw_student
from tutelage.pedagogy.cohort_run import Rules, teach
from tutelage.pedagogy.paired import Difference, difference

Answers = dict[str, tuple[bool, ...]]


def simulated_difference(
    world: World, rules: Rules, seeds: int, number: int, *, items: int = 50, lead: float = 0.0
) -> Difference:
    """One comparison of a strategy with itself, or with itself and a lead.

    Args:
        world: How students differ and learn.
        rules: The strategy, of both.
        seeds: Students that both teach.
        number: Of the comparison: another one has other students and other luck.
        items: Held-out items a module.
        lead: Added to the first one's true accuracy on every module: the true difference, but for what the items of
            modules near 0 and 1 cannot show.
    """
    one = {seed: _examined(world, rules, (number, seed), 1, items, lead) for seed in range(seeds)}
    other = {seed: _examined(world, rules, (number, seed), 2, items, 0.0) for seed in range(seeds)}
    return difference(one, other, list(other[0]))


def _examined(world: World, rules: Rules, key: tuple[int, int], which: int, items: int, lead: float) -> Answers:
    student = replace(draw_student(world, np.random.default_rng(key)), rng=np.random.default_rng([*key, which]))
    teach(student, rules)
    hardness = np.random.default_rng([*key, 0]).random((len(student.ability), items))
    return {
        module: tuple(bool(right) for right in hardness[place] < ability + lead)
        for place, (module, ability) in enumerate(student.ability.items())
    }
