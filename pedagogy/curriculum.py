"""Which modules are aimed at, and which of them start now: the planner's decisions, apart from its teacher."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tutelage.pedagogy.gap import gap
from tutelage.pedagogy.records import Edge
from tutelage.pedagogy.severity import severity, targets
from tutelage.pedagogy.standing import Advance, OrderRules, Standing, could_start, order_lessons
from tutelage.pedagogy.zpd import Help, ZpdRule, split_stage, step_within_zone, within_reach


@dataclass(frozen=True)
class Aim:
    """The modules that a plan is for, most severe first, with the gap and severity of every unsettled one."""

    modules: tuple[str, ...]
    gaps: Mapping[str, float]
    severities: Mapping[str, float]


def aim(standings: Mapping[str, Standing], edges: Sequence[Edge], *, alpha: float, share: float) -> Aim:
    """Eq. 4 and 5 over the modules that are not settled yet."""
    unsettled = {k: s for k, s in standings.items() if not s.settled}
    gaps = {k: gap(s.student_rate, s.teacher_rate) or 0.0 for k, s in unsettled.items()}
    severities = {k: severity(k, gaps, edges, alpha=alpha) for k in unsettled}
    return Aim(targets(severities, edges, share=share), gaps, severities)


@dataclass(frozen=True)
class Entrance:
    """The modules that start now; ``steep`` where the step to them leaves the zone of proximal development."""

    modules: tuple[str, ...]
    steep: bool

    def into(self, standings: Mapping[str, Standing]) -> dict[str, Standing]:
        """The standings with these modules learning: a steep step is entered through bridging, where levels allow."""
        entered = dict(standings)
        for module in self.modules:
            kind = "bridging" if self.steep and standings[module].levels else "core"
            entered[module] = standings[module].model_copy(update={"status": "learning", "kind": kind})
        return entered


def entrance(
    standings: Mapping[str, Standing],
    edges: Sequence[Edge],
    targeted: Collection[str],
    *,
    advance: Advance,
    entry: float | None,
    rule: ZpdRule,
    limit: float,
    helped: Mapping[str, Help] | None = None,
) -> Entrance:
    """Of the targeted modules that need wait no longer, those that fit the zone of proximal development (Eq. 8).

    Args:
        standings: Where each module stands.
        edges: The prerequisites that hold.
        targeted: The modules aimed at.
        advance: When a module may start.
        entry: The ratio at which a prerequisite counts as in hand.
        rule: How the zone is read.
        limit: Of the rule: how far a step may go; by ``help`` the least share of failed items that help must solve.
        helped: What help does, by module; for the rule ``help``.
    """
    candidates = [k for k in could_start(standings, edges, advance, entry) if k in targeted]
    if rule == "help":
        near = within_reach(candidates, helped or {}, least=limit)
        return Entrance(near or tuple(candidates), bool(candidates) and not near)
    # A new reference teacher may know none of what was mastered under another one: that has no difficulty to compare.
    in_hand = [
        k for k, s in standings.items() if s.status in ("mastered", "known", "learning") and s.teacher_rate.successes
    ]
    student = {k: s.student_rate.value for k, s in standings.items()}
    teacher = {k: s.teacher_rate.value for k, s in standings.items()}
    parts = split_stage(candidates, in_hand, student, teacher, rule=rule, limit=limit)
    modules = parts[0] if parts else ()
    return Entrance(modules, not step_within_zone(in_hand, modules, student, teacher, rule=rule, limit=limit))


PRESSED = 2
"""Rounds of every module that must still be paid for: a first one, and one for what it leaves."""


def pressed(standings: Mapping[str, Standing], targeted: Collection[str], rules: OrderRules, affordable: float) -> bool:
    """Whether a budget is too small to let modules wait for one another.

    In order, and one small step at a time, is how to teach where there is time. Under a budget that ends first, what
    stands last in the order would get nothing: measured on a half-taught student, two modules of six stayed at 0.

    Args:
        standings: Where the modules stand.
        targeted: The modules that the plan is for.
        rules: How lessons are ordered.
        affordable: Lessons that what is left of the budget pays for.
    """
    orders = order_lessons([k for k in targeted if not standings[k].settled], standings, rules)
    return affordable < PRESSED * sum(order.count for order in orders.values())


def all_at_once(standings: Mapping[str, Standing], targeted: Collection[str]) -> Entrance:
    """Every targeted module that waits, whatever it stands on."""
    return Entrance(tuple(sorted(k for k in targeted if standings[k].status == "waiting")), steep=False)
