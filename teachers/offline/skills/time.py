"""Hours and minutes as minutes."""

from __future__ import annotations

from collections.abc import Iterator

from tutelage.teachers.offline.skills.skill import Skill, Slip, Working
from tutelage.teachers.offline.skills.steps import write_together
from tutelage.teachers.offline.skills.wording import Numbers, Wording


def _spans() -> Iterator[Numbers]:
    return ((hours, minutes) for hours in range(2, 14) for minutes in range(11, 60))


def _level(numbers: Numbers) -> int:
    if numbers[0] <= 5:
        return 1
    return 2 if numbers[0] <= 9 else 3


def _traits(numbers: Numbers) -> frozenset[str]:
    hours, minutes = numbers
    return frozenset({f"{hours} hours", "past the hundred" if hours * 60 % 100 + minutes >= 100 else "within it"})


def _work(numbers: Numbers) -> Working:
    hours, minutes = numbers
    whole, tens = hours * 60, hours * 6 + minutes // 10
    steps = (
        f"Hours: {hours} x 6 = {hours * 6}.",
        f"Tens: {hours * 6} + {minutes // 10} = {tens}.",
        write_together(tens, minutes % 10),
    )
    check = f"{whole + minutes} - {minutes} = {whole}, {whole} / 60 = {hours}"
    return Working(steps=steps, answer=whole + minutes, check=check)


MINUTES = Skill(
    id="time/minutes",
    name="Hours and minutes to minutes",
    description="Turn hours and minutes into minutes: 6 tens for every hour, then the rest.",
    difficulty="intermediate",
    prerequisites=(("number/multiplication", 0.9), ("number/counting_on", 0.6)),
    wordings=(
        Wording("How many minutes are {0} hours and {1} minutes?"),
        Wording("Change {0} hours and {1} minutes to minutes."),
    ),
    levels=("2 to 5 hours", "6 to 9 hours", "10 to 13 hours"),
    operands=_spans,
    level=_level,
    traits=_traits,
    work=_work,
    concrete="every hour counted as 6 tens of minutes on a clock",
    slips=(
        Slip("drops the minutes", "Turns the hours into minutes and stops.", lambda n: n[0] * 60),
        Slip("adds hours and minutes as they are", "Does not turn the hours into minutes.", lambda n: n[0] + n[1]),
        Slip("takes an hour for 100 minutes", "Writes the hours in front of the minutes.", lambda n: n[0] * 100 + n[1]),
        Slip("takes an hour for 10 minutes", "Multiplies the hours by 10.", lambda n: n[0] * 10 + n[1]),
        Slip("takes an hour for 6 minutes", "Multiplies by 6 and loses the zero.", lambda n: n[0] * 6 + n[1]),
        Slip("multiplies hours by minutes", "Uses both numbers as factors.", lambda n: n[0] * n[1]),
    ),
)
