"""assemble: the accepted lessons of all branches, mixed with replay, become the round's data set."""

from __future__ import annotations

import random
from collections.abc import Iterable

from tutelage.files import jsonl, sha256_text, write_text
from tutelage.graph.context import WORTH_A_ROUND, RunContext
from tutelage.graph.nodes.common import Update
from tutelage.graph.pairs import paired
from tutelage.graph.state import Artefact, OrderData, State, standings_of
from tutelage.pedagogy.lesson import completion, with_instruction
from tutelage.pedagogy.records import Candidate
from tutelage.training.contracts import Example
from tutelage.training.replay import mix


async def assemble(state: State, ctx: RunContext) -> Update:
    """Write the data set under its own hash. At most the ordered number of lessons a module is taught."""
    orders, round_number = state["orders"], state["round"]
    candidates = [
        c for c in ctx.rundir.rows("candidates", Candidate) if c.accepted and c.provenance.round <= round_number
    ]
    new = [row for _, order in sorted(orders.items()) for row in _lessons(ctx, candidates, order, round_number)]
    standings = standings_of(state)
    mastered = {k: _examples(ctx, [c for c in candidates if c.module == k]) for k, s in standings.items()
                if s.status in ("mastered", "known")}  # fmt: skip
    seed = ctx.config.seed + round_number
    if ctx.config.training.start_from == "last" and state.get("stop") != "finish":
        rows = await paired(state, ctx, mix(new, mastered, state["replay_share"], seed))
        rows = [*rows, *_rest(ctx, rows, _examples(ctx, candidates), seed)]
    else:  # the untaught student knows nothing of earlier rounds; and a last round reviews them all
        rows = await paired(state, ctx, mix(_examples(ctx, candidates), {}, 0, seed))
    text = jsonl(rows)
    digest = sha256_text(text)
    path = ctx.rundir.root / "datasets" / f"round-{round_number:03d}-{digest[:12]}.jsonl"
    write_text(path, text)
    return {"dataset": Artefact(path=ctx.rundir.relative(path), sha256=digest, rows=len(rows))}


def _rest(ctx: RunContext, rows: list[Example], lessons: list[Example], seed: int) -> list[Example]:
    """Earlier lessons for what the rows leave of a training budget, where that is too little for another round.

    The trainer would spend it on these rows over again.
    """
    cap, left = ctx.config.limits.training_tokens, ctx.training_left()
    if cap is None or left is None:
        return []
    row = ctx.row_tokens()
    count = len(rows) + sum(one.rejected is not None for one in rows)
    if not row or left - row * count >= WORTH_A_ROUND * cap:
        return []
    taken = {example.candidate for example in rows}
    others = [example for example in lessons if example.candidate not in taken]
    chance = random.Random(seed)  # noqa: S311 - must repeat, no secret
    return chance.sample(others, min(len(others), max(0, round(left / row) - count)))


def _lessons(ctx: RunContext, candidates: list[Candidate], order: OrderData, round_number: int) -> list[Example]:
    """A module's new lessons, and as many of its earlier ones.

    Remedial lessons are narrow on purpose. Taught alone they were measured to undo what the module's first lessons
    had taught (0.92 to 0.78 in a round), so whoever is taught again rehearses.
    """
    module = order["module"]
    new = _of_round(candidates, module, round_number)[: order["count"]]
    if not ctx.config.tutor.rehearse:
        return _examples(ctx, new)
    earlier = [c for c in candidates if c.module == module and c.provenance.round < round_number]
    chance = random.Random(f"{ctx.config.seed}:{round_number}:{module}")  # noqa: S311 - must repeat, no secret
    return _examples(ctx, [*new, *chance.sample(earlier, min(len(new), len(earlier)))])


def _of_round(candidates: Iterable[Candidate], module: str, round_number: int) -> list[Candidate]:
    return [c for c in candidates if c.module == module and c.provenance.round == round_number]


def _examples(ctx: RunContext, candidates: Iterable[Candidate]) -> list[Example]:
    return [
        Example(
            prompt=with_instruction(c.example.problem, ctx.domain.answer_instruction),
            completion=completion(c.example),
            module=c.module,
            candidate=c.id,
        )
        for c in candidates
        if c.example is not None
    ]
