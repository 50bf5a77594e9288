"""Lessons of what the student knew from the start, in its own words: its right answers to the diagnosis."""

from __future__ import annotations

from tutelage.agents.writer import from_student
from tutelage.graph.context import RunContext
from tutelage.graph.lessons import taken
from tutelage.graph.measure import diagnosed
from tutelage.graph.solutions import solution_in
from tutelage.pedagogy.records import Candidate, Module


def kept_by_student(ctx: RunContext, module: Module, count: int, round_number: int) -> list[Candidate]:
    """At most ``count`` lessons that cost the teacher nothing: questions of the diagnosis, answered right."""
    answers = {probe: a for probe, a in diagnosed(ctx, "student").items() if a.grade == "right"}
    right = [(item, answers[item.id]) for item in ctx.of_module(module.id, "diagnostic") if item.id in answers]
    drafts = [
        from_student(module, item, solution_in(ctx.domain.grader, attempt.response, item.reference), round_number)
        for item, attempt in right[:count]
    ]
    return taken(drafts, f"r{round_number:03d}/{module.id}", module.id)
