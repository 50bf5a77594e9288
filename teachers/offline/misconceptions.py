"""The offline teacher reading wrong answers: by rule, naming only what it finds."""

from __future__ import annotations

import re
from typing import Any

from tutelage.teachers.offline.contexts import MisconceptionsContext
from tutelage.teachers.offline.skills import SKILLS, Problem, solve

Found = tuple[str, str]

_NUMBER = re.compile(r"-?\d+")
# A student may ramble in digits; past this many they say nothing, and int() refuses thousands of them.
_LONGEST = 18


def misconceptions(context: MisconceptionsContext) -> dict[str, Any]:
    """The misconceptions behind the wrong answers, those that explain most first.

    An answer that no rule explains is named by no misconception.
    """
    probes: dict[Found, list[str]] = {}
    for wrong in context.wrong_answers:
        problem = solve(wrong.question)
        found = None if problem is None else diagnose(problem, wrong.response)
        if found is not None:
            probes.setdefault(found, []).append(wrong.probe)
    ordered = sorted(probes.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return {
        "misconceptions": [
            {"name": name, "explanation": explanation, "probes": ids} for (name, explanation), ids in ordered
        ]
    }


def diagnose(problem: Problem, response: str) -> Found | None:
    """The misconception that a response shows, as name and explanation, or None."""
    given, right = answered(response), problem.working.answer
    if given is None:
        return "gives no number", "Writes words, and no number that could be the answer."
    if given == right:
        return None
    for slip in SKILLS[problem.skill].slips:
        if slip.answer(problem.numbers) == given:
            return slip.name, slip.explanation
    return _general(problem, given, response)


def _general(problem: Problem, given: int, response: str) -> Found | None:
    """Slips that any skill can show."""
    right = problem.working.answer
    if given in problem.numbers:
        return "repeats a number of the question", "Answers with a number that was given."
    if str(right) in _NUMBER.findall(response):
        return "finds the result and answers another number", "The right number is in the working, not in the answer."
    if abs(given - right) == 10:
        return "is off by ten", "Loses or adds a ten in the last step."
    if abs(given - right) == 1:
        return "is off by one", "Counts one too far or one too short."
    if given % 10 == right % 10:
        return "has the ones right and the rest wrong", "Gets the ones and goes wrong in the tens or above."
    return None


def answered(response: str) -> int | None:
    """The number that a response answers with: after its last ``Answer:`` if there is one, else its last number."""
    _, marked, tail = response.rpartition("Answer:")
    numbers = _NUMBER.findall((tail if marked else response).replace(",", ""))
    if not numbers:
        return None
    return int((numbers[0] if marked else numbers[-1])[:_LONGEST])
