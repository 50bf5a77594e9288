"""A question template, written out and read back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

Numbers = tuple[int, ...]

FILLERS = {
    "name": ("Sam", "Mia", "Leo", "Ana", "Tom", "Zoe"),
    "thing": ("pens", "apples", "books", "coins", "cards", "shells"),
}
_FIELD = re.compile(r"\{(\w+)\}")
# Longer numbers are not everyday arithmetic.
_NUMBER = r"(?<!\d)\d{1,4}(?!\d)"


@dataclass(frozen=True, slots=True)
class Posed:
    """A question found in a text: where it begins, how it reads, its operands."""

    start: int
    question: str
    numbers: Numbers


class Wording:
    """One way to ask: ``{0}``, ``{1}`` ... stand for the operands, ``{name}`` and ``{thing}`` for fillers."""

    def __init__(self, template: str) -> None:
        self._template = template
        self._pattern = re.compile(_expression(template))
        self._operands = sum(field.isdigit() for field in _FIELD.findall(template))

    def write(self, numbers: Sequence[int], rng: Random) -> str:
        """The question about these operands, with random fillers."""
        return self._template.format(*numbers, **{field: rng.choice(words) for field, words in FILLERS.items()})

    def read(self, text: str) -> Iterator[Posed]:
        """Every question of this wording in a text, whatever its fillers."""
        for match in self._pattern.finditer(text):
            numbers = tuple(int(match[f"n{place}"]) for place in range(self._operands))
            yield Posed(match.start(), match[0], numbers)


def _expression(template: str) -> str:
    """The template as a regular expression; a filler that comes twice must be the same word both times."""
    parts: list[str] = []
    seen: set[str] = set()
    position = 0
    for field in _FIELD.finditer(template):
        parts.append(re.escape(template[position : field.start()]))
        name = field[1]
        if name.isdigit():
            parts.append(f"(?P<n{name}>{_NUMBER})")
        else:
            parts.append(f"(?P={name})" if name in seen else rf"(?P<{name}>\w+)")
        seen.add(name)
        position = field.end()
    return "".join(parts) + re.escape(template[position:])
