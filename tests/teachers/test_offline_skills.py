from __future__ import annotations

import re
from random import Random

import pytest

from tutelage.teachers.offline.skills import LEVELS, SKILLS, Skill, solve
from tutelage.teachers.offline.skills.skill import is_for_probes, space

EQUATION = re.compile(r"(-?\d+)( tens|) ([-+x]) (\d+) = (-?\d+)\.")
QUOTIENT = re.compile(r"(\d+) / (\d+) = (\d+)(?:, (\d+) left)?\.")
ALL = pytest.mark.parametrize("skill", SKILLS.values(), ids=list(SKILLS))


def truth(question: str) -> int:
    """The answer worked out another way, from the words of the question."""
    numbers = [int(number) for number in re.findall(r"\d+", question)]
    if "boxes" in question:
        return numbers[0] + numbers[1] * numbers[2]
    if "change" in question:
        return numbers[0] - numbers[1]
    if "weeks" in question:
        return numbers[0] * 7 + numbers[1]
    if "centimetres" in question:
        return numbers[0] * 100 + numbers[1]
    if "once around" in question:
        return 2 * sum(numbers)
    if "half" in question or "evenly" in question:
        return numbers[0] // 2
    if "dozen" in question:
        return numbers[0] * 12 + numbers[1]
    if "minutes" in question:
        return numbers[0] * 60 + numbers[1]
    if "more than" in question or "Count on" in question:
        return sum(numbers)
    return {"+": sum(numbers), "-": numbers[0] - numbers[1], "x": numbers[0] * numbers[1]}[
        re.findall(r" ([-+x]) ", question)[0]
    ]


@ALL
def test_the_solver_is_exact_on_random_problems(skill: Skill) -> None:
    rng = Random(1)
    for draw in range(600):
        problem = skill.draw(rng, LEVELS[draw % 3], probe=draw % 2 == 0)
        assert solve(problem.question) == skill.solve(problem.question) == problem
        assert problem.working.answer == truth(problem.question)
        assert problem.solution.endswith(f"\nAnswer: {truth(problem.question)}")


@ALL
def test_every_step_is_a_true_equation_and_the_last_one_is_the_answer(skill: Skill) -> None:
    rng = Random(2)
    for draw in range(300):
        working = skill.draw(rng, LEVELS[draw % 3]).working
        equations = EQUATION.findall("\n".join(working.steps))
        assert equations
        for number, tens, sign, right, result in equations:
            left = int(number) * (10 if tens else 1)
            value = {"+": left + int(right), "-": left - int(right), "x": left * int(right)}[sign]
            assert value == int(result)
        for whole, parts, each, left_over in QUOTIENT.findall("\n".join(working.steps)):
            assert divmod(int(whole), int(parts)) == (int(each), int(left_over or 0))
        assert int(equations[-1][-1]) == working.answer


@ALL
def test_a_skill_has_enough_distinct_questions_and_all_its_levels(skill: Skill) -> None:
    rng = Random(3)
    questions = {skill.draw(rng, LEVELS[n % 3], probe=n % 2 == 0).question for n in range(12_000)}
    assert len(questions) >= 1000
    for level in LEVELS:
        assert skill.draw(rng, level).level == level


@ALL
def test_lessons_and_probes_never_share_their_numbers(skill: Skill) -> None:
    halves = space(skill.id, skill.operands, skill.level)
    for level in LEVELS:
        lessons = {tuple(sorted(numbers)) for numbers in halves[level, False]}
        probes = {tuple(sorted(numbers)) for numbers in halves[level, True]}
        assert lessons
        assert probes
        assert not lessons & probes


def test_the_order_of_the_numbers_does_not_move_them_to_the_other_half() -> None:
    assert is_for_probes("number/addition", (34, 57)) == is_for_probes("number/addition", (57, 34))


def test_prerequisites_are_skills_and_make_no_cycle() -> None:
    needed = {skill.id: [other for other, _ in skill.prerequisites] for skill in SKILLS.values()}
    done: set[str] = set()
    while len(done) < len(needed):
        ready = {id_ for id_, others in needed.items() if id_ not in done and set(others) <= done}
        assert ready
        done |= ready


def test_a_question_is_found_with_an_instruction_after_it_and_after_a_worked_example() -> None:
    text = "What is 11 + 12?\nTens: 10 + 10 = 20.\nAnswer: 23\n\nWhat is 47 x 6?\nEnd with a line `Answer: N`."
    problem = solve(text)
    assert problem is not None
    assert problem.working.answer == 282


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What is the capital of France?",
        "What is 12345 + 1?",
        "What is 1.5 x 2?",
        "Sam has 3 pens and gets 2 boxes of 4 pens each. How many pens does Mia have now?",
    ],
)
def test_anything_else_is_no_problem_of_ours(text: str) -> None:
    assert solve(text) is None


def test_a_skill_solves_its_own_questions_only() -> None:
    assert SKILLS["number/addition"].solve("What is 12 x 3?") is None
    assert SKILLS["number/addition"].solve("So: What is 12 + 34? Quick!") is None
