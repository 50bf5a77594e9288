"""finetune: the student learns the round's data set, in a child process; its adapter becomes the student of record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from tutelage.files import read_rows
from tutelage.graph.context import WORTH_A_ROUND, RunContext
from tutelage.graph.nodes.common import Update, announce, begins_at, note
from tutelage.graph.progress import Work
from tutelage.graph.records import TrainingRecord
from tutelage.graph.rundir import part_name
from tutelage.graph.state import Artefact, State, standings_of
from tutelage.graph.strategies.survey import rounds_of
from tutelage.pedagogy.budget import round_share
from tutelage.pedagogy.retention import interpolation
from tutelage.pedagogy.strategies import STRATEGIES
from tutelage.tracing import names
from tutelage.tracing.spans import Attribute
from tutelage.training.adapters import publish_current
from tutelage.training.contracts import Example, TokenBudget, TrainJob, TrainProgress, TrainResult
from tutelage.training.finetune import finetune as train


async def finetune(state: State, ctx: RunContext) -> Update:
    """Train on from the adapter of record, or from the base. A round without a lesson leaves the student as it is."""
    round_number, dataset = state["round"], state["dataset"]
    rows = read_rows(ctx.rundir.root / dataset["path"], Example)
    if not rows or not (_reviews(state) or any(row.module in state["orders"] for row in rows)):
        return {"adapter": state["adapter"]}
    if ctx.training_spent():
        return {"adapter": state["adapter"], "stop": "budget"}
    name = f"round-{round_number:03d}"
    job = _job(state, ctx, name)
    async with ctx.device.student_turn() as returns:
        result = await _train(ctx, job, dataset, round_number)
    publish_current(ctx.rundir.adapters, name)
    ctx.rundir.write_part("trainings", part_name(round_number, "finetune"), [_record(job, result, rows, state)])
    lines = [f"training: {warning.line}" for warning in result.warnings]
    lines += [f"device: {line}" for line in returns]
    lines += _said_of(job, result)
    if lines:
        notes = [note(ctx, state["round"], line, "gate") for line in lines]
        ctx.rundir.write_part("decisions", part_name(round_number, "finetune"), notes)
        announce(ctx, notes)
    return {"adapter": name}


def _job(state: State, ctx: RunContext, name: str) -> TrainJob:
    before = begins_at(state, ctx)
    standings = standings_of(state)
    # What has no adapter yet has nothing to undo.
    taught = (standings.get(module) for module in state["orders"])
    mends = before is not None and not _reviews(state) and all(one is not None and one.ratios for one in taught)
    known = {module: one.student_rate.value for module, one in standings.items()}
    # What does not look at the student cannot go by what it knows.
    curriculum = ctx.config.curriculum if ctx.config.strategy.is_mastery_loop else None
    return TrainJob(
        base_model=str(ctx.student),
        adapter=None if before is None else str(ctx.rundir.adapters / before),
        dataset=str(ctx.rundir.root / state["dataset"]["path"]),
        output=str(ctx.rundir.adapters / name),
        seed=ctx.config.seed + state["round"],
        settings=ctx.config.training.of_round(mends=mends),
        budget=_budget(state, ctx),
        pacing=None if curriculum is None else curriculum.pacing,
        known=known,
        interpolation=1.0 if curriculum is None else interpolation(known, curriculum.retention),
        guards=tuple(sorted(m for m in state["orders"] if m in standings and standings[m].status != "known")),
    )


def _record(job: TrainJob, result: TrainResult, rows: Sequence[Example], state: State) -> TrainingRecord:
    number = state["round"]
    return TrainingRecord(
        round=number,
        rows=len(rows),
        pairs=sum(row.rejected is not None for row in rows) if job.settings.preference is not None else 0,
        replayed=sum(not row.candidate.startswith(f"r{number:03d}/") for row in rows),
        modules=result.dealt or dict(sorted(Counter(row.module for row in rows).items())),
        dataset_sha256=state["dataset"]["sha256"],
        adapter=Path(job.output).name,
        adapter_sha256=result.adapter_sha256,
        loss_first=result.loss_first,
        loss_last=result.loss_last,
        learning_rate=job.settings.rate,
        seconds=result.seconds,
        tokens=result.tokens,
        foreseen=result.foreseen,
        interpolation=result.interpolation,
        read=result.read,
        device=result.device,
        precision=result.precision,
    )


def _said_of(job: TrainJob, result: TrainResult) -> list[str]:
    """What pacing and retention made of the round, for the trace."""
    lines: list[str] = []
    if result.dealt:
        shares = ", ".join(f"{k} {count} ({result.foreseen[k]:.2f})" for k, count in result.dealt.items())
        lines.append(f"pacing: lessons dealt, and the share foreseen of the last ones: {shares}")
    if job.interpolation < 1:
        lines.append(_retained(job, result))
    return lines


def _retained(job: TrainJob, result: TrainResult) -> str:
    if result.interpolation > job.interpolation:
        return (
            f"retention: the round's change is kept whole; at {job.interpolation:.2f} of it {result.lost} of "
            f"{result.learned} new lessons would be foreseen no more"
        )
    known = fmean(job.known.values())
    said = f"retention: {result.interpolation:.2f} of the round's change is kept, since {known:.2f} was known before it"
    if not result.learned:
        return said
    return f"{said}; {result.learned - result.lost} of {result.learned} new lessons read are still foreseen"


def _reviews(state: State) -> bool:
    """Whether the round goes over all that was written with what is left, and is the last one."""
    return state.get("stop") == "finish"


def _budget(state: State, ctx: RunContext) -> TokenBudget | None:
    """What the round may train on. Where it is the last one, or too little for another would be left, all of it.

    The mastery loop sizes its rounds itself; a strategy's share what is left between them.
    """
    cap, left = ctx.config.limits.training_tokens, ctx.training_left()
    if cap is None or left is None:
        return None
    strategy = STRATEGIES.get(ctx.config.strategy.name)
    rounds = ctx.config.limits.rounds if strategy is None else rounds_of(ctx)
    if _reviews(state) or state["round"] >= rounds:
        return TokenBudget(most=left, rest=left)
    if strategy is None:
        return TokenBudget(most=left, rest=round(WORTH_A_ROUND * cap))
    return TokenBudget(most=round_share(left, state["round"], rounds, grows=strategy.restarts))


async def _train(ctx: RunContext, job: TrainJob, dataset: Artefact, round_number: int) -> TrainResult:
    losses: list[float] = []

    def follow(progress: TrainProgress) -> None:
        losses.append(progress.loss)
        _show(ctx, progress)

    attributes: dict[str, Attribute | None] = {
        names.ROUND: round_number,
        names.ROWS: dataset["rows"],
        names.DATASET: dataset["sha256"],
    }
    with ctx.tracer.span(names.TRAIN, "TOOL", attributes) as span:
        result = await train(job, ctx.rundir.log(f"finetune-{round_number:03d}"), follow)
        span.set_attributes(
            {
                names.ADAPTER: Path(job.output).name,
                names.STEPS: result.steps,
                names.TOKENS: result.tokens,
                names.LOSS_FIRST: result.loss_first,
                names.LOSS_LAST: result.loss_last,
                names.LOSSES: losses,
            }
        )
    return result


def _show(ctx: RunContext, progress: TrainProgress) -> None:
    ctx.progress.emit(
        Work(
            label="fine-tuning the student",
            done=progress.step,
            total=progress.steps,
            unit="steps",
            detail=f"loss {progress.loss:.3f}, {progress.tokens_per_second:.0f} tokens/s"
            + (f" ({progress.note})" if progress.note else ""),
        )
    )
