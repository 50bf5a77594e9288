"""What comes up in measuring and sharing: metres as centimetres, once around a field, half of a heap."""

from __future__ import annotations

from collections.abc import Iterator

from tutelage.teachers.offline.skills.skill import Skill, Slip, Working
from tutelage.teachers.offline.skills.steps import sum_steps, write_together
from tutelage.teachers.offline.skills.wording import Numbers, Wording

# Centimetres


def _metres_and_centimetres() -> Iterator[Numbers]:
    return ((metres, more) for metres in range(2, 29) for more in range(2, 100))


def _length_level(numbers: Numbers) -> int:
    if numbers[0] <= 9:
        return 1
    return 2 if numbers[1] >= 10 else 3


def _length_traits(numbers: Numbers) -> frozenset[str]:
    metres, more = numbers
    return frozenset({"less than ten centimetres" if more < 10 else "ten or more", f"{metres} metres"})


def _length(numbers: Numbers) -> Working:
    metres, more = numbers
    whole = metres * 100
    steps = (f"Metres: {metres} x 100 = {whole}.", f"Total: {whole} + {more} = {whole + more}.")
    return Working(
        steps=steps, answer=whole + more, check=f"{whole + more} - {more} = {whole}, {whole} / 100 = {metres}"
    )


CENTIMETRES = Skill(
    id="measure/centimetres",
    name="Metres and centimetres to centimetres",
    description="Turn metres and centimetres into centimetres: 100 for every metre, then the rest.",
    difficulty="introductory",
    prerequisites=(("number/addition", 0.3),),
    wordings=(
        Wording("A rope is {0} metres and {1} centimetres long. How many centimetres is that?"),
        Wording("{name} jumps {0} metres and {1} centimetres. How many centimetres is that?"),
    ),
    levels=("2 to 9 metres", "10 metres or more", "10 metres or more and a one-digit rest"),
    operands=_metres_and_centimetres,
    level=_length_level,
    traits=_length_traits,
    work=_length,
    concrete="a hundred marks on every metre of a tape",
    slips=(
        Slip("takes a metre for ten", "Multiplies the metres by 10.", lambda n: n[0] * 10 + n[1]),
        Slip("adds the numbers as they are", "Does not turn the metres into anything.", lambda n: n[0] + n[1]),
        Slip("drops the rest", "Turns the metres into centimetres and stops.", lambda n: n[0] * 100),
        Slip("takes the rest away", "Subtracts instead of adding.", lambda n: n[0] * 100 - n[1]),
        Slip("takes a metre for a thousand", "Multiplies the metres by 1000.", lambda n: n[0] * 1000 + n[1]),
    ),
)


# Once around


def _fields() -> Iterator[Numbers]:
    return ((long, wide) for long in range(12, 60) for wide in range(11, long))


def _field_level(numbers: Numbers) -> int:
    if sum(numbers) < 50:
        return 1
    return 2 if sum(numbers) < 80 else 3


def _field_traits(numbers: Numbers) -> frozenset[str]:
    long, wide = numbers
    return frozenset(
        {"carry" if long % 10 + wide % 10 >= 10 else "no carry", "over 100" if long + wide > 50 else "up to 100"}
    )


def _around(numbers: Numbers) -> Working:
    long, wide = numbers
    half = long + wide
    steps = (*sum_steps(long, wide), f"Twice: {half} x 2 = {half * 2}.")
    return Working(steps=steps, answer=half * 2, check=f"{half * 2} / 2 = {half}, {half} - {wide} = {long}")


AROUND = Skill(
    id="measure/around",
    name="Once around a field",
    description="How far it is once around a field: its length and its width together, twice.",
    difficulty="intermediate",
    prerequisites=(("number/addition", 0.9),),
    wordings=(
        Wording("A field is {0} metres long and {1} metres wide. How many metres is it once around?"),
        Wording(
            "{name} walks once around a yard that is {0} metres long and {1} metres wide. How many metres is that?"
        ),
    ),
    levels=("less than 100 around", "100 to 158 around", "160 or more around"),
    operands=_fields,
    level=_field_level,
    traits=_field_traits,
    work=_around,
    concrete="a string laid along two sides, then along the other two",
    slips=(
        Slip("walks half way", "Adds length and width and stops.", lambda n: n[0] + n[1]),
        Slip("takes the area", "Multiplies length and width.", lambda n: n[0] * n[1]),
        Slip("doubles the length alone", "Adds the width once.", lambda n: n[0] * 2 + n[1]),
        Slip("doubles the width alone", "Adds the length once.", lambda n: n[0] + n[1] * 2),
        Slip("takes four lengths", "Treats the field as a square.", lambda n: n[0] * 4),
    ),
)


# Half


def _heaps() -> Iterator[Numbers]:
    return ((heap,) for heap in range(22, 200, 2))


def _heap_level(numbers: Numbers) -> int:
    (heap,) = numbers
    if heap >= 100:
        return 3
    return 1 if heap // 10 % 2 == 0 else 2


def _heap_traits(numbers: Numbers) -> frozenset[str]:
    (heap,) = numbers
    return frozenset({"a ten is left over" if heap // 10 % 2 else "the tens halve evenly"})


def _half(numbers: Numbers) -> Working:
    (heap,) = numbers
    tens, left = divmod(heap // 10, 2)
    ones = left * 10 + heap % 10
    steps = (
        f"Tens: {heap // 10} / 2 = {tens}, {left} left.",
        f"Ones: {ones} / 2 = {ones // 2}.",
        write_together(tens, ones // 2),
    )
    return Working(steps=steps, answer=heap // 2, check=f"{heap // 2} + {heap // 2} = {heap}")


HALF = Skill(
    id="measure/half",
    name="Half of a heap",
    description="Half of an even number: of the tens first, then of what is left.",
    difficulty="intermediate",
    prerequisites=(("number/subtraction", 0.3),),
    wordings=(
        Wording("{name} shares {0} {thing} evenly with a friend. How many {thing} does each of them get?"),
        Wording("{name} gives away half of {0} {thing}. How many {thing} is that?"),
    ),
    levels=("the tens halve evenly", "a ten is left over", "100 or more"),
    operands=_heaps,
    level=_heap_level,
    traits=_heap_traits,
    work=_half,
    concrete="two piles that get a ten each in turn, then a one",
    slips=(
        Slip("forgets the ten that is left", "Halves tens and ones apart.", lambda n: n[0] // 20 * 10 + n[0] % 10 // 2),
        Slip("halves the tens alone", "Leaves the ones as they are.", lambda n: n[0] // 20 * 10 + n[0] % 10),
        Slip("doubles", "Multiplies by 2.", lambda n: n[0] * 2),
        Slip("takes two away", "Subtracts 2.", lambda n: n[0] - 2),
        Slip("takes a quarter", "Halves twice.", lambda n: n[0] // 4),
    ),
)
