"""What a strategy other than ours will ask of its teachers. Pure.

Some end sooner than is expected here: a strategy that starts from what the student fails has less to start from, the
more the student knows.
"""

from __future__ import annotations

import math

from tutelage.configs.schema import RunConfig
from tutelage.graph.estimated_work import A_LESSON_TOKENS, AN_ANSWER, TUTOR, Work, answering
from tutelage.pedagogy.strategies import STRATEGIES


def strategy_works(config: RunConfig, modules: int, characters: float) -> tuple[list[Work], int]:
    """The work, and how many independent solutions of lessons are in it.

    Args:
        config: The run's; not that of the mastery loop.
        modules: How many the domain has.
        characters: Of a question, on average.
    """
    strategy, tutor, limits = STRATEGIES[config.strategy.name], config.tutor, config.teachers
    probing = modules * config.diagnosis.held_out
    probes = f"{modules} modules x {config.diagnosis.held_out} held-out probes"
    rounds = config.strategy.rounds or strategy.rounds
    wanted = config.strategy.lessons
    lessons = math.ceil((tutor.examples if wanted is None else math.ceil(wanted / rounds)) * tutor.overdraw)
    if strategy.source == "reference":
        seeds = modules * rounds * min(lessons, config.diagnosis.probes)
        how = f"{probes}, {seeds:,} seed items answered"
        return [answering(limits, probing + seeds, probing + seeds, characters, how)], 0
    if strategy.source != "tutor":
        return [answering(limits, probing, probing, characters, probes)], 0
    per_call, calls = 1, min(lessons, config.diagnosis.probes)
    if not strategy.own_questions:
        per_call, calls = tutor.per_call, math.ceil(lessons / tutor.per_call)
    prompts = len(strategy.writes)
    asked = modules * rounds * calls * prompts
    each = math.ceil(per_call / prompts) if strategy.keeps_all else per_call
    solved = modules * rounds * calls * per_call * tutor.independent_solutions
    reply = min(each * A_LESSON_TOKENS, limits.max_tokens)
    how = f"{rounds} x {modules} modules x {calls} starts x {prompts} prompts, {each} lessons each"
    return [
        answering(
            limits, probing + solved, probing + solved, characters, f"{probes}, {solved:,} solutions of candidates"
        ),
        Work("tutor", asked, asked, TUTOR + 2 * (characters + AN_ANSWER), reply, limits.max_tokens, how),
    ], solved
