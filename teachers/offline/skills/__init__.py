"""The skills of everyday arithmetic: drawing problems and solving them exactly. One file a group."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tutelage.teachers.offline.skills.number import ADDITION, COUNTING_ON, MULTIPLICATION, SUBTRACTION
from tutelage.teachers.offline.skills.skill import LEVELS, Problem, Skill, Slip
from tutelage.teachers.offline.skills.time import MINUTES
from tutelage.teachers.offline.skills.word import BOXES

__all__ = ["LEVELS", "SKILLS", "Problem", "Skill", "Slip", "solve"]

SKILLS: Mapping[str, Skill] = MappingProxyType(
    {skill.id: skill for skill in (COUNTING_ON, ADDITION, SUBTRACTION, MULTIPLICATION, MINUTES, BOXES)}
)


def solve(text: str) -> Problem | None:
    """The problem that a text poses, solved; the last one where it holds several, None where it holds none.

    The last, because a prompt may show a worked example before it asks.
    """
    found = [hit for skill in SKILLS.values() for hit in skill.find(text)]
    return max(found, key=lambda hit: hit[0])[1] if found else None
