"""When to move on: the mastery gate (Eq. 9 of arXiv 2602.12172), decided on evidence.

The paper advances once min over the stage of P_S(k) / P_T(k) >= tau. Measured on a handful of items, the same ones
every time, such a rule is passed sooner or later by noise alone. Here a module is mastered only when the whole
interval of its ratio, measured on items the student has never met, lies at or above the threshold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from tutelage.pedagogy.rates import Interval, Rate, ratio, ratio_interval
from tutelage.pedagogy.records import Record

Verdict = Literal["mastered", "remediate", "bridge", "stalled", "regressed"]
Look = Literal["mastered", "undecided", "failed"]


class GatePolicy(Record):
    """The rules of the gate."""

    threshold: float = Field(
        default=0.9, gt=0, le=1, description="tau_mastery: the least P_S / P_T that counts as mastery"
    )
    confidence: float = Field(
        default=0.95,
        gt=0,
        lt=1,
        description="of the two-sided interval at each look; its lower end errs (1 - confidence) / 2",
    )
    items_per_look: int = Field(default=36, ge=1, description="fresh items a look adds")
    looks: int = Field(default=2, ge=1, description="how often an attempt may look before it must decide")
    attempts: int = Field(default=4, ge=1, description="gate attempts a module has before it is stalled")
    patience: int = Field(
        default=3, ge=1, description="attempts in a row without a better ratio that stall a module earlier"
    )
    decides: bool = Field(
        default=True, description="False, an ablation: nobody is gated; what was taught once counts as in hand"
    )
    retention_items: int = Field(
        default=12, ge=1, description="fresh items on which a mastered module is re-probed each round"
    )

    @property
    def false_pass_bound(self) -> float:
        """Most often that a module *at* the threshold is ever passed, over all its looks (Bonferroni)."""
        return min(1.0, (1 - self.confidence) / 2 * self.looks * self.attempts)

    @property
    def items_needed(self) -> int:
        """Gate items a module must bring so that every attempt is fresh."""
        return self.items_per_look * self.looks * self.attempts


@dataclass(frozen=True)
class Evidence:
    """What one gate attempt has seen of one module."""

    module: str
    student: Rate
    teacher: Rate

    @property
    def ratio(self) -> float | None:
        """P_S / P_T."""
        return ratio(self.student, self.teacher)

    def interval(self, confidence: float) -> Interval:
        """Interval of P_S / P_T."""
        return ratio_interval(self.student, self.teacher, confidence)

    def clears(self, policy: GatePolicy) -> bool:
        """Whether the whole interval lies at or above the threshold."""
        return self.teacher.successes > 0 and self.interval(policy.confidence).low >= policy.threshold


def look(evidence: Evidence, items_left: int, policy: GatePolicy) -> Look:
    """Decide a gate attempt after a look, or ask for more items while they can still change the decision.

    Args:
        evidence: All items of this attempt so far.
        items_left: Fresh items this attempt may still draw.
        policy: The gate's rules.
    """
    if evidence.clears(policy):
        return "mastered"
    best = Rate(evidence.student.successes + items_left, evidence.student.n + items_left)
    reachable = items_left > 0 and Evidence(evidence.module, best, evidence.teacher).clears(policy)
    return "undecided" if reachable else "failed"


def frontier(levels: Mapping[int, Rate], teacher: Rate, threshold: float) -> int | None:
    """The smallest item level at which the student's ratio is below the threshold; None where no level is."""
    for level in sorted(levels):
        if levels[level].value < threshold * teacher.value:
            return level
    return None


def judge(evidence: Evidence, earlier: Sequence[float], levels: Mapping[int, Rate], policy: GatePolicy) -> Verdict:
    """The verdict on one module after a gate attempt.

    Args:
        evidence: All items of this attempt.
        earlier: The module's ratios at its earlier attempts, oldest first.
        levels: The attempt's rates by item level; empty where levels are unknown.
        policy: The gate's rules.

    Returns:
        ``mastered`` on evidence only. ``stalled`` when attempts or patience run out. ``bridge`` when the smaller
        instances are in hand and the larger ones are not: go on one notch at a time. ``remediate`` otherwise.
    """
    if evidence.clears(policy):
        return "mastered"
    if len(earlier) + 1 >= policy.attempts or _no_progress([*earlier, evidence.ratio or 0.0], policy.patience):
        return "stalled"
    edge = frontier(levels, evidence.teacher, policy.threshold)
    return "bridge" if edge is not None and edge > min(levels) else "remediate"


def _no_progress(ratios: Sequence[float], patience: int) -> bool:
    if len(ratios) <= patience:
        return False
    return max(ratios[-patience:]) <= max(ratios[:-patience])


def has_regressed(evidence: Evidence, policy: GatePolicy) -> bool:
    """Whether a module that was mastered has clearly fallen: its whole interval lies under the threshold."""
    return evidence.teacher.successes > 0 and evidence.interval(policy.confidence).high < policy.threshold


def stage_mastered(verdicts: Mapping[str, Verdict]) -> bool:
    """Eq. 9 for a stage: the least of its modules decides."""
    return bool(verdicts) and all(v == "mastered" for v in verdicts.values())


Step = Literal["plan", "tutor", "rollback", "graduate"]


def next_step(verdicts: Collection[Verdict], *, rounds_left: bool, more_ready: bool = False) -> Step:
    """Where a gate leads: a pure function of its verdicts, so that it can be read, tested and drawn.

    A regression comes first, since what was learned is worth more than what is being learned. Whenever a module was
    mastered or stalled, the plan is made anew, because a module may have become ready, or held back; and whenever one
    is ready that waits (``more_ready``).
    """
    seen = set(verdicts)
    if "regressed" in seen:
        return "rollback"  # even in the last round: what is measured at the end must be the last good student
    if not rounds_left:
        return "graduate"
    return "plan" if more_ready or seen & {"mastered", "stalled"} or not seen else "tutor"
