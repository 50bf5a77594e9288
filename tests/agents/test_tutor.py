from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.agents.scripted import MODULE, Cut, Said, ScriptedTeacher, always, context_of, item, lesson_answer
from tutelage.agents.tutor import ANSWER_FORMS, Assignment, Draft, Tutor
from tutelage.pedagogy.lesson import LessonRequest
from tutelage.pedagogy.records import Item, Misconception, StudentProfile, WrongAnswer
from tutelage.teachers.contracts import Reply, Request

SEEDS = (item("a1"), item("a2", level=2), item("a3", level=3))
PROFILE = StudentProfile(module=MODULE.id, rate=0.4, ratio=0.44444)


def assignment(
    count: int, *, per_call: int = 5, overdraw: float = 1.0, levels: tuple[int, ...] | None = None,
    seeds: tuple[Item, ...] = SEEDS, profile: StudentProfile = PROFILE, round_number: int = 2,
) -> Assignment:  # fmt: skip
    return Assignment(
        module=MODULE, request=LessonRequest(MODULE.id, "remedial", count, levels), profile=profile, seeds=seeds,
        stage=1, round=round_number, run_seed=0, overdraw=overdraw, per_call=per_call,
    )  # fmt: skip


def obedient(request: Request, before: int) -> dict[str, Any]:
    """As many lessons as were asked for."""
    return {"lessons": [lesson_answer(f"Call {before}, lesson {n}?") for n in range(context_of(request)["count"])]}


def writer(teacher: ScriptedTeacher) -> Tutor:
    return Tutor(teacher, max_tokens=100, temperature=0.7)


async def written(teacher: ScriptedTeacher, wanted: Assignment) -> list[Draft]:
    drafts, spent = await writer(teacher).write(wanted, range(wanted.calls))
    assert not spent
    return drafts


async def drafts_of(said: Said, count: int = 2) -> list[Draft]:
    return await written(always(said), assignment(count, per_call=count))


@pytest.mark.parametrize(
    ("count", "per_call", "overdraw", "calls"), [(1, 5, 1.0, [1]), (10, 5, 1.2, [5, 5, 2]), (7, 3, 1.0, [3, 3, 1])]
)
async def test_calls_add_up_to_the_lessons_wanted_with_their_overdraw(
    count: int, per_call: int, overdraw: float, calls: list[int]
) -> None:
    teacher = ScriptedTeacher(obedient)
    drafts = await written(teacher, assignment(count, per_call=per_call, overdraw=overdraw))
    assert [context_of(request)["count"] for request in teacher.asked] == calls
    assert len(drafts) == sum(calls)


async def test_drafts_keep_the_order_of_the_calls_whatever_order_they_are_answered_in() -> None:
    class Late(ScriptedTeacher):
        async def ask(self, request: Request) -> Reply:
            place = len(self.asked)
            reply = await super().ask(request)
            await asyncio.sleep(0.02 if place == 0 else 0)
            return reply

    drafts = await written(Late(obedient), assignment(4, per_call=2))
    problems = [draft.lesson.problem for draft in drafts if draft.lesson]
    assert problems == ["Call 0, lesson 0?", "Call 0, lesson 1?", "Call 1, lesson 0?", "Call 1, lesson 1?"]


async def test_every_call_has_a_seed_of_its_own_that_a_second_run_has_too() -> None:
    async def seeds(round_number: int) -> list[int | None]:
        teacher = ScriptedTeacher(obedient)
        await written(teacher, assignment(6, per_call=2, round_number=round_number))
        return [request.seed for request in teacher.asked]

    first = await seeds(2)
    assert len(set(first)) == 3
    assert await seeds(2) == first
    assert not set(await seeds(3)) & set(first)


async def test_the_tutor_is_told_what_was_measured_of_the_student() -> None:
    profile = StudentProfile(
        module=MODULE.id, rate=0.4, ratio=0.44444, longest_chain=2,
        misconceptions=(Misconception(name="drops the carry", explanation="forgets it"),),
        wrong_answers=tuple(
            WrongAnswer(probe=str(n), question=f"{n}?", reference="1", response="no " * 200) for n in range(9)
        ),
    )  # fmt: skip
    teacher = ScriptedTeacher(obedient)
    await written(teacher, assignment(1, levels=(1, 2), profile=profile))
    context = context_of(teacher.asked[0])
    student = context["student"]
    assert (context["kind"], context["levels"], student["ratio"], student["longest_chain"]) == (
        "remedial", [1, 2], 0.444, 2
    )  # fmt: skip
    assert student["misconceptions"] == [{"name": "drops the carry", "explanation": "forgets it"}]
    assert len(student["wrong_answers"]) == 4
    assert max(len(w["response"]) for w in student["wrong_answers"]) == 200
    assert (teacher.asked[0].temperature, teacher.asked[0].module) == (0.7, MODULE.id)


async def test_calls_walk_round_the_seed_items_of_the_levels_ordered() -> None:
    teacher = ScriptedTeacher(obedient)
    await written(teacher, assignment(6, per_call=2, levels=(2, 3)))
    shown = [[s["id"] for s in context_of(request)["seed_items"]] for request in teacher.asked]
    assert shown == [["a2", "a3"]] * 3


async def test_levels_without_a_seed_item_fall_back_to_all_of_them() -> None:
    teacher = ScriptedTeacher(obedient)
    await written(teacher, assignment(1, levels=(9,)))
    assert [s["id"] for s in context_of(teacher.asked[0])["seed_items"]] == ["a1", "a2"]


async def test_a_lesson_carries_its_module_and_where_it_comes_from() -> None:
    (draft,) = await drafts_of({"lessons": [lesson_answer("3 + 4?", " 7 ")]}, 1)
    assert draft.lesson is not None
    assert (draft.lesson.module, draft.lesson.prerequisites) == (MODULE.id, MODULE.prerequisites)
    assert draft.lesson.solution.final_answer == "7"
    made = draft.provenance
    assert (made.kind, made.stage, made.round, made.seed_item) == ("remedial", 1, 2, "a1")
    assert (made.endpoint, made.model, made.call_id) == ("scripted", "script-1", "call-1")


async def test_a_seed_item_that_the_teacher_made_up_is_not_believed() -> None:
    (draft,) = await drafts_of({"lessons": [lesson_answer("3 + 4?", seed_item="nowhere")]}, 1)
    assert draft.provenance.seed_item is None


@pytest.mark.parametrize("bad", ["Sorry.", {"lessons": []}, {"lessons": [{"problem": "3 + 4?"}]}])
async def test_a_reply_without_a_readable_lesson_leaves_one_draft_that_says_why(bad: Said) -> None:
    (draft,) = await drafts_of(bad)
    assert draft.lesson is None
    assert draft.problem
    assert draft.provenance.seed_item == "a1"


async def test_lessons_cut_by_the_token_limit_are_asked_for_again_in_halves() -> None:
    def short_of_breath(request: Request, before: int) -> Said:
        return Cut() if context_of(request)["count"] > 2 else obedient(request, before)

    teacher = ScriptedTeacher(short_of_breath)
    drafts = await written(teacher, assignment(5))
    assert [context_of(request)["count"] for request in teacher.asked] == [5, 3, 2, 1, 2]
    assert len({request.seed for request in teacher.asked}) == 5
    assert [draft.lesson is None for draft in drafts] == [True, True, False, False, False, False, False]
    assert all("truncated" in (draft.problem or "") for draft in drafts[:2])


async def test_a_single_lesson_that_does_not_fit_is_given_up() -> None:
    teacher = always(Cut())
    drafts = await written(teacher, assignment(2, per_call=2))
    assert [context_of(request)["count"] for request in teacher.asked] == [2, 1, 1]
    assert [draft.lesson for draft in drafts] == [None] * 3


def cut_after(whole: int) -> Cut:
    """A reply that the token limit cut in the problem of the lesson after so many whole ones."""
    text = json.dumps({"lessons": [lesson_answer(f"{n} + 4?") for n in range(whole + 1)]})
    return Cut(text[: text.index(f"{whole} + 4?") + 3])


async def test_the_whole_lessons_of_a_cut_reply_are_kept_and_only_the_others_asked_for_again() -> None:
    teacher = ScriptedTeacher(lambda request, before: cut_after(2) if before == 0 else obedient(request, before))
    drafts = await written(teacher, assignment(5))
    assert [context_of(request)["count"] for request in teacher.asked] == [5, 3]
    assert [draft.lesson and draft.lesson.problem for draft in drafts[:3]] == ["0 + 4?", "1 + 4?", None]
    assert drafts[2].problem == "truncated: cut after 5 tokens"
    assert len([draft for draft in drafts if draft.lesson]) == 5
    assert {draft.provenance.call_id for draft in drafts[:3]} == {"call-1"}


async def test_a_reply_cut_after_its_last_lesson_has_lost_nothing() -> None:
    text = json.dumps({"lessons": [lesson_answer("1 + 4?"), lesson_answer("2 + 4?")]})
    teacher = always(Cut(text.removesuffix("]}")))
    drafts = await written(teacher, assignment(2, per_call=2))
    assert len(teacher.asked) == 1
    assert [draft.lesson is None for draft in drafts] == [False, False]


async def test_a_teacher_that_never_ends_a_reply_is_asked_a_bounded_number_of_times() -> None:
    teacher = always(cut_after(1))
    drafts = await written(teacher, assignment(4, per_call=4))
    assert [context_of(request)["count"] for request in teacher.asked] == [4, 3, 2, 1]
    assert [draft.lesson is None for draft in drafts] == [False, True] * 4


@pytest.mark.parametrize(("form", "longest"), [(None, 120), ("a whole function", 1200)])
async def test_strings_have_bounds_in_the_schema_that_is_sent_and_not_in_what_is_read(
    form: str | None, longest: int
) -> None:
    teacher = always({"lessons": [lesson_answer("9 + 4?", "7" * 2000)]})
    (draft,) = await written(teacher, replace(assignment(1), answer_form=form))
    sent = json.dumps(teacher.asked[0].json_schema)
    assert f'"maxLength": {longest}, "minLength": 1, "title": "Final Answer"' in sent
    assert draft.lesson is not None
    assert len(draft.lesson.solution.final_answer) == 2000


async def test_programs_are_asked_for_line_by_line_and_kept_as_texts() -> None:
    program = ["```python", "def double(x):", "    return x * 2", "```"]
    checks = ["assert double(2) == 4", "assert double(0) == 0"]
    given = {**lesson_answer("Write double(x)."), "final_answer": program, "verification": checks}
    teacher = always({"lessons": [given]})
    (draft,) = await written(teacher, replace(assignment(1), answer_form=ANSWER_FORMS["code"]))
    sent: Any = teacher.asked[0].json_schema
    asked = sent["$defs"]["CodeLessonAnswer"]["properties"]
    assert asked["final_answer"]["type"] == asked["verification"]["type"] == "array"
    assert asked["final_answer"]["items"] == {"type": "string", "maxLength": 160}
    assert draft.lesson is not None
    assert draft.lesson.solution.final_answer == "def double(x):\n    return x * 2"
    assert draft.lesson.solution.verification == "assert double(2) == 4\nassert double(0) == 0"


async def test_a_program_that_came_as_one_text_is_read_as_it_is() -> None:
    given = {**lesson_answer("Write double(x)."), "final_answer": "def double(x):\n    return x * 2"}
    (draft,) = await written(always({"lessons": [given]}), replace(assignment(1), answer_form=ANSWER_FORMS["code"]))
    assert draft.lesson is not None
    assert draft.lesson.solution.final_answer == "def double(x):\n    return x * 2"


async def test_what_the_calls_of_an_order_share_stands_before_what_tells_them_apart() -> None:
    teacher = ScriptedTeacher(obedient)
    await written(teacher, assignment(4, per_call=2))
    one, other = (request.user.split('"seed_items"') for request in teacher.asked)
    assert one[0] == other[0]
    assert one[1] != other[1]


async def test_more_lessons_than_were_asked_for_are_kept() -> None:
    assert len(await drafts_of({"lessons": [lesson_answer(f"{n} + 4?") for n in range(4)]}, 2)) == 4


async def test_one_bad_lesson_does_not_lose_its_call() -> None:
    bad = {"problem": "3 + 4?", "steps": []}
    teacher = always({"lessons": [lesson_answer("1 + 6?"), bad, lesson_answer("2 + 5?"), "no lesson at all"]})
    drafts = await written(teacher, assignment(4, per_call=4))
    assert len(teacher.asked) == 1, "what can be salvaged is not asked for again"
    assert [draft.lesson and draft.lesson.problem for draft in drafts] == ["1 + 6?", "2 + 5?", None, None]
    assert "final_answer: Field required" in (drafts[2].problem or "")
    assert drafts[3].problem
    assert {draft.provenance.call_id for draft in drafts} == {"call-1"}


async def test_a_teacher_that_writes_the_complaints_itself_is_not_believed() -> None:
    (draft,) = await drafts_of({"lessons": [lesson_answer("1 + 6?")], "unreadable": ["all fine"]}, 1)
    assert draft.lesson is not None


async def test_a_call_without_one_readable_lesson_is_repaired_once() -> None:
    teacher = ScriptedTeacher(lambda request, before: {"lessons": [{}]} if before == 0 else obedient(request, before))
    drafts = await written(teacher, assignment(2, per_call=2))
    assert [draft.lesson is None for draft in drafts] == [False, False]
    repair = teacher.asked[1].repair
    assert repair is not None
    assert "unreadable" not in repair.complaint
