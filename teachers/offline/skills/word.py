"""A two-step word problem: some things, and boxes of more."""

from __future__ import annotations

from collections.abc import Iterator

from tutelage.teachers.offline.skills.skill import Skill, Slip, Working
from tutelage.teachers.offline.skills.steps import sum_steps
from tutelage.teachers.offline.skills.wording import Numbers, Wording


def _boxes() -> Iterator[Numbers]:
    return ((a, b, c) for a in range(11, 50) for b in range(2, 6) for c in range(2, 10) if b * c >= 10)


def _level(numbers: Numbers) -> int:
    _, boxes, each = numbers
    if boxes * each <= 12:
        return 1
    return 2 if boxes * each <= 24 else 3


def _traits(numbers: Numbers) -> frozenset[str]:
    start, boxes, each = numbers
    carry = start % 10 + boxes * each % 10 >= 10
    return frozenset({f"{boxes} boxes", f"boxes of {each}", "carry" if carry else "no carry"})


def _work(numbers: Numbers) -> Working:
    start, boxes, each = numbers
    more = boxes * each
    steps = (f"Boxes: {boxes} x {each} = {more}.", *sum_steps(start, more))
    check = f"{start + more} - {start} = {more}, {more} / {boxes} = {each}"
    return Working(steps=steps, answer=start + more, check=check)


BOXES = Skill(
    id="word/boxes",
    name="Boxes word problem",
    description="Someone has some things and gets boxes of more: multiply for the boxes, then add.",
    difficulty="intermediate",
    prerequisites=(("number/multiplication", 0.9), ("number/addition", 0.9)),
    wordings=(
        Wording(
            "{name} has {0} {thing} and gets {1} boxes of {2} {thing} each. How many {thing} does {name} have now?"
        ),
    ),
    levels=("10 to 12 in boxes", "13 to 24 in boxes", "more than 24 in boxes"),
    operands=_boxes,
    level=_level,
    traits=_traits,
    work=_work,
    concrete="things in boxes, emptied onto one pile",
    slips=(
        Slip("counts only the boxes", "Forgets what was there before.", lambda n: n[1] * n[2]),
        Slip("adds all the numbers", "Does not multiply for the boxes.", lambda n: sum(n)),
        Slip("counts one box", "Adds the things of a single box.", lambda n: n[0] + n[2]),
        Slip("counts boxes as things", "Adds the boxes, not what is in them.", lambda n: n[0] + n[1]),
        Slip("adds boxes and contents", "Adds where it should multiply, and forgets the start.", lambda n: n[1] + n[2]),
        Slip("multiplies everything", "Uses what was there as a factor.", lambda n: (n[0] + n[1]) * n[2]),
    ),
)
