"""What comes up on errands: weeks as days, change, dozens."""

from __future__ import annotations

from collections.abc import Iterator

from tutelage.teachers.offline.skills.skill import Skill, Slip, Working
from tutelage.teachers.offline.skills.steps import sum_steps
from tutelage.teachers.offline.skills.wording import Numbers, Wording

# Weeks


def _weeks_and_days() -> Iterator[Numbers]:
    return ((weeks, days) for weeks in range(2, 26) for days in range(1, 7))


def _weeks_level(numbers: Numbers) -> int:
    if numbers[0] <= 9:
        return 1
    return 2 if numbers[0] <= 17 else 3


def _weeks_traits(numbers: Numbers) -> frozenset[str]:
    weeks, days = numbers
    return frozenset({f"{weeks} weeks", "carry" if weeks * 7 % 10 + days >= 10 else "no carry"})


def _weeks(numbers: Numbers) -> Working:
    weeks, days = numbers
    whole = weeks * 7
    steps = (f"Weeks: {weeks} x 7 = {whole}.", *sum_steps(whole, days))
    check = f"{whole + days} - {days} = {whole}, {whole} / 7 = {weeks}"
    return Working(steps=steps, answer=whole + days, check=check)


WEEKS = Skill(
    id="time/weeks",
    name="Weeks and days to days",
    description="Turn weeks and days into days: 7 for every week, then the rest.",
    difficulty="intermediate",
    prerequisites=(("number/multiplication", 0.8), ("number/addition", 0.6)),
    wordings=(
        Wording("{name} is away for {0} weeks and {1} days. How many days is that?"),
        Wording("{name} waits {0} weeks and {1} days for a letter. How many days is that?"),
    ),
    levels=("2 to 9 weeks", "10 to 17 weeks", "18 to 25 weeks"),
    operands=_weeks_and_days,
    level=_weeks_level,
    traits=_weeks_traits,
    work=_weeks,
    concrete="rows of 7 on a calendar",
    slips=(
        Slip("drops the days", "Turns the weeks into days and stops.", lambda n: n[0] * 7),
        Slip("adds weeks and days as they are", "Does not turn the weeks into days.", lambda n: n[0] + n[1]),
        Slip("takes a week for 5 days", "Counts working days.", lambda n: n[0] * 5 + n[1]),
        Slip("takes a week for 10 days", "Multiplies the weeks by 10.", lambda n: n[0] * 10 + n[1]),
        Slip("multiplies weeks by days", "Uses both numbers as factors.", lambda n: n[0] * n[1]),
    ),
)


# Change


def _payments() -> Iterator[Numbers]:
    return ((paid, price) for paid in (100, 200, 500) for price in range(11, 100) if price % 10)


def _payment_level(numbers: Numbers) -> int:
    return {100: 1, 200: 2, 500: 3}[numbers[0]]


def _payment_traits(numbers: Numbers) -> frozenset[str]:
    return frozenset({f"pays {numbers[0]}", f"{10 - numbers[1] % 10} to the next ten"})


def _change(numbers: Numbers) -> Working:
    paid, price = numbers
    up = 10 - price % 10
    steps = (
        f"Next ten: {price} + {up} = {price + up}.",
        f"From there: {paid} - {price + up} = {paid - price - up}.",
        f"Total: {paid - price - up} + {up} = {paid - price}.",
    )
    return Working(steps=steps, answer=paid - price, check=f"{paid - price} + {price} = {paid}")


CHANGE = Skill(
    id="shop/change",
    name="Change out of a coin or a note",
    description="What comes back of 100, 200 or 500 pence: up to the next ten, then to what was paid.",
    difficulty="intermediate",
    prerequisites=(("number/subtraction", 0.8),),
    wordings=(
        Wording("{name} pays {0} pence for {thing} that cost {1} pence. How many pence of change does {name} get?"),
    ),
    levels=("out of 100 pence", "out of 200 pence", "out of 500 pence"),
    operands=_payments,
    level=_payment_level,
    traits=_payment_traits,
    work=_change,
    concrete="coins laid down from the price up to what was paid",
    slips=(
        Slip("gives a ten too much", "Counts up the ones and forgets to take a ten.", lambda n: n[0] - n[1] + 10),
        Slip("counts only to the next ten", "Stops at the ones.", lambda n: 10 - n[1] % 10),
        Slip("takes only the tens", "Leaves the ones of the price out.", lambda n: n[0] - n[1] // 10 * 10),
        Slip("adds instead of subtracting", "Adds the price to what was paid.", lambda n: n[0] + n[1]),
        Slip("takes everything out of 100", "Does not look at what was paid.", lambda n: 100 - n[1]),
    ),
)


# Dozens


def _dozens_and_more() -> Iterator[Numbers]:
    return ((dozens, more) for dozens in range(2, 17) for more in range(1, 12))


def _dozens_level(numbers: Numbers) -> int:
    if numbers[0] <= 6:
        return 1
    return 2 if numbers[0] <= 11 else 3


def _dozens_traits(numbers: Numbers) -> frozenset[str]:
    dozens, more = numbers
    return frozenset({f"{dozens} dozen", "carry" if dozens * 12 % 10 + more >= 10 else "no carry"})


def _dozens(numbers: Numbers) -> Working:
    dozens, more = numbers
    tens, twos, whole = dozens * 10, dozens * 2, dozens * 12
    steps = (
        f"Tens: {dozens} x 10 = {tens}.",
        f"Twos: {dozens} x 2 = {twos}.",
        f"Dozens: {tens} + {twos} = {whole}.",
        f"Total: {whole} + {more} = {whole + more}.",
    )
    check = f"{whole + more} - {more} = {whole}, {whole} / 12 = {dozens}"
    return Working(steps=steps, answer=whole + more, check=check)


DOZENS = Skill(
    id="shop/dozens",
    name="Dozens and some more",
    description="Count dozens and some more: a ten and a two for every dozen, then the rest.",
    difficulty="intermediate",
    prerequisites=(("number/multiplication", 0.6), ("number/addition", 0.8)),
    wordings=(
        Wording("{name} has {0} dozen {thing} and {1} more. How many {thing} is that?"),
        Wording("A shop sells {0} dozen {thing} and {1} more. How many {thing} is that?"),
    ),
    levels=("2 to 6 dozen", "7 to 11 dozen", "12 to 16 dozen"),
    operands=_dozens_and_more,
    level=_dozens_level,
    traits=_dozens_traits,
    work=_dozens,
    concrete="every dozen as a ten and a pair",
    slips=(
        Slip("forgets the rest", "Counts the dozens and stops.", lambda n: n[0] * 12),
        Slip("takes a dozen for ten", "Leaves the twos out.", lambda n: n[0] * 10 + n[1]),
        Slip("takes a dozen for one", "Adds the numbers as they are.", lambda n: n[0] + n[1]),
        Slip("counts one dozen", "Does not multiply.", lambda n: 12 + n[1]),
        Slip("multiplies both", "Uses both numbers as factors.", lambda n: n[0] * n[1]),
    ),
)
