"""Change from 100 dollars."""

from __future__ import annotations

from collections.abc import Iterator

from tutelage.teachers.offline.skills.number import tens_of
from tutelage.teachers.offline.skills.skill import Skill, Slip, Working
from tutelage.teachers.offline.skills.wording import Numbers, Wording

PAID = 100


def _purchases() -> Iterator[Numbers]:
    return ((count, price) for count in range(2, 10) for price in range(2, 49) if count * price < PAID)


def _level(numbers: Numbers) -> int:
    if numbers[1] < 10:
        return 1
    return 2 if numbers[1] < 20 else 3


def _traits(numbers: Numbers) -> frozenset[str]:
    count, price = numbers
    whole = count * price % 10 == 0
    return frozenset({f"buys {count}", "a price of two digits" if price > 9 else "", "even tens" if whole else "ones"})


def _work(numbers: Numbers) -> Working:
    count, price = numbers
    cost = count * price
    steps = (f"Cost: {count} x {price} = {cost}.", f"Change: {PAID} - {cost} = {PAID - cost}.")
    left = PAID - tens_of(cost)
    finer = (
        *_cost_by_parts(count, price),
        steps[0],
        *((f"{PAID} - {tens_of(cost)} = {left}.", f"{left} - {cost % 10} = {PAID - cost}.") if cost % 10 else ()),
        steps[1],
    )
    check = f"{PAID - cost} + {cost} = {PAID}, {cost} / {count} = {price}"
    return Working(steps=steps, finer=finer, answer=PAID - cost, check=check)


def _cost_by_parts(count: int, price: int) -> tuple[str, ...]:
    tens, ones = count * tens_of(price), count * (price % 10)
    if not tens or not ones:
        return ()
    return (
        f"{count} x {tens_of(price)} = {tens}.",
        f"{count} x {price % 10} = {ones}.",
        f"{tens} + {ones} = {tens + ones}.",
    )


CHANGE = Skill(
    id="money/change",
    name="Change from 100 dollars",
    description="Someone buys several things at one price and pays with 100 dollars: the cost, then the change.",
    difficulty="intermediate",
    prerequisites=(("number/multiplication", 0.9), ("number/subtraction", 0.9)),
    wordings=(
        Wording(
            "{name} buys {0} {thing} at {1} dollars each and pays with 100 dollars. How much change does {name} get?"
        ),
    ),
    levels=("prices under 10", "prices from 10 to 19", "prices from 20 up"),
    operands=_purchases,
    level=_level,
    traits=_traits,
    work=_work,
    concrete="a purchase at a till",
    slips=(
        Slip("gives the cost instead of the change", "Stops after the multiplication.", lambda n: n[0] * n[1]),
        Slip("pays for one thing only", "Takes a single price from 100.", lambda n: PAID - n[1]),
        Slip("adds count and price", "Adds where it should multiply.", lambda n: PAID - n[0] - n[1]),
        Slip("adds the cost to 100", "Takes the change for a sum.", lambda n: PAID + n[0] * n[1]),
        Slip(
            "forgets the borrow from 100",
            "Takes the tens from 100 as if there were no ones.",
            lambda n: PAID - n[0] * n[1] + 10 * (n[0] * n[1] % 10 > 0),
        ),
        Slip("adds count and price as the cost", "Gives a sum of the two numbers.", lambda n: n[0] + n[1]),
    ),
)
