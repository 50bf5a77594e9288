"""Simulated students whose abilities are known: what the cohort's gates and plans are measured against.

Nothing here is a claim about language models. It is a small world with the four things that make gating hard:
prerequisites matter, lessons wear off, learning is uneven, and an answer is a draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tutelage.pedagogy.records import Edge


@dataclass(frozen=True)
class World:
    """How simulated students differ and learn. The defaults were set before any result was seen.

    Attributes:
        modules: Modules a student has to learn.
        parents: Most prerequisites of a module.
        start: Range of the abilities before any lesson.
        teacher: Range of the teacher's true accuracy, a module.
        lessons: Lessons that halve the distance to the ceiling, for the median module.
        spread: Standard deviation of the logarithm of that number, over modules.
        unevenness: The same, over rounds: how much luck there is in one round of training.
        hard: Share of modules whose ceiling lies below mastery: no lesson brings the student there.
        prerequisite: Exponent of the prerequisites' worst ratio in what a lesson brings; 0: they do not matter.
        forgetting: Share of what was learned that a round without a lesson of the module takes away.
        steadiness: Chance that an item that was asked before is answered as before. It matters only to a gate that
            asks the same items again.
    """

    modules: int = 12
    parents: int = 2
    start: tuple[float, float] = (0.0, 0.5)
    teacher: tuple[float, float] = (0.95, 1.0)
    lessons: float = 40.0
    spread: float = 0.4
    unevenness: float = 0.3
    hard: float = 0.1
    prerequisite: float = 1.0
    forgetting: float = 0.03
    steadiness: float = 0.5


@dataclass
class Student:
    """One student with its true abilities, and the teacher's.

    Attributes:
        edges: The true prerequisites.
        ability: True accuracy by module.
        teacher: True accuracy of the teacher by module.
    """

    world: World
    rng: np.random.Generator
    edges: tuple[Edge, ...]
    ability: dict[str, float]
    teacher: dict[str, float]
    ceiling: dict[str, float]
    start: dict[str, float]
    half: dict[str, float]
    _luck: dict[str, np.ndarray] = field(default_factory=dict)

    def ratio(self, module: str) -> float:
        """The true P_S / P_T, which no gate ever sees."""
        return self.ability[module] / self.teacher[module]

    def answer(self, module: str, count: int) -> int:
        """How many of ``count`` fresh items are right."""
        return int(self.rng.binomial(count, self.ability[module]))

    def answer_again(self, module: str, count: int) -> int:
        """How many of the module's ``count`` fixed items are right: whoever was lucky with them is likely so again."""
        if module not in self._luck:
            self._luck[module] = self.rng.random(count)
        again = self.rng.random(count) < self.world.steadiness
        luck = np.where(again, self._luck[module], self.rng.random(count))
        return int((luck < self.ability[module]).sum())

    def teacher_answers(self, module: str, count: int) -> int:
        """How many of ``count`` items the teacher gets right."""
        return int(self.rng.binomial(count, self.teacher[module]))

    def train(self, rows: dict[str, int]) -> None:
        """One round of training on so many rows of each module."""
        before = dict(self.ability)
        for module, ability in before.items():
            if module not in rows:
                self.ability[module] = ability - self.world.forgetting * max(0.0, ability - self.start[module])
                continue
            luck = float(np.exp(self.rng.normal(0, self.world.unevenness)))
            worth = rows[module] * self._readiness(module, before) * luck / self.half[module]
            ceiling = max(ability, self.ceiling[module])
            self.ability[module] = ceiling - (ceiling - ability) * 0.5**worth

    def _readiness(self, module: str, ability: dict[str, float]) -> float:
        below = [e.prerequisite for e in self.edges if e.dependent == module]
        worst = min((ability[k] / self.teacher[k] for k in below), default=1.0)
        return float(min(1.0, worst) ** self.world.prerequisite)


def draw_student(world: World, rng: np.random.Generator) -> Student:
    """A student at random, with a prerequisite graph of its own: modules stand on earlier ones."""
    names = [f"m/{n:02d}" for n in range(world.modules)]
    edges = [
        Edge(prerequisite=names[int(parent)], dependent=name, strength=1.0, source="user")
        for place, name in enumerate(names)
        for parent in rng.choice(place, size=min(place, int(rng.integers(0, world.parents + 1))), replace=False)
    ]
    teacher = {k: float(rng.uniform(*world.teacher)) for k in names}
    start = {k: float(rng.uniform(*world.start)) for k in names}
    hard = {k: bool(rng.random() < world.hard) for k in names}
    ceiling = {k: teacher[k] * float(rng.uniform(0.6, 0.88)) if hard[k] else teacher[k] for k in names}
    half = {k: world.lessons * float(np.exp(rng.normal(0, world.spread))) for k in names}
    return Student(world, rng, tuple(edges), dict(start), teacher, ceiling, start, half)
