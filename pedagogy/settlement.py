"""What a round of gates makes of the standings: the verdicts, and where each module stands after them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tutelage.pedagogy.mastery import Evidence, GatePolicy, Verdict, has_regressed, judge
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.standing import Standing

REPLAY_STEP, REPLAY_MOST = 0.2, 0.6


class Seen(Protocol):
    """What a gate attempt, or a retention check, saw of one module."""

    @property
    def evidence(self) -> Evidence:
        """Every item of it."""
        ...

    @property
    def levels(self) -> Mapping[int, Rate]:
        """Its rates by item level; empty where levels are unknown."""
        ...

    @property
    def edge(self) -> int | None:
        """The smallest level that fails."""
        ...


def settle(
    standings: Mapping[str, Standing], results: Mapping[str, Seen], kept: Mapping[str, Seen], policy: GatePolicy
) -> tuple[dict[str, Verdict], dict[str, Standing]]:
    """The verdicts of a round, and the standings of every module that it looked at.

    Args:
        standings: Where the modules stood before.
        results: The gate attempts.
        kept: The retention checks of mastered modules. One that was lost makes a ``regressed`` verdict; the others
            make none.
        policy: The gate's rules.
    """
    verdicts: dict[str, Verdict] = {k: _verdict(r, standings[k], policy) for k, r in results.items()}
    verdicts |= {k: "regressed" for k, r in kept.items() if has_regressed(r.evidence, policy)}
    lost = "regressed" in verdicts.values()
    if lost:
        # The adapter is about to be thrown away: what it seems to have mastered is not kept either.
        verdicts = {k: "remediate" if v == "mastered" else v for k, v in verdicts.items()}
    after = {k: _after(standings[k], verdicts[k], r, lost=lost) for k, r in results.items()}
    after |= {
        k: standings[k].model_copy(update={"gate_used": standings[k].gate_used + r.evidence.student.n})
        for k, r in kept.items()
    }
    return verdicts, after


def more_replay(share: float) -> float:
    """The share of replay in a round after a module was lost."""
    return min(REPLAY_MOST, share + REPLAY_STEP)


def _verdict(seen: Seen, standing: Standing, policy: GatePolicy) -> Verdict:
    if seen.evidence.student.n < policy.items_per_look:
        return "stalled"  # the gate pool has run dry: no verdict is given on items met before
    return judge(seen.evidence, standing.ratios, seen.levels, policy)


def _after(standing: Standing, verdict: Verdict, seen: Seen, *, lost: bool) -> Standing:
    used = seen.evidence.student.n
    if lost:
        return standing.discarded(verdict, seen.evidence.ratio or 0.0, used)
    return standing.after(verdict, seen.evidence.student, used, seen.edge)
