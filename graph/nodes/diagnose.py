"""diagnose: what is there to learn, what does the student know, and what does its teacher know?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tutelage.agents.diagnostician import MapProposal
from tutelage.errors import BudgetSpent
from tutelage.files import write_json
from tutelage.graph.context import RunContext
from tutelage.graph.measure import Examiner
from tutelage.graph.nodes.common import Update, announce, note, show
from tutelage.graph.probing import probe
from tutelage.graph.profiles import Wrong, write_profiles
from tutelage.graph.records import Decision, DecisionInputs, Reading
from tutelage.graph.references import note_teacher
from tutelage.graph.rundir import part_name
from tutelage.graph.state import State, dump_edges, dump_standings
from tutelage.graph.waiting import none_waits
from tutelage.pedagogy.dependency import break_cycles
from tutelage.pedagogy.gap import Diagnosis
from tutelage.pedagogy.gap import Standing as Found
from tutelage.pedagogy.mastery import Evidence
from tutelage.pedagogy.records import Attempt, Edge, Item, KnowledgeMap, Module
from tutelage.pedagogy.standing import Standing, Status
from tutelage.tracing import names

PART = part_name(0, "diagnose")
SAMPLES = 3


async def diagnose(state: State, ctx: RunContext) -> Update:
    """Measure student and teacher on the diagnostic pool, and draw the map of what there is to learn (Eq. 2-6)."""
    modules = [m.id for m in ctx.domain.modules]
    items = [i for module in modules for i in ctx.of_module(module, "diagnostic")]
    async with Examiner(ctx, None, 0) as examiner:
        found = await probe(ctx, examiner, modules)
    diagnoses = [found[k].diagnosis(k) for k in modules]
    standings = {one.module: _standing(ctx, one, items) for one in diagnoses}
    asked = {one.module: one.teacher for one in diagnoses if one.teacher is not None}
    knowledge_map, notes = await _knowledge_map(ctx, () if none_waits(ctx, standings, asked) else asked)
    note_teacher(ctx, PART, "diagnostic", 0, asked)
    readings = [_reading(one, found[one.module].student) for one in diagnoses]
    deficient = {one.module for one in diagnoses if _found(ctx, one) == "deficient"}
    profiles: dict[str, str] = {}
    if ctx.config.diagnosis.informs:
        wrong = [
            Wrong(m, found[m.id].student, standings[m.id].teacher_rate)
            for m in knowledge_map.modules
            if m.id in deficient
        ]
        profiles = await write_profiles(ctx, wrong, 0)
    standings |= {k: standings[k].model_copy(update={"profile": path}) for k, path in profiles.items()}
    for module, standing in standings.items():
        show(ctx, module, standing)
    # After the last answer that this node pays for: a resumed node finds them all paid, and must count the same tokens.
    decisions = [
        *(note(ctx, 0, why, "plan", ctx.teachers["diagnostician"]) for why in notes),
        *(_decide(ctx, diagnosis) for diagnosis in diagnoses),
    ]
    ctx.rundir.write_part("decisions", PART, decisions)
    ctx.rundir.write_part("readings", PART, readings)
    announce(ctx, decisions)
    return {
        "stage": 0,
        "round": 0,
        "standings": dump_standings(standings),
        "edges": dump_edges(knowledge_map.edges),
        "adapter": None,
        "last_good": None,
        "replay_share": ctx.config.tutor.replay_share,
        "stop": None,
    }


async def _knowledge_map(ctx: RunContext, to_order: Collection[str]) -> tuple[KnowledgeMap, list[str]]:
    """The map, with edges that the teacher proposes among these modules: no other makes one wait."""
    domain = ctx.domain
    modules = [Module(id=m.id, name=m.name, description=m.description, difficulty=m.difficulty) for m in domain.modules]
    given = [
        Edge(prerequisite=p, dependent=m.id, strength=1.0, source="user")
        for m in domain.modules
        for p in m.prerequisites or ()
    ]
    settled = {m.id for m in domain.modules if m.prerequisites is not None}
    shown = [m for m in modules if m.id in to_order]
    edges, notes = tuple(given), list[str]()
    if len(shown) > 1 and not settled.issuperset(to_order):
        proposal = await _proposed(ctx, shown, given, settled)
        graded = {m.id: m for m in proposal.map.modules}
        modules = [graded.get(m.id, m) for m in modules]
        edges, notes = proposal.map.edges, list(proposal.notes)
    edges, removed = break_cycles(edges)
    notes += [f"the edge {e.prerequisite} -> {e.dependent} closed a cycle and is dropped" for e in removed]
    parents = {m.id: tuple(sorted(e.prerequisite for e in edges if e.dependent == m.id)) for m in modules}
    knowledge_map = KnowledgeMap(
        modules=tuple(m.model_copy(update={"prerequisites": parents[m.id]}) for m in modules), edges=edges
    )
    write_json(ctx.rundir.root / "knowledge_map.json", knowledge_map.model_dump(mode="json", by_alias=True))
    return knowledge_map, notes


async def _proposed(
    ctx: RunContext, shown: Sequence[Module], given: Sequence[Edge], settled: Collection[str]
) -> MapProposal:
    """The teacher's map of these modules; the domain's own edges where the budget does not pay for one."""
    samples = [i for m in shown for i in ctx.of_module(m.id, "diagnostic")[:SAMPLES]]
    agent = {names.AGENT_NAME: "diagnostician", names.PROMPT_NAME: "diagnostician_map"}
    try:
        with ctx.tracer.span(names.DRAW_MAP, "AGENT", agent):
            return await ctx.agents.diagnostician.map_domain(
                ctx.domain.name, ctx.domain.description, shown, given, samples, settled=settled
            )
    except BudgetSpent:
        if not ctx.finishes:
            raise
        why = "the budget pays for no further edges: the modules stand with those that the domain names"
        return MapProposal(KnowledgeMap(modules=(), edges=tuple(given)), (why,))


def _standing(ctx: RunContext, diagnosis: Diagnosis, items: Sequence[Item]) -> Standing:
    found = _found(ctx, diagnosis)
    status: Status = "waiting" if found == "deficient" else found
    return Standing(
        status=status,
        student=(diagnosis.student.successes, diagnosis.student.n),
        teacher=None if diagnosis.teacher is None else (diagnosis.teacher.successes, diagnosis.teacher.n),
        levels=tuple(sorted({i.level for i in items if i.module == diagnosis.module and i.level is not None})),
        regime=ctx.teachers["reference"].regime,
    )


def _found(ctx: RunContext, diagnosis: Diagnosis) -> Found:
    """What the diagnosis finds; where it is not to inform, every module that can be taught is deficient."""
    found = diagnosis.standing(ctx.config.diagnosis.gap_threshold)
    return found if ctx.config.diagnosis.informs or found == "excluded" else "deficient"


def _decide(ctx: RunContext, diagnosis: Diagnosis) -> Decision:
    threshold = ctx.config.diagnosis.gap_threshold
    found = _found(ctx, diagnosis)
    above = f"> {threshold}" if ctx.config.diagnosis.informs else "or not: every module is taught alike"
    most = " at most, whatever its teacher answers," if diagnosis.teacher is None else ""
    reason = {
        "deficient": f"gap {diagnosis.gap or 0:.2f}{most} {above}",
        "known": f"gap {diagnosis.gap or 0:.2f}{most} <= {threshold}: nothing to teach",
        "excluded": "this teacher answers none of its probes: it cannot teach the module",
    }[found]
    bar = (ctx.config.gate.threshold, ctx.config.gate.confidence)
    if diagnosis.teacher is None:
        inputs = DecisionInputs.of_student(diagnosis.student, *bar)
    else:
        inputs = DecisionInputs.of(Evidence(diagnosis.module, diagnosis.student, diagnosis.teacher), *bar)
    return Decision(
        stage=0,
        round=0,
        module=diagnosis.module,
        verdict=found,
        reason=reason,
        inputs=inputs,
        next="plan",
        tokens_so_far=ctx.meter.totals.tokens,
        endpoint=ctx.teachers["reference"].name,
        model=ctx.teachers["reference"].model,
        prompt_hash=None,
    )


def _reading(diagnosis: Diagnosis, attempts: list[Attempt]) -> Reading:
    return Reading(
        module=diagnosis.module,
        round=0,
        pool="diagnostic",
        right=diagnosis.student.successes,
        n=diagnosis.student.n,
        truncated=sum(a.truncated for a in attempts),
        verdict=None,
    )
