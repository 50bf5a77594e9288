"""A skill as data: its operands, its wordings, its worked solution, its typical slips."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from tutelage.pedagogy.records import Difficulty, Record
from tutelage.teachers.offline.skills.wording import Numbers, Wording

LEVELS = (1, 2, 3)


class Working(Record):
    """A worked solution.

    Attributes:
        steps: The fixed step format, one line each.
        answer: The result.
        check: The way back, as one line.
    """

    steps: tuple[str, ...]
    answer: int
    check: str


class Problem(Record):
    """A question with its operands, its level (1 is the smallest) and its worked solution."""

    skill: str
    question: str
    numbers: Numbers
    level: int
    working: Working

    @property
    def solution(self) -> str:
        """The whole answer as a student should give it."""
        return "\n".join([*self.working.steps, f"Answer: {self.working.answer}"])


@dataclass(frozen=True, slots=True)
class Slip:
    """A misconception: its name, one sentence on it, and what a student who has it answers."""

    name: str
    explanation: str
    answer: Callable[[Numbers], int]


@dataclass(frozen=True, slots=True)
class Skill:
    """A knowledge module that can be drawn from and solved.

    Attributes:
        prerequisites: Module ids with a confidence in [0, 1].
        levels: What each level holds, in words, smallest first.
        operands: All operands of the domain.
        level: The level of some operands, 1 to 3.
        traits: What can be hard about some operands; remedial lessons look for the traits of the wrong answers.
        work: The worked solution.
        concrete: How the solution makes the operation concrete, in a few words.
        slips: Known misconceptions, the likeliest first.
    """

    id: str
    name: str
    description: str
    difficulty: Difficulty
    prerequisites: tuple[tuple[str, float], ...]
    wordings: tuple[Wording, ...]
    levels: tuple[str, str, str]
    operands: Callable[[], Iterable[Numbers]]
    level: Callable[[Numbers], int]
    traits: Callable[[Numbers], frozenset[str]]
    work: Callable[[Numbers], Working]
    concrete: str
    slips: tuple[Slip, ...]

    def draw(self, rng: Random, level: int, *, probe: bool = False) -> Problem:
        """A random problem of a level.

        Half of the operands, chosen by hash, are kept for probes (``probe=True``) and never drawn for lessons: no
        lesson teaches the numbers of a probe, not even in another wording.
        """
        numbers = rng.choice(space(self.id, self.operands, self.level)[level, probe])
        return self._problem(rng.choice(self.wordings).write(numbers, rng), numbers)

    def find(self, text: str) -> Iterator[tuple[int, Problem]]:
        """Every question of this skill in a text, solved, with the place where it begins."""
        for wording in self.wordings:
            for posed in wording.read(text):
                yield posed.start, self._problem(posed.question, posed.numbers)

    def solve(self, question: str) -> Problem | None:
        """The solved problem if ``question`` is one question of this skill and nothing else, or None."""
        wanted = question.strip()
        return next((problem for _, problem in self.find(wanted) if problem.question == wanted), None)

    def _problem(self, question: str, numbers: Numbers) -> Problem:
        return Problem(
            skill=self.id, question=question, numbers=numbers, level=self.level(numbers), working=self.work(numbers)
        )


@cache
def space(
    skill: str, operands: Callable[[], Iterable[Numbers]], level: Callable[[Numbers], int]
) -> dict[tuple[int, bool], tuple[Numbers, ...]]:
    """All operands of a skill by ``(level, for probes)``."""
    sorted_out: dict[tuple[int, bool], list[Numbers]] = {(n, probe): [] for n in LEVELS for probe in (False, True)}
    for numbers in operands():
        sorted_out[level(numbers), is_for_probes(skill, numbers)].append(numbers)
    return {key: tuple(found) for key, found in sorted_out.items()}


def is_for_probes(skill: str, numbers: Numbers) -> bool:
    """Whether these operands, in any order, are kept for probes."""
    return hashlib.sha256(f"{skill}:{sorted(numbers)}".encode()).digest()[0] % 2 == 0
