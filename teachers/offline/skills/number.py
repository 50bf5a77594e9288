"""Two-digit numbers: counting on, addition, subtraction, and multiplication by one digit."""

from __future__ import annotations

from collections.abc import Iterator

from tutelage.teachers.offline.skills.skill import Skill, Slip, Working
from tutelage.teachers.offline.skills.steps import carry_steps, sum_steps, tens_of
from tutelage.teachers.offline.skills.wording import Numbers, Wording

# Counting on


def _counts() -> Iterator[Numbers]:
    return ((a, b) for a in range(11, 100) for b in range(2, 10))


def _crosses(numbers: Numbers) -> bool:
    return numbers[0] % 10 + numbers[1] >= 10


def _count_level(numbers: Numbers) -> int:
    if not _crosses(numbers):
        return 1
    return 2 if numbers[0] < 50 else 3


def _count_traits(numbers: Numbers) -> frozenset[str]:
    return frozenset({"past a ten" if _crosses(numbers) else "within the ten", f"{numbers[1]} more"})


def _count(numbers: Numbers) -> Working:
    a, b = numbers
    return Working(steps=(f"Sum: {a} + {b} = {a + b}.",), answer=a + b, check=f"{a + b} - {b} = {a}")


COUNTING_ON = Skill(
    id="number/counting_on",
    name="Counting on from a two-digit number",
    description="Count on by one digit from a two-digit number, past a ten where it comes to that.",
    difficulty="introductory",
    prerequisites=(),
    wordings=(Wording("What is {1} more than {0}?"), Wording("Count on {1} from {0}.")),
    levels=("within the ten", "past a ten below 50", "past a ten from 50 up"),
    operands=_counts,
    level=_count_level,
    traits=_count_traits,
    work=_count,
    concrete="steps along a number line",
    slips=(
        Slip("stays within the ten", "Passes the ten and keeps the old one.", lambda n: tens_of(n[0]) + sum(n) % 10),
        Slip("counts the start too", "Takes the first number for the first step.", lambda n: sum(n) - 1),
        Slip("counts one too many", "Goes a step too far.", lambda n: sum(n) + 1),
        Slip("counts back", "Takes away where it should count on.", lambda n: n[0] - n[1]),
        Slip("counts tens", "Takes every step for a ten.", lambda n: n[0] + 10 * n[1]),
    ),
)


# Addition


def _sums() -> Iterator[Numbers]:
    return ((a, b) for a in range(11, 100) for b in range(11, 100))


def _carries(numbers: Numbers) -> bool:
    a, b = numbers
    return a % 10 + b % 10 >= 10


def _sum_level(numbers: Numbers) -> int:
    if sum(numbers) >= 100:
        return 3
    return 2 if _carries(numbers) else 1


def _sum_traits(numbers: Numbers) -> frozenset[str]:
    return frozenset({"carry" if _carries(numbers) else "no carry", "past 100" if sum(numbers) >= 100 else "under 100"})


def _add(numbers: Numbers) -> Working:
    a, b = numbers
    return Working(steps=sum_steps(a, b), answer=a + b, check=f"{a + b} - {b} = {a}")


ADDITION = Skill(
    id="number/addition",
    name="Two-digit addition",
    description="Add two two-digit numbers: the ones, the tens, then carry.",
    difficulty="introductory",
    prerequisites=(),
    wordings=(Wording("What is {0} + {1}?"),),
    levels=("no carry", "a carry out of the ones", "a sum of 100 or more"),
    operands=_sums,
    level=_sum_level,
    traits=_sum_traits,
    work=_add,
    concrete="each number laid out as tens and ones",
    slips=(
        Slip("forgets the carry", "Writes the ones of the sum and drops the ten.", lambda n: sum(n) - 10 * _carries(n)),
        Slip("adds only the tens", "Stops before the ones.", lambda n: sum(map(tens_of, n))),
        Slip("adds only the ones", "Leaves the tens out.", lambda n: n[0] % 10 + n[1] % 10),
        Slip("subtracts instead of adding", "Takes the sign for a minus.", lambda n: n[0] - n[1]),
        Slip("drops the hundred", "Loses the hundred of a sum past 100.", lambda n: sum(n) % 100),
    ),
)


# Subtraction


def _differences() -> Iterator[Numbers]:
    return ((a, b) for a in range(22, 100) for b in range(11, a - 10))


def _borrows(numbers: Numbers) -> bool:
    a, b = numbers
    return a % 10 < b % 10


def _difference_level(numbers: Numbers) -> int:
    if not _borrows(numbers):
        return 1
    return 2 if numbers[0] < 75 else 3


def _difference_traits(numbers: Numbers) -> frozenset[str]:
    return frozenset({"borrow" if _borrows(numbers) else "no borrow", f"takes {numbers[1] % 10} ones"})


def _subtract(numbers: Numbers) -> Working:
    a, b = numbers
    tens, ones = tens_of(a) - tens_of(b), a % 10 - b % 10
    sign = "-" if ones < 0 else "+"
    steps = (
        f"Tens: {tens_of(a)} - {tens_of(b)} = {tens}.",
        f"Ones: {a % 10} - {b % 10} = {ones}.",
        f"Total: {tens} {sign} {abs(ones)} = {a - b}.",
    )
    return Working(steps=steps, answer=a - b, check=f"{a - b} + {b} = {a}")


SUBTRACTION = Skill(
    id="number/subtraction",
    name="Two-digit subtraction",
    description="Take a two-digit number from a larger one: tens from tens, ones from ones, then both together.",
    difficulty="introductory",
    prerequisites=(("number/addition", 0.8),),
    wordings=(Wording("What is {0} - {1}?"),),
    levels=("no borrowing", "borrowing below 75", "borrowing from 75 up"),
    operands=_differences,
    level=_difference_level,
    traits=_difference_traits,
    work=_subtract,
    concrete="two piles of tens and ones; a pile may owe ones to the tens",
    slips=(
        Slip(
            "takes the smaller digit from the larger",
            "Turns the ones round where it should borrow a ten.",
            lambda n: tens_of(n[0]) - tens_of(n[1]) + abs(n[0] % 10 - n[1] % 10),
        ),
        Slip("forgets the borrow", "Borrows a ten and does not pay it back.", lambda n: n[0] - n[1] + 10 * _borrows(n)),
        Slip("takes only the tens", "Stops before the ones.", lambda n: n[0] - tens_of(n[1])),
        Slip("takes only the ones", "Leaves the tens where they are.", lambda n: n[0] - n[1] % 10),
        Slip("adds instead of subtracting", "Takes the sign for a plus.", lambda n: n[0] + n[1]),
    ),
)


# Multiplication


def _products() -> Iterator[Numbers]:
    return ((a, b) for a in range(11, 100) for b in range(2, 6))


def _product_level(numbers: Numbers) -> int:
    if numbers[0] * numbers[1] < 120:
        return 1
    return 2 if numbers[0] * numbers[1] < 210 else 3


def _product_traits(numbers: Numbers) -> frozenset[str]:
    a, b = numbers
    return frozenset({f"times {b}", "ones past ten" if a % 10 * b >= 10 else "ones under ten"})


def multiply(numbers: Numbers) -> Working:
    """A two-digit number times one digit: ones, tens, carry, both together."""
    a, b = numbers
    tens, ones = a // 10 * b, a % 10 * b
    steps = (f"Ones: {a % 10} x {b} = {ones}.", f"Tens: {a // 10} x {b} = {tens}.", *carry_steps(tens, ones))
    return Working(steps=steps, answer=a * b, check=f"{a * b} / {b} = {a}")


MULTIPLICATION = Skill(
    id="number/multiplication",
    name="Two-digit times one-digit multiplication",
    description="Multiply a two-digit number by 2, 3, 4 or 5: the ones, the tens, then carry.",
    difficulty="introductory",
    prerequisites=(),
    wordings=(Wording("What is {0} x {1}?"), Wording("Work out {0} x {1}."), Wording("Calculate {0} x {1}.")),
    levels=("a product under 120", "a product from 120 to 209", "a product of 210 or more"),
    operands=_products,
    level=_product_level,
    traits=_product_traits,
    work=multiply,
    concrete="the number laid out as tens and ones",
    slips=(
        Slip("multiplies only the tens", "Leaves the ones out.", lambda n: tens_of(n[0]) * n[1]),
        Slip("multiplies only the ones", "Leaves the tens out.", lambda n: n[0] % 10 * n[1]),
        Slip(
            "does not multiply the ones",
            "Multiplies the tens and adds the bare ones.",
            lambda n: tens_of(n[0]) * n[1] + n[0] % 10,
        ),
        Slip(
            "takes the tens for ones",
            "Multiplies the tens digit without its zero.",
            lambda n: (n[0] // 10 + n[0] % 10) * n[1],
        ),
        Slip("adds instead of multiplying", "Takes the sign for a plus.", lambda n: n[0] + n[1]),
    ),
)
