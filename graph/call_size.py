"""How many lessons a call asks for: fewer where a small cap on the teachers would leave modules without any."""

from __future__ import annotations

import math

from tutelage.graph.context import RunContext
from tutelage.graph.estimate import CHARACTERS_A_TOKEN
from tutelage.graph.estimated_work import A_LESSON_TOKENS, AN_ANSWER_TOKENS, MISCONCEPTIONS_TOKENS, TUTOR

SAFE = 0.95
"""Of the cap: calls are planned for so much of it, since a lesson that can be verified no more is lost."""


def allowance(ctx: RunContext, modules: int) -> int | None:
    """What each of the modules that lessons are written for may spend of the cap on teacher tokens; None without one.

    Said where a round is ordered, and kept with the order: a branch that is resumed must ask for what it asked before.
    """
    cap = ctx.config.limits.teacher_tokens
    if cap is None or not ctx.finishes or not modules:
        return None
    return int(max(0, SAFE * cap - ctx.meter.totals.tokens)) // modules


def call_size(ctx: RunContext, allowed: int | None, characters: int, *, chain: int = 1) -> int:
    """Lessons a call: those with which the module's allowance brings most, as many as are configured at most.

    A rest that pays for no further call is lost, so two calls of four may be more than one of five.

    Args:
        ctx: The run.
        allowed: The module's allowance in teacher tokens.
        characters: Of a call's prompt.
        chain: Calls that a lesson goes through; each after the first is shown what the one before it wrote.
    """
    most = ctx.config.tutor.per_call
    if allowed is None:
        return most
    prompts, lesson = _price(ctx, characters, chain)
    full_calls = allowed / (prompts + most * lesson)
    sizes = {
        calls: max(1, min(most, int((allowed / calls - prompts) // lesson)))
        for calls in (max(1, math.floor(full_calls)), max(1, math.ceil(full_calls)))
    }
    return sizes[max(sizes, key=lambda calls: calls * sizes[calls])]


def pays_a_call(ctx: RunContext, allowed: int | None, characters: int) -> bool:
    """Whether a module's allowance pays for a call that brings a single lesson."""
    return allowed is None or allowed >= sum(_price(ctx, characters, 1))


def leaves_a_call(ctx: RunContext, allowed: int | None, characters: int) -> bool:
    """Whether a module's allowance pays for an explanation, asked for with so long a prompt, and then for a full call
    of lessons: nobody else reads it.
    """
    if allowed is None:
        return True
    prompt, lesson = _price(ctx, TUTOR, 1)
    explained = characters / CHARACTERS_A_TOKEN + MISCONCEPTIONS_TOKENS
    return allowed >= explained + prompt + ctx.config.tutor.per_call * lesson


def _price(ctx: RunContext, characters: int, chain: int) -> tuple[float, float]:
    """Tokens of a call's prompts, and of each lesson with its verification."""
    written = (2 * chain - 1) * A_LESSON_TOKENS
    lesson = written + ctx.config.tutor.independent_solutions * AN_ANSWER_TOKENS
    return chain * characters / CHARACTERS_A_TOKEN, lesson
