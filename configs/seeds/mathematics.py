"""Word problems and equations in the shape of GSM8K and MATH: a question, and the number that answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random

from tutelage.configs.domain import SeedRow

ITEMS_A_MODULE = 384
LEVELS = (1, 2, 3)

_NAMES = ("Ada", "Ben", "Carla", "Dario", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kemi", "Lena")
_GOODS = ("pens", "apples", "notebooks", "tickets", "candles", "plates", "bulbs", "mugs", "stamps", "ropes")
Problem = tuple[str, str]


def _shopping(rng: Random, level: int) -> Problem:
    who, what = rng.choice(_NAMES), rng.choice(_GOODS)
    price, count = rng.randint(2, 5 + 4 * level), rng.randint(3, 6 + 5 * level)
    if level == 1:
        return f"{who} buys {count} {what} at {price} dollars each. How many dollars does {who} pay?", str(
            price * count
        )
    paid = price * count + rng.randint(1, 40)
    if level == 2:
        return (
            f"{what.capitalize()} cost {price} dollars each. {who} takes {count} of them and pays with {paid} dollars. "
            f"How many dollars does {who} get back?",
            str(paid - price * count),
        )
    other = rng.choice([g for g in _GOODS if g != what])
    price2, count2 = rng.randint(2, 9), rng.randint(2, 9)
    return (
        f"At a market {who} chooses {count} {what} for {price} dollars a piece and {count2} {other} for {price2} "
        f"dollars a piece. What is the whole bill in dollars?",
        str(price * count + price2 * count2),
    )


def _rates(rng: Random, level: int) -> Problem:
    who, speed, hours = rng.choice(_NAMES), rng.randint(3, 40) * (1 + level), rng.randint(2, 4 + 2 * level)
    if level == 1:
        return f"{who} rides at {speed} km per hour for {hours} hours. How many kilometres is that?", str(speed * hours)
    if level == 2:
        return (
            f"A train needs {hours} hours for a distance of {speed * hours} km. "
            "What is its average speed in km per hour?",
            str(speed),
        )
    more, later = rng.randint(2, 9), rng.randint(2, 5)
    return (
        f"{who} drives {hours} hours at {speed} km per hour, then {later} hours at {speed + more} km per hour. "
        f"How many kilometres does {who} drive in all?",
        str(speed * hours + (speed + more) * later),
    )


def _fractions(rng: Random, level: int) -> Problem:
    below = rng.choice((2, 3, 4, 5, 8)[: 3 + level])
    above = 1 if level == 1 else rng.randint(1, below - 1)
    whole, who, what = below * rng.randint(2, 50 * level), rng.choice(_NAMES), rng.choice(_GOODS)
    part = whole * above // below
    if level == 1:
        return f"What is {above}/{below} of {whole}?", str(part)
    if level == 2:
        return (
            f"{who} has {whole} {what} and gives {above}/{below} of them away. How many {what} are left?",
            str(whole - part),
        )
    other = Fraction(rng.randint(1, 5), rng.choice((3, 4, 6)))
    total = Fraction(above, below) + other
    return f"Write {above}/{below} + {other.numerator}/{other.denominator} as one fraction in lowest terms.", str(total)


def _percent(rng: Random, level: int) -> Problem:
    who, what = rng.choice(_NAMES), rng.choice(_GOODS)
    percent = rng.choice((10, 20, 25, 50) if level < 3 else (5, 15, 30, 35, 40, 60))
    whole = 20 * rng.randint(2, 40 + 20 * level)
    part = whole * percent // 100
    if level == 1:
        return f"What is {percent}% of {whole}?", str(part)
    if level == 2:
        return (
            f"A box of {what} costs {whole} dollars. {who} gets {percent}% off. What does {who} pay, in dollars?",
            str(whole - part),
        )
    return (
        f"Of the {whole} {what} in a store, {percent}% are sold on Monday and half of the rest on Tuesday. "
        f"How many {what} remain?",
        str(Fraction(whole - part, 2)),
    )


def _rectangles(rng: Random, level: int) -> Problem:
    wide, long = rng.randint(2, 9 + 6 * level), rng.randint(3, 15 + 9 * level)
    if level == 1:
        return f"A rectangle is {wide} cm wide and {long} cm long. What is its area in square centimetres?", str(
            wide * long
        )
    if level == 2:
        return (
            f"A garden of {wide} m by {long} m gets a fence all around. How many metres of fence does it need?",
            str(2 * (wide + long)),
        )
    cut = rng.randint(1, wide - 1)
    return (
        f"From a sheet of {wide} cm by {long} cm a square with sides of {cut} cm is cut out. "
        f"How many square centimetres of the sheet are left?",
        str(wide * long - cut * cut),
    )


def _equations(rng: Random, level: int) -> Problem:
    x, a, b = rng.randint(1, 6 + 6 * level), rng.randint(2, 4 + 2 * level), rng.randint(1, 9 + 6 * level)
    letter = rng.choice("xyzkmn")
    if level == 1:
        return f"Solve for {letter}: {letter} + {b} = {x + b}", str(x)
    if level == 2:
        return f"Find {letter} if {a}{letter} + {b} = {a * x + b}.", str(x)
    less = rng.randint(1, a - 1)
    return f"What value of {letter} satisfies {a}{letter} - {b} = {less}{letter} + {(a - less) * x - b}?", str(x)


_MODULES: dict[str, Callable[[Random, int], Problem]] = {
    "arithmetic/shopping": _shopping,
    "arithmetic/rates": _rates,
    "numbers/fractions": _fractions,
    "numbers/percentages": _percent,
    "geometry/rectangles": _rectangles,
    "algebra/linear_equations": _equations,
}


def rows() -> Iterator[SeedRow]:
    """Every module's items, the levels in turn, no question twice."""
    for module, draw in _MODULES.items():
        rng = Random(f"mathematics:{module}")  # noqa: S311 - the same items every time, no secret
        seen: set[str] = set()
        while len(seen) < ITEMS_A_MODULE:
            level = LEVELS[len(seen) % len(LEVELS)]
            question, reference = draw(rng, level)
            if question not in seen:
                seen.add(question)
                yield SeedRow(
                    id=f"{module}/{len(seen):04d}", module=module, question=question, reference=reference, level=level
                )
