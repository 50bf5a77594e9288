"""The words of the steps that several skills show, so that what is learned in one is learned for all."""

from __future__ import annotations


def tens_of(number: int) -> int:
    """The number without its ones: 47 -> 40."""
    return number - number % 10


def write_together(tens: int, ones: int) -> str:
    """The last step of every skill that works in tens: 16 tens and 3 are 163."""
    return f"Total: {tens} tens + {ones} = {tens * 10 + ones}."


def carry_steps(tens: int, ones: int) -> tuple[str, str]:
    """The tens out of the ones join the tens, then both are written together.

    Ones come first and the carry has a line of its own because a student writes from left to right: in
    ``280 + 28 = 308`` it would have to know the carry before it has seen it.
    """
    carried = tens + ones // 10
    return f"Carry: {tens} + {ones // 10} = {carried}.", write_together(carried, ones % 10)


def sum_steps(left: int, right: int) -> tuple[str, ...]:
    """The steps of a sum: ones, tens, carry, both together. Every skill that adds shows them in these words."""
    tens, ones = left // 10 + right // 10, left % 10 + right % 10
    return (
        f"Ones: {left % 10} + {right % 10} = {ones}.",
        f"Tens: {left // 10} + {right // 10} = {tens}.",
        *carry_steps(tens, ones),
    )
