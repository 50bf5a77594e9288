from __future__ import annotations

import asyncio

import pytest

from tests.agents.scripted import ScriptedTeacher, always, context_of
from tutelage.agents.judge import Judge, Judgement
from tutelage.errors import BudgetSpent
from tutelage.teachers.contracts import Reply, Request

QUESTION, GOOD, REFERENCE = "Name a fruit.", "An apple is a fruit.", "A pear."


def judge(teacher: ScriptedTeacher) -> Judge:
    return Judge(teacher, max_tokens=100)


def prefers(text: str) -> ScriptedTeacher:
    def say(request: Request, before: int) -> dict[str, str]:
        answers = context_of(request)
        return {"reason": "so", "better": "A" if answers["answer_A"] == text else "B"}

    return ScriptedTeacher(say)


@pytest.mark.parametrize(("better", "grade"), [(GOOD, "right"), (REFERENCE, "wrong")])
async def test_both_orders_are_asked_and_must_agree(better: str, grade: str) -> None:
    teacher = prefers(better)
    found = await judge(teacher).compare(QUESTION, GOOD, REFERENCE, module="m")
    assert (found.grade, found.agreed) == (grade, True)
    assert sorted(context_of(r)["answer_A"] for r in teacher.asked) == sorted([GOOD, REFERENCE])
    assert {r.role for r in teacher.asked} == {"judge"}
    assert len(found.calls) == 2


@pytest.mark.parametrize("place", ["A", "B"])
async def test_a_judge_that_goes_by_the_place_passes_nothing_and_is_found_out(place: str) -> None:
    found = await judge(always({"reason": "first", "better": place})).compare(QUESTION, GOOD, REFERENCE, module="m")
    assert (found.grade, found.agreed) == ("wrong", False)


async def test_as_good_as_the_reference_is_right() -> None:
    found = await judge(always({"reason": "", "better": "same"})).compare(QUESTION, GOOD, REFERENCE, module="m")
    assert (found.grade, found.agreed) == ("right", True)


async def test_a_judge_without_a_judgement_grades_nothing() -> None:
    found = await judge(always("I would rather not.")).compare(QUESTION, GOOD, REFERENCE, module="m")
    assert (found.grade, found.agreed) == ("unparseable", None)


async def test_an_empty_response_costs_no_call() -> None:
    teacher = prefers(GOOD)
    assert (await judge(teacher).compare(QUESTION, " \n", REFERENCE, module="m")).grade == "wrong"
    assert teacher.asked == []


def test_preferring_once_and_calling_it_even_once_is_agreement_that_it_is_good_enough() -> None:
    assert Judgement(response_first="response", reference_first="same").agreed is True
    assert Judgement(response_first="reference", reference_first="same").agreed is False


async def test_where_one_order_fails_the_other_is_awaited_all_the_same() -> None:
    answered: list[str] = []

    class Failing(ScriptedTeacher):
        async def ask(self, request: Request) -> Reply:
            if context_of(request)["answer_A"] == GOOD:
                raise BudgetSpent("spent")
            await asyncio.sleep(0.01)
            answered.append("the other")
            return await super().ask(request)

    with pytest.raises(BudgetSpent):
        await judge(Failing(lambda request, before: "?")).compare(QUESTION, GOOD, REFERENCE, module="m")
    assert answered
