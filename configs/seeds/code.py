"""Programming tasks in the shape of MBPP: a task, tests, and a solution that passes them.

A task is one of a family: what the function does, with its numbers, said in one of several ways. The expected values
in the tests are what the solution returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tutelage.configs.domain import SeedRow
from tutelage.configs.seeds.code_families import FAMILIES, Family

ITEMS_A_FAMILY = 6
_FRAMES = (
    "Write a function `{name}({arguments})` that {does}.",
    "Define `{name}({arguments})`. What it is for: it {does}.",
    "In Python, implement `{name}({arguments})`, which {does}.",
    "A program needs a helper called `{name}` with the parameters ({arguments}). The helper {does}. Write it.",
    "Complete this function, so that it {does}:\n\ndef {name}({arguments}):",
    "`{name}({arguments})` {does}. Give the whole function.",
)


def rows() -> Iterator[SeedRow]:
    """Every module's tasks: each family with each of its numbers, each time in other words."""
    for module, families in FAMILIES.items():
        number = 0
        for offset, family in enumerate(families):
            for place, numbers in enumerate(family.numbers[:ITEMS_A_FAMILY]):
                number += 1
                yield _task(f"{module}/{number:04d}", module, family, numbers, _FRAMES[(place + offset) % len(_FRAMES)])


def _task(task_id: str, module: str, family: Family, numbers: tuple[Any, ...], frame: str) -> SeedRow:
    name = family.name.format(*numbers)
    solution = f"def {name}({family.arguments}):\n    " + family.body.format(*numbers).replace("\n", "\n    ")
    space: dict[str, Any] = {}
    exec(solution, space)  # noqa: S102 - our own text, above
    tests = [f"assert {name}({call}) == {eval(f'{name}({call})', space)!r}" for call in family.calls]  # noqa: S307
    question = frame.format(name=name, arguments=family.arguments, does=family.does.format(*numbers))
    return SeedRow(
        id=task_id, module=module, question=question, reference="\n".join(tests), solution=solution, level=family.level
    )
