"""What a run will ask of its teachers: an estimate made before anything is spent. Pure.

``expected`` supposes that every module is deficient and takes one full round of lessons and one remedial round of two
fifths of it. ``most`` supposes that every module takes all its gate attempts with full rounds, that every reply needs
its repair turn, and that every reply is as long as it may be. Replies that the token limit cuts are asked for again in
halves; these are in neither. What the other strategies ask is theirs (``graph/strategies/estimate.py``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tutelage.configs.schema import Domain, Limits, RunConfig, TeacherRole
from tutelage.graph.estimated_work import (
    A_LESSON_TOKENS,
    AN_ANSWER,
    AN_ANSWER_TOKENS,
    MISCONCEPTIONS_TOKENS,
    TUTOR,
    Work,
    answering,
)
from tutelage.graph.page.formats import dollars
from tutelage.graph.strategies.estimate import strategy_works
from tutelage.pedagogy.lesson import FEWEST_SHARE
from tutelage.pedagogy.power import detectable_gap
from tutelage.pedagogy.records import Item, Record
from tutelage.teachers.plans import TeacherPlan, prices_of
from tutelage.teachers.settings import Prices
from tutelage.training.sandbox.pool import UNSAFE

CHARACTERS_A_TOKEN, FEWEST_CHARACTERS_A_TOKEN = 3.5, 2.5

# Characters of our prompts besides what the domain brings: instructions, keys and names of the JSON context.
_MAP, _EXPLAIN, _PLAN, _JUDGE = 900, 1100, 900, 800
_A_MODULE, _AN_ITEM = 250, 120
_REPAIR = 6000
_A_MODULE_TOKENS = 50  # of a typical reply


class Cost(Record):
    """Calls and tokens of a role. ``dollars`` is None where a price is not known."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    dollars: float | None


class RoleEstimate(Record):
    """What one role will ask of its teacher, and how that was derived."""

    role: TeacherRole
    endpoint: str
    expected: Cost
    most: Cost
    how: str


class Estimate(Record):
    """The whole estimate.

    Attributes:
        unpriced: Endpoints whose prices nobody said: dollars leave them out of account, and so say nothing.
        notes: What else a reader should know, one line each.
    """

    roles: tuple[RoleEstimate, ...]
    expected: Cost
    most: Cost
    unpriced: tuple[str, ...]
    notes: tuple[str, ...]


def estimate(
    config: RunConfig, domain: Domain, items: Sequence[Item], plans: Mapping[TeacherRole, TeacherPlan]
) -> Estimate:
    """The estimate of a run."""
    works = _works(config, domain, items, len({rung.regime for rung in plans["reference"].rungs}))
    roles = tuple(_role(role, [w for w in works if w.role == role], plan) for role, plan in plans.items())
    members = [member for plan in plans.values() for member in plan.members]
    unpriced = tuple(sorted({m.name for m in members} - set(prices_of(members))))
    expected, most = _sum([r.expected for r in roles]), _sum([r.most for r in roles])
    notes = (resolution(config), *_unsafe(config, domain), *_notes(config.limits, expected))
    return Estimate(roles=roles, expected=expected, most=most, unpriced=unpriced, notes=notes)


def _works(config: RunConfig, domain: Domain, items: Sequence[Item], regimes: int) -> list[Work]:
    characters = sum(len(i.question) for i in items) / len(items) + len(domain.answer_instruction)
    if config.strategy.name != "ioa":
        works, solutions = strategy_works(config, len(domain.modules), characters)
        return [*_judging(config, domain, len(domain.modules) * config.diagnosis.held_out, solutions), *works]
    return _loop(config, domain, characters, regimes)


def _loop(config: RunConfig, domain: Domain, characters: float, regimes: int) -> list[Work]:
    """The work of the mastery loop."""
    modules, tutor, limits = len(domain.modules), config.tutor, config.teachers
    rounds = config.limits.rounds
    full = modules * min(config.gate.attempts, rounds)
    remedial = modules if rounds > 1 else 0
    most_candidates = math.ceil(tutor.examples * tutor.overdraw)
    candidates = math.ceil(max(0, tutor.examples - tutor.solved_probes) * tutor.overdraw)
    fewer = math.ceil(math.ceil(tutor.examples * FEWEST_SHARE) * tutor.overdraw)
    calls, fewer_calls, most_calls = (math.ceil(n / tutor.per_call) for n in (candidates, fewer, most_candidates))
    lessons = modules * candidates + remedial * fewer
    probes, held_out = config.diagnosis.probes, config.diagnosis.held_out
    probing = modules * (probes * regimes + held_out)
    drawn = int(any(m.prerequisites is None for m in domain.modules))
    plans = min(rounds, modules) + 1
    solved = tutor.independent_solutions
    return [
        *_judging(config, domain, probing + full * config.gate.items_needed // config.gate.attempts, lessons * solved),
        answering(
            limits, probing + lessons * solved, probing + full * most_candidates * solved, characters,
            f"{modules} modules x ({probes}{'' if regimes == 1 else f' x {regimes} teachers'} diagnostic + {held_out} "
            f"held-out) probes, {solved} solution{'' if solved == 1 else 's'} of each of {lessons:,} candidates",
        ),
        Work(
            "diagnostician", drawn, drawn, _MAP + modules * (_A_MODULE + 3 * (characters + _AN_ITEM)),
            modules * _A_MODULE_TOKENS, limits.max_tokens, f"{drawn} knowledge map",
        ),
        Work(
            "diagnostician", modules + remedial, modules + full, _EXPLAIN + 8 * (characters + AN_ANSWER + _AN_ITEM),
            MISCONCEPTIONS_TOKENS, limits.max_tokens, f"wrong answers explained {modules + remedial} times",
        ),
        Work(
            "planner", plans, rounds + 1, _PLAN + modules * _A_MODULE, modules * _A_MODULE_TOKENS, limits.max_tokens,
            f"{plans} plans in at most {rounds} rounds",
        ),
        Work(
            "tutor", modules * calls + remedial * fewer_calls, full * most_calls, TUTOR + 4 * (characters + AN_ANSWER),
            min(tutor.per_call * A_LESSON_TOKENS, limits.max_tokens), limits.max_tokens,
            f"{modules} full rounds of {candidates} candidates and {remedial} remedial of {fewer}, "
            f"{tutor.per_call} a call",
        ),
    ]  # fmt: skip


def _judging(config: RunConfig, domain: Domain, answers: int, solutions: int) -> list[Work]:
    """The judge compares every answer of student and teacher, and every lesson's solutions, in both orders."""
    if domain.grader != "judge":
        return []
    graded = 2 * answers + solutions
    how = f"{graded:,} answers compared with their references, in both orders"
    return [
        Work("judge", 2 * graded, 4 * graded, _JUDGE + 4 * config.teachers.answer_tokens, AN_ANSWER_TOKENS,
              config.teachers.max_tokens, how)
    ]  # fmt: skip


def _role(role: TeacherRole, works: Sequence[Work], plan: TeacherPlan) -> RoleEstimate:
    prices = prices_of(plan.members)
    known = [prices[member.name] for member in plan.members if member.name in prices]
    complete = len(known) == len(plan.members)
    mean = _mean(known) if complete else None
    dearest = max(known, key=lambda p: p.prompt + p.completion) if complete else None
    return RoleEstimate(
        role=role,
        endpoint=plan.name,
        expected=_sum([_expected(work, mean) for work in works]),
        most=_sum([_most(work, dearest) for work in works]),
        how="; ".join(work.how for work in works if work.most_calls),
    )


def _expected(work: Work, prices: Prices | None) -> Cost:
    return _cost(work.calls, work.characters / CHARACTERS_A_TOKEN * work.calls, work.reply * work.calls, prices)


def _most(work: Work, prices: Prices | None) -> Cost:
    prompt = work.characters / FEWEST_CHARACTERS_A_TOKEN
    repair = prompt + _REPAIR / FEWEST_CHARACTERS_A_TOKEN if work.repairable else 0
    turns = 2 if work.repairable else 1
    calls = work.most_calls
    return _cost(turns * calls, (prompt + repair) * calls, turns * work.longest * calls, prices)


def _cost(calls: int, prompt: float, completion: float, prices: Prices | None) -> Cost:
    price = None if prices is None else round(prices.dollars(prompt, completion), 6)
    return Cost(calls=calls, prompt_tokens=round(prompt), completion_tokens=round(completion), dollars=price)


def _sum(costs: Sequence[Cost]) -> Cost:
    known = [cost.dollars for cost in costs if cost.dollars is not None]
    return Cost(
        calls=sum(cost.calls for cost in costs),
        prompt_tokens=sum(cost.prompt_tokens for cost in costs),
        completion_tokens=sum(cost.completion_tokens for cost in costs),
        dollars=round(sum(known), 6) if len(known) == len(costs) else None,
    )


def _mean(prices: Sequence[Prices]) -> Prices:
    return Prices(
        prompt=sum(p.prompt for p in prices) / len(prices), completion=sum(p.completion for p in prices) / len(prices)
    )


def _unsafe(config: RunConfig, domain: Domain) -> list[str]:
    return [f"WARNING: {UNSAFE}"] if domain.grader == "code" and config.code.sandbox != "required" else []


def _notes(limits: Limits, expected: Cost) -> list[str]:
    """Caps that the run is expected to meet: better known before than after."""
    tokens = expected.prompt_tokens + expected.completion_tokens
    caps: list[tuple[str, float | None, float | None]] = [
        (f"{limits.teacher_calls} teacher calls", limits.teacher_calls, expected.calls),
        (f"{limits.teacher_tokens} teacher tokens", limits.teacher_tokens, tokens),
        (f"{dollars(limits.teacher_dollars)} for teachers", limits.teacher_dollars, expected.dollars),
    ]
    return [
        f"the cap of {name} is less than what is expected: the run will end there, and can be resumed"
        for name, cap, wanted in caps
        if cap is not None and wanted is not None and cap < wanted
    ]


def resolution(config: RunConfig) -> str:
    """How fine the diagnosis sees, in one line."""
    diagnosis, confidence = config.diagnosis, config.gate.confidence
    found = detectable_gap(diagnosis.probes, confidence)
    blunt = ": too blunt for that" if found > diagnosis.gap_threshold else ""
    return (
        f"diagnosis: {diagnosis.probes} probes a module detect a gap of {found:.2f} or more ({confidence:.0%} "
        f"interval, four times in five); it decides at {diagnosis.gap_threshold:g}{blunt}"
    )


def lines(found: Estimate) -> list[str]:
    """The estimate for a person, before the run."""
    head = f"estimate: {_said(found.expected)} expected; at most {_said(found.most)}"
    rows = [
        f"  {r.role}, {r.endpoint}: {_said(r.expected)} (at most {_said(r.most)}): {r.how}"
        for r in found.roles
        if r.most.calls
    ]
    unpriced = [f"  dollars are unknown: nobody said the prices of {', '.join(found.unpriced)}"]
    return [head, *rows, *(unpriced if found.unpriced else []), *(f"  {note}" for note in found.notes)]


def _said(cost: Cost) -> str:
    price = "" if cost.dollars is None else f", {dollars(cost.dollars)}"
    return f"{cost.calls:,} calls, {cost.prompt_tokens + cost.completion_tokens:,} tokens{price}"
