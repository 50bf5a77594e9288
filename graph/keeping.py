"""Lessons of what the student knew from the start, in its own words: its right answers to the diagnosis."""

from __future__ import annotations

from tutelage.agents.writer import from_student
from tutelage.graph.context import RunContext
from tutelage.graph.lessons import taken
from tutelage.graph.strategies.sampling import solution_in
from tutelage.pedagogy.records import Attempt, Candidate, Module


def kept_by_student(ctx: RunContext, module: Module, count: int, round_number: int) -> list[Candidate]:
    """At most ``count`` lessons that cost the teacher nothing: questions of the diagnosis, answered right."""
    asked = [a for a in ctx.rundir.rows_of_rounds("attempts", Attempt) if a.role == "student" and a.round == 0]
    answers = {a.probe: a for a in asked if a.grade == "right"}
    right = [(item, answers[item.id]) for item in ctx.of_module(module.id, "diagnostic") if item.id in answers]
    drafts = []
    for item, attempt in right[:count]:
        text, answer = solution_in(attempt.response, item.reference)
        drafts.append(from_student(module, item, tuple(text.splitlines()), answer, round_number))
    return taken(drafts, f"r{round_number:03d}/{module.id}", module.id)
