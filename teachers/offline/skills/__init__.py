"""The skills of the offline teacher's domains: drawing problems and solving them exactly. One file a group."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tutelage.teachers.offline.skills.errand import CHANGE, DOZENS, WEEKS
from tutelage.teachers.offline.skills.measure import AROUND, CENTIMETRES, HALF
from tutelage.teachers.offline.skills.number import ADDITION, COUNTING_ON, MULTIPLICATION, SUBTRACTION
from tutelage.teachers.offline.skills.skill import LEVELS, Problem, Skill, Slip
from tutelage.teachers.offline.skills.time import MINUTES
from tutelage.teachers.offline.skills.word import BOXES

__all__ = ["DOMAINS", "LEVELS", "SKILLS", "Problem", "Skill", "Slip", "solve"]

_ARITHMETIC = (COUNTING_ON, ADDITION, SUBTRACTION, MULTIPLICATION, MINUTES, BOXES)

DOMAINS: Mapping[str, tuple[Skill, ...]] = MappingProxyType(
    {
        "everyday_arithmetic": _ARITHMETIC,
        # The same domain after it has grown, in two ways: what a student has been taught stands beside what is new.
        "everyday_errands": (*_ARITHMETIC, WEEKS, CHANGE, DOZENS),
        "everyday_measures": (*_ARITHMETIC, CENTIMETRES, AROUND, HALF),
    }
)
SKILLS: Mapping[str, Skill] = MappingProxyType({s.id: s for skills in DOMAINS.values() for s in skills})


def solve(text: str) -> Problem | None:
    """The problem that a text poses, solved; the last one where it holds several, None where it holds none.

    The last, because a prompt may show a worked example before it asks.
    """
    found = [hit for skill in SKILLS.values() for hit in skill.find(text)]
    return max(found, key=lambda hit: hit[0])[1] if found else None
