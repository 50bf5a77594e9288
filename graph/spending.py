"""What teaching the student has cost in its own computation, by a run's ledgers."""

from __future__ import annotations

from collections.abc import Iterable

from tutelage.graph.records import TrainingRecord
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.budget import StudentBudget
from tutelage.pedagogy.records import Attempt


def student_budget(rundir: RunDir) -> StudentBudget:
    """Of a whole run so far: trained, and probed to steer. The last examination is left out."""
    return budget_of(rundir.rows("trainings", TrainingRecord), rundir.rows_of_rounds("attempts", Attempt))


def budget_of(trainings: Iterable[TrainingRecord], attempts: Iterable[Attempt]) -> StudentBudget:
    """Of these rounds and these answers; a teacher's answers among them cost the student nothing."""
    return StudentBudget(sum(t.tokens for t in trainings), sum(a.tokens for a in attempts if a.role == "student"))
