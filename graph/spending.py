"""What teaching the student has cost in its own computation, by a run's ledgers."""

from __future__ import annotations

from collections.abc import Iterable

from tutelage.graph.records import LessonAnswer, TrainingRecord
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.budget import StudentBudget
from tutelage.pedagogy.records import Attempt


def student_budget(rundir: RunDir) -> StudentBudget:
    """Of a whole run so far: trained, and probed to steer. The last examination is left out."""
    return budget_of(
        rundir.rows("trainings", TrainingRecord),
        rundir.rows_of_rounds("attempts", Attempt),
        rundir.rows("lesson_answers", LessonAnswer),
    )


def budget_of(
    trainings: Iterable[TrainingRecord], attempts: Iterable[Attempt], answers: Iterable[LessonAnswer]
) -> StudentBudget:
    """Of these rounds and these answers; a teacher's answers among them cost the student nothing."""
    probed = sum(a.tokens for a in attempts if a.role == "student") + sum(a.tokens for a in answers)
    rounds = list(trainings)
    return StudentBudget(sum(t.tokens for t in rounds), probed + sum(t.read for t in rounds))
