"""Student profiles: what the Tutor is told of the student, kept as files, remembered by path."""

from __future__ import annotations

from collections.abc import Sequence

from tutelage.files import write_json
from tutelage.graph.context import RunContext
from tutelage.graph.records import MisconceptionRecord
from tutelage.graph.rundir import part_name
from tutelage.pedagogy.profile import build_profile
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.records import Attempt, Module, StudentProfile
from tutelage.tracing import names


async def write_profile(
    ctx: RunContext, module: Module, attempts: Sequence[Attempt], teacher: Rate, round_number: int
) -> str:
    """Have the wrong diagnostic answers explained, and keep the module's profile. Returns its path in the run."""
    bare = build_profile(module.id, ctx.items, attempts, teacher)
    agent = {names.AGENT_NAME: "diagnostician", names.PROMPT_NAME: "diagnostician_misconceptions"}
    with ctx.tracer.span(names.EXPLAIN, "AGENT", {**agent, names.MODULE: module.id}):
        named = await ctx.agents.diagnostician.misconceptions(module, bare.wrong_answers)
    profile = bare.model_copy(update={"misconceptions": named})
    node = "diagnose" if round_number == 0 else "gate"
    name = part_name(round_number, node, module.id)
    ctx.rundir.write_part(
        "misconceptions",
        name,
        [
            MisconceptionRecord(
                module=module.id, round=round_number, name=m.name, explanation=m.explanation, probes=m.probes
            )
            for m in named
        ],
    )
    path = ctx.rundir.root / "profiles" / f"{name}.json"
    write_json(path, profile.model_dump(mode="json"))
    return ctx.rundir.relative(path)


def read_profile(ctx: RunContext, path: str) -> StudentProfile:
    """The profile kept under ``path``."""
    return StudentProfile.model_validate_json((ctx.rundir.root / path).read_bytes())
