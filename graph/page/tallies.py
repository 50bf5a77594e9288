"""Counts that must add up, and are shown adding up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tutelage.graph.page.model import Report
from tutelage.graph.page.parts import CandidateGroup, Candidates
from tutelage.graph.page.teacher_parts import RoleEstimate, TeacherRate, Usage


@dataclass(frozen=True)
class CandidateRow:
    """One line of the table: ``rejected`` is in the order of the table's reasons."""

    module: str
    kind: str
    total: int
    accepted: int
    rejected: tuple[int, ...]

    @property
    def adds_up(self) -> bool:
        """Whether every candidate is either accepted or rejected for one reason."""
        return self.accepted + sum(self.rejected) == self.total


@dataclass(frozen=True)
class CandidateTable:
    """Candidates by module and kind, with the sum row and the reasons that occur."""

    reasons: tuple[str, ...]
    rows: tuple[CandidateRow, ...]
    total: CandidateRow
    faults: tuple[str, ...]


def candidate_table(candidates: Candidates) -> CandidateTable:
    """The table, and a sentence for each count that does not add up (a fault of ours: said, never hidden)."""
    reasons = _reasons(candidates)
    rows = tuple(_row(group, reasons) for group in candidates.groups)
    whole = CandidateGroup(total=candidates.total, accepted=candidates.accepted, rejected=candidates.rejected)
    total = _row(whole, reasons)
    return CandidateTable(reasons, rows, total, _faults(rows, total))


def _reasons(candidates: Candidates) -> tuple[str, ...]:
    counts = Counter(candidates.rejected)
    for group in candidates.groups:
        counts.update(dict.fromkeys(group.rejected, 0))
    return tuple(reason for reason, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _row(group: CandidateGroup, reasons: tuple[str, ...]) -> CandidateRow:
    rejected = tuple(group.rejected.get(reason, 0) for reason in reasons)
    return CandidateRow(group.module, group.kind, group.total, group.accepted, rejected)


def _faults(rows: tuple[CandidateRow, ...], total: CandidateRow) -> tuple[str, ...]:
    faults = [
        f"{row.module or 'All candidates'} {row.kind}".strip() + ": accepted and rejected do not add up to the total."
        for row in (*rows, total)
        if not row.adds_up
    ]
    if rows and _sums(rows) != (total.total, total.accepted, total.rejected):
        faults.append("The rows do not add up to the sums below.")
    return tuple(faults)


def _sums(rows: tuple[CandidateRow, ...]) -> tuple[int, int, tuple[int, ...]]:
    columns = zip(*(row.rejected for row in rows), strict=True)
    return sum(r.total for r in rows), sum(r.accepted for r in rows), tuple(sum(column) for column in columns)


def usage_sum(usage: Iterable[Usage]) -> Usage:
    """All the usage in one line. Dollars are a sum only where every row has a price."""
    rows = tuple(usage)
    dollars = [row.dollars for row in rows if row.dollars is not None]
    return Usage(
        dollars=sum(dollars) if rows and len(dollars) == len(rows) else None,
        calls=sum(row.calls for row in rows),
        cached=sum(row.cached for row in rows),
        prompt_tokens=sum(row.prompt_tokens for row in rows),
        completion_tokens=sum(row.completion_tokens for row in rows),
        seconds=sum(row.seconds for row in rows),
    )


@dataclass(frozen=True)
class Spent:
    """What one role cost beside what it was expected to cost."""

    estimate: RoleEstimate
    actual: Usage


def beside_estimate(report: Report) -> tuple[Spent, ...]:
    """Each role's estimate with what it came to, and the sum of all as the last one; empty without an estimate."""
    if report.estimate is None:
        return ()
    whole = RoleEstimate(expected=report.estimate.expected, most=report.estimate.most)
    rows = [Spent(r, usage_sum(u for u in report.usage if u.role == r.role)) for r in report.estimate.roles]
    return (*rows, Spent(whole, usage_sum(report.usage)))


def usage_of_modules(report: Report) -> tuple[tuple[str, Usage], ...]:
    """What each module cost, dearest first; what concerns no module alone comes last."""
    groups: dict[str | None, list[Usage]] = {}
    for row in report.usage_by_module:
        groups.setdefault(row.module, []).append(row)
    sums = [(module, usage_sum(rows)) for module, rows in groups.items()]
    sums.sort(key=lambda pair: (pair[0] is None, -pair[1].tokens))
    return tuple((report.title(module) if module is not None else "the whole domain", usage) for module, usage in sums)


def changed_references(report: Report) -> tuple[tuple[str, TeacherRate], ...]:
    """P_T on diagnostic items, which decide, under each reference teacher; empty where there was only one."""
    rates = [(m.title, rate) for m in report.modules for rate in m.references if rate.pool == "diagnostic"]
    return tuple(rates) if len({rate.regime for _, rate in rates}) > 1 else ()


def verdict_counts(report: Report) -> tuple[tuple[str, int], ...]:
    """How many modules ended with each verdict, in the order in which a reader asks for them."""
    counts = Counter(module.verdict for module in report.modules)
    order = ("mastered", "known", "stalled", "held_back", "excluded", "unfinished", "ungated")
    known = [(verdict, counts[verdict]) for verdict in order if counts[verdict]]
    return (*known, *((verdict, n) for verdict, n in sorted(counts.items()) if verdict not in order))
