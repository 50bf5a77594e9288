"""A domain's seed items as they are read: each row checked, every fault found and placed, none dropped silently."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from tutelage.configs.domain import Columns, Domain, SeedRow
from tutelage.errors import DomainError, InputError, ReferenceUnparseable
from tutelage.files import canonical_json
from tutelage.graph.columns import Unmapped, Unreadable, fields_of
from tutelage.graph.sources import Placed
from tutelage.pedagogy.pools import Seed
from tutelage.training.graders import Grader


@dataclass(frozen=True)
class Finding:
    """Something wrong with a domain. With an error no run starts; a warning is for the author to judge."""

    kind: Literal["error", "warning"]
    where: str
    what: str
    do: str | None = None

    def raised(self) -> DomainError:
        """The finding as the error that ends a run before it began."""
        return DomainError(self.what, where=self.where, do=self.do)


@dataclass(frozen=True)
class Seeds:
    """What was read.

    Attributes:
        seeds: The rows that can be used.
        places: Where each stands, by id.
        solutions: Code that is said to pass a row's tests, by id.
        left_out: Rows of no module here, by the value that says so.
        findings: What is wrong with the others.
        sha256: Of the content of the rows, however they were stored.
    """

    seeds: tuple[Seed, ...]
    places: Mapping[str, str]
    solutions: Mapping[str, str]
    left_out: Mapping[str, int]
    findings: tuple[Finding, ...]
    sha256: str


def read_seeds(rows: Iterable[Placed], columns: Columns | None, domain: Domain, by: Grader, source: str) -> Seeds:
    """Read and check every row.

    Args:
        rows: The source's rows, each with its place.
        columns: How they become items; None where they are items already.
        domain: What they are items of.
        by: Says whether a reference can be graded against.
        source: Names the source where a fault is of the whole.
    """
    reading = _Reading(frozenset(m.id for m in domain.modules), by)
    number = 0
    try:
        for number, (place, value) in enumerate(rows, 1):
            reading.take(place, value, columns, number)
    except InputError as error:  # of the source itself: nothing can be read beyond
        reading.findings.append(Finding("error", error.where or source, error.what, error.do))
    if not reading.rows and not reading.findings:
        what = "no items in it" if number == 0 else "none of its rows belongs to a module"
        reading.findings.append(Finding("error", source, what, _why_none(reading.left_out)))
    findings = [*reading.findings, *_contradictions(reading.rows, reading.places)]
    return Seeds(
        seeds=tuple(Seed(r.id, r.module, r.question, r.reference, r.level) for r in reading.rows),
        places=reading.places,
        solutions={r.id: r.solution for r in reading.rows if r.solution},
        left_out=dict(reading.left_out),
        findings=tuple(findings),
        sha256=_sha256(reading.rows),
    )


def _why_none(left_out: Counter[str]) -> str | None:
    said = ", ".join(f"'{value}' ({count})" for value, count in left_out.most_common(5))
    return f"columns.module.values names none of {said}" if said else None


@dataclass
class _Reading:
    modules: frozenset[str]
    by: Grader
    rows: list[SeedRow] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def take(self, place: str, value: Mapping[str, Any], columns: Columns | None, number: int) -> None:
        try:
            row = _row(value if columns is None else fields_of(columns, value, number))
            self._check(row)
        except Unmapped as error:
            self.left_out[str(error)] += 1
        except (_Fault, Unreadable) as error:
            self.findings.append(Finding("error", place, str(error), getattr(error, "do", None)))
        else:
            self.rows.append(row)
            self.places[row.id] = place

    def _check(self, row: SeedRow) -> None:
        if row.id in self.places:
            raise _Fault(f"id '{row.id}' stands {_at(self.places[row.id])} already")
        if row.module not in self.modules:
            raise _Fault(f"no module '{row.module}'", f"modules here: {', '.join(sorted(self.modules))}")
        try:
            self.by.check_reference(row.reference)
        except ReferenceUnparseable as error:
            raise _Fault(f"reference of '{row.id}': {error.what}", error.do) from error


class _Fault(Exception):
    """What is wrong with a row, and what can be done."""

    def __init__(self, what: str, do: str | None = None) -> None:
        super().__init__(what)
        self.do = do


def _row(value: Mapping[str, Any]) -> SeedRow:
    try:
        row = SeedRow.model_validate(value)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"]))
        raise _Fault(f"{key}: {problem['msg']}") from error
    for key in ("id", "question", "reference"):
        if not getattr(row, key).strip():
            raise _Fault(f"{key} is empty")
    return row


def _contradictions(rows: Sequence[SeedRow], places: Mapping[str, str]) -> Iterator[Finding]:
    seen: dict[tuple[str, str], SeedRow] = {}
    for row in rows:
        other = seen.setdefault((row.module, " ".join(row.question.split())), row)
        if other.reference.strip() != row.reference.strip():
            what = f"'{row.id}' and '{other.id}' ask the same and want different answers"
            yield Finding("error", places[row.id], what)


def _at(place: str) -> str:
    _, colon, line = place.rpartition(":")
    return f"on line {line}" if colon and line.isdigit() else f"at {place}"


def _sha256(rows: Iterable[SeedRow]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(canonical_json(row.model_dump(mode="json")).encode() + b"\n")
    return digest.hexdigest()
