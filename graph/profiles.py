"""Student profiles: what the Tutor is told of the student, kept as files, remembered by path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tutelage.agents.tutor import WRONG_ANSWERS
from tutelage.errors import BudgetSpent
from tutelage.files import write_json, write_text
from tutelage.graph.call_size import allowance, leaves_a_call
from tutelage.graph.context import RunContext
from tutelage.graph.records import MisconceptionRecord
from tutelage.graph.rundir import part_name
from tutelage.pedagogy.profile import build_profile
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Attempt, Misconception, Module, StudentProfile, WrongAnswer
from tutelage.teachers.bounded import each
from tutelage.tracing import names


@dataclass(frozen=True)
class Wrong:
    """What a module's profile is made of: the student's attempts at its diagnostic items, and its teacher's rate."""

    module: Module
    attempts: Sequence[Attempt]
    teacher: Rate


async def write_profiles(ctx: RunContext, found: Sequence[Wrong], round_number: int) -> dict[str, str]:
    """Have the wrong diagnostic answers explained, all modules at once, and keep the profiles.

    As few as the Tutor is shown one by one are not explained: two answers make no pattern, and each call has its price.
    Nor are they where what is left of a cap does not pay for that and for lessons of the module after it.

    Returns:
        Each module's path in the run. Where the run goes on with a spent budget, modules that it did not pay for have
        none: nobody will write lessons for them.
    """
    allowed = _allowed(ctx, len(found), round_number)

    async def work(one: Wrong) -> str | None:
        try:
            return await _write(ctx, one, round_number, allowed)
        except BudgetSpent:
            if not ctx.finishes:
                raise
            return None

    paths = await each(found, work)
    return {one.module.id: path for one, path in zip(found, paths, strict=True) if path is not None}


def _allowed(ctx: RunContext, modules: int, round_number: int) -> int | None:
    """A module's allowance when its profile was begun: kept, since a node that is entered again has paid for some."""
    path = ctx.rundir.root / "profiles" / f"{part_name(round_number, _node(round_number))}.allowance"
    if not path.exists():
        allowed = allowance(ctx, modules)
        if allowed is None:
            return None
        write_text(path, f"{allowed}\n")
    return int(path.read_text())


def _node(round_number: int) -> str:
    return "diagnose" if round_number == 0 else "gate"


async def _write(ctx: RunContext, found: Wrong, round_number: int, allowed: int | None) -> str:
    module = found.module
    bare = build_profile(module.id, ctx.items, found.attempts, found.teacher)
    named = await _explained(ctx, module, bare.wrong_answers, allowed)
    profile = bare.model_copy(update={"misconceptions": named})
    name = part_name(round_number, _node(round_number), module.id)
    records = [
        MisconceptionRecord(
            module=module.id, round=round_number, name=m.name, explanation=m.explanation, probes=m.probes
        )
        for m in named
    ]
    ctx.rundir.write_part("misconceptions", name, records)
    path = ctx.rundir.root / "profiles" / f"{name}.json"
    write_json(path, profile.model_dump(mode="json"))
    return ctx.rundir.relative(path)


async def _explained(
    ctx: RunContext, module: Module, wrong: Sequence[WrongAnswer], allowed: int | None
) -> tuple[Misconception, ...]:
    diagnostician = ctx.agents.diagnostician
    if len(wrong) <= WRONG_ANSWERS:
        return ()
    if not leaves_a_call(ctx, allowed, diagnostician.explaining_characters(module, wrong)):
        return ()
    agent = {names.AGENT_NAME: "diagnostician", names.PROMPT_NAME: "diagnostician_misconceptions"}
    with ctx.tracer.span(names.EXPLAIN, "AGENT", {**agent, names.MODULE: module.id}):
        return await diagnostician.misconceptions(module, wrong)


def read_profile(ctx: RunContext, path: str) -> StudentProfile:
    """The profile kept under ``path``."""
    return StudentProfile.model_validate_json((ctx.rundir.root / path).read_bytes())
