"""Multiple choice in the shape of MMLU: a question with four options, and the letter of the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import gcd
from random import Random

from tutelage.configs.domain import SeedRow

ITEMS_A_MODULE = 72
LETTERS = "ABCD"
_CAPITALS = {
    "Norway": "Oslo", "Sweden": "Stockholm", "Finland": "Helsinki", "Denmark": "Copenhagen", "Poland": "Warsaw",
    "Hungary": "Budapest", "Austria": "Vienna", "Portugal": "Lisbon", "Spain": "Madrid", "Italy": "Rome",
    "Greece": "Athens", "Turkey": "Ankara", "Egypt": "Cairo", "Kenya": "Nairobi", "Ghana": "Accra", "Peru": "Lima",
    "Chile": "Santiago", "Argentina": "Buenos Aires", "Uruguay": "Montevideo", "Colombia": "Bogota", "Cuba": "Havana",
    "Canada": "Ottawa", "Japan": "Tokyo", "Mongolia": "Ulaanbaatar", "Vietnam": "Hanoi", "Thailand": "Bangkok",
    "Nepal": "Kathmandu", "Iran": "Tehran", "Iraq": "Baghdad", "Ireland": "Dublin", "Iceland": "Reykjavik",
    "Estonia": "Tallinn", "Latvia": "Riga", "Lithuania": "Vilnius", "Romania": "Bucharest", "Bulgaria": "Sofia",
}  # fmt: skip
_ELEMENTS = {
    "hydrogen": ("H", 1), "helium": ("He", 2), "lithium": ("Li", 3), "carbon": ("C", 6), "nitrogen": ("N", 7),
    "oxygen": ("O", 8), "fluorine": ("F", 9), "neon": ("Ne", 10), "sodium": ("Na", 11), "magnesium": ("Mg", 12),
    "aluminium": ("Al", 13), "silicon": ("Si", 14), "phosphorus": ("P", 15), "sulfur": ("S", 16),
    "chlorine": ("Cl", 17),
    "argon": ("Ar", 18), "potassium": ("K", 19), "calcium": ("Ca", 20), "titanium": ("Ti", 22), "chromium": ("Cr", 24),
    "manganese": ("Mn", 25), "iron": ("Fe", 26), "cobalt": ("Co", 27), "nickel": ("Ni", 28), "copper": ("Cu", 29),
    "zinc": ("Zn", 30), "bromine": ("Br", 35), "silver": ("Ag", 47), "tin": ("Sn", 50), "iodine": ("I", 53),
    "barium": ("Ba", 56), "tungsten": ("W", 74), "platinum": ("Pt", 78), "gold": ("Au", 79), "mercury": ("Hg", 80),
    "lead": ("Pb", 82),
}  # fmt: skip
Asked = tuple[str, str, Sequence[str]]
"""A question, its answer, and what else might be said."""


def _capitals(rng: Random, number: int) -> Asked:
    country = list(_CAPITALS)[number % len(_CAPITALS)]
    if number < len(_CAPITALS):
        return f"Which city is the capital of {country}?", _CAPITALS[country], list(_CAPITALS.values())
    return f"{_CAPITALS[country]} is the capital of which country?", country, list(_CAPITALS)


def _elements(rng: Random, number: int) -> Asked:
    name = list(_ELEMENTS)[number % len(_ELEMENTS)]
    symbol, protons = _ELEMENTS[name]
    if number < len(_ELEMENTS):
        return f"What is the chemical symbol of {name}?", symbol, [s for s, _ in _ELEMENTS.values()]
    return f"How many protons has an atom of {name}?", str(protons), [str(p) for _, p in _ELEMENTS.values()]


def _binary(rng: Random, number: int) -> Asked:
    value = 5 + 3 * number
    near = [value - 2, value - 1, value + 1, value + 2, value + 4]
    if number % 2:
        return f"What is the binary number {value:b} in decimal?", str(value), [str(n) for n in near]
    return f"How is the decimal number {value} written in binary?", f"{value:b}", [f"{n:b}" for n in near]


def _divisors(rng: Random, number: int) -> Asked:
    a, b = 6 * (number + 2), 4 * (number % 9 + 3)
    if number % 2:
        least = a * b // gcd(a, b)
        return f"What is the least common multiple of {a} and {b}?", str(least), [str(least + d) for d in (-b, b, a, 2)]
    most = gcd(a, b)
    return (
        f"What is the greatest common divisor of {a} and {b}?",
        str(most),
        [str(n) for n in (1, most + 1, most * 2, b, most + 3, most + 5)],
    )


_MODULES: dict[str, Callable[[Random, int], Asked]] = {
    "geography/capitals": _capitals,
    "chemistry/elements": _elements,
    "computing/binary_numbers": _binary,
    "mathematics/divisors": _divisors,
}


def rows() -> Iterator[SeedRow]:
    """Every module's items, the right letter drawn evenly."""
    for module, ask in _MODULES.items():
        rng = Random(f"academic:{module}")  # noqa: S311 - the same items every time, no secret
        for number in range(ITEMS_A_MODULE):
            question, right, others = ask(rng, number)
            place = number % len(LETTERS)
            options = rng.sample(sorted({o for o in others if o != right}), len(LETTERS) - 1)
            options.insert(place, right)
            lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=True)]
            yield SeedRow(
                id=f"{module}/{number + 1:04d}", module=module, question="\n".join([question, *lines]),
                reference=LETTERS[place],
            )  # fmt: skip
