from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agents.scripted import ScriptedTeacher, always
from tests.pedagogy.lessons import lesson
from tutelage.agents.reference import Reference
from tutelage.agents.tutor import Draft
from tutelage.agents.verifier import Verifier
from tutelage.errors import ReferenceUnparseable
from tutelage.pedagogy.contamination import Seen
from tutelage.pedagogy.records import Candidate, Contact, Lesson, Provenance, RejectionReason
from tutelage.pedagogy.verification import POOLS, Guard
from tutelage.training.graders import NumericGrader

GATE_ITEM = "What is 20 + 22?"
MINUTES = "How many minutes are 2 hours and 5 minutes?"
GUARD = Guard(
    seen=(Seen(POOLS, [GATE_ITEM], run=None, threshold=0.8),),
    exemplars={"number/addition": ["What is 12 + 34?"], "time/minutes": [MINUTES]},
    max_characters=200,
)
MADE = Provenance(
    kind="core", stage=1, round=1, seed_item=None, endpoint="scripted", model="script-1", prompt_hash="0", call_id="1"
)
GOOD = lesson("What is 3 + 4?")
# One lesson for every reason, in the words of the method.
REJECTED: dict[RejectionReason, Lesson | None] = {
    "schema": None,
    "wrong_answer": lesson("What is 5 + 2?", steps=("5 + 2 = 8",)),
    "unverifiable": lesson("What is 1 + 6?", answer="seven"),
    "duplicate": lesson("what is 3 + 4"),
    "contaminated": lesson("What is 20 + 22?"),
    "too_long": lesson("What is 2 + 5?", steps=("so " * 100,)),
    "off_module": lesson("How many minutes are 3 hours and 9 minutes?"),
}


async def agrees(response: str, lesson: Lesson) -> bool | None:
    try:
        return NumericGrader().grade(response, lesson.solution.final_answer) == "right"
    except ReferenceUnparseable:
        return None


def draft(written: Lesson | None, problem: str | None = None) -> Draft:
    return Draft(written, problem, MADE)


async def verify(
    drafts: list[Draft], teacher: ScriptedTeacher | None = None, *, solutions: int = 1, taught: set[str] | None = None
) -> list[Candidate]:
    reference = Reference(teacher or always("Answer: 7"), instruction="", max_tokens=50)
    verifier = Verifier(GUARD, reference, agrees, solutions=solutions)
    return await verifier.verify(drafts, prefix="r1/m", module="number/addition", taught=taught or set())


@pytest.mark.parametrize("expected", get_args(RejectionReason))
async def test_every_reason_is_given_where_it_holds(expected: RejectionReason) -> None:
    teacher = always("Answer: 7")
    good, bad = await verify([draft(GOOD), draft(REJECTED[expected], "the reply was prose")], teacher)
    assert good.accepted
    assert (bad.accepted, bad.reason) == (False, expected)
    assert bad.detail
    assert bad.example == REJECTED[expected]
    assert (bad.contact is not None) == (expected == "contaminated")
    assert len(teacher.asked) == 1, "a lesson that is rejected already costs no solution"


async def test_a_reply_without_a_lesson_keeps_what_was_wrong_with_it() -> None:
    (candidate,) = await verify([draft(None, "truncated: cut after 5 tokens")])
    assert (candidate.reason, candidate.detail) == ("schema", "truncated: cut after 5 tokens")


async def test_an_independent_solution_that_disagrees_is_a_wrong_answer() -> None:
    (candidate,) = await verify([draft(GOOD)], always("I think it is\nAnswer: 8"))
    assert candidate.reason == "wrong_answer"
    assert candidate.detail is not None
    assert candidate.detail.endswith("I think it is Answer: 8")


async def test_every_solution_must_agree_and_none_is_asked_for_after_one_that_does_not() -> None:
    turncoat = ScriptedTeacher(lambda request, before: "Answer: 8" if before == 1 else "Answer: 7")
    (candidate,) = await verify([draft(GOOD)], turncoat, solutions=3)
    assert candidate.reason == "wrong_answer"
    assert [request.sample for request in turncoat.asked] == [0, 1]


async def test_without_solutions_asked_for_the_guard_alone_decides() -> None:
    teacher = always("Answer: 8")
    assert [c.accepted for c in await verify([draft(GOOD)], teacher, solutions=0)] == [True]
    assert teacher.asked == []


async def test_what_was_taught_in_an_earlier_round_is_a_duplicate_and_the_record_of_it_is_left_alone() -> None:
    taught = {GOOD.problem}
    (candidate,) = await verify([draft(GOOD)], taught=taught)
    assert candidate.reason == "duplicate"
    await verify([draft(lesson("What is 0 + 7?", steps=("0 + 7 = 7",)))], taught=taught)
    assert taught == {GOOD.problem}


async def test_a_paraphrase_is_contaminated_and_asked_about_once_with_all_that_nothing_else_rejected() -> None:
    asked: list[list[str]] = []
    contact = Contact(source="GSM8K", check="meaning", text="Three and four are what?", score=0.9)

    async def contacts(problems: Sequence[str]) -> list[Contact | None]:
        asked.append(list(problems))
        return [contact if "3 + 4" in problem else None for problem in problems]

    teacher = always("Answer: 7")
    verifier = Verifier(
        GUARD, Reference(teacher, instruction="", max_tokens=50), agrees, solutions=1, contacts=contacts
    )
    other = lesson("What is 1 + 6?", steps=("1 + 6 = 7",))
    drafts = [draft(None), draft(GOOD), draft(REJECTED["too_long"]), draft(other)]
    _, told, _, kept = await verifier.verify(drafts, prefix="r1/m", module="number/addition", taught=set())
    assert (told.reason, told.contact) == ("contaminated", contact)
    assert told.detail == "too close to GSM8K (meaning): Three and four are what?"
    assert kept.accepted
    assert asked == [[GOOD.problem, other.problem]]
    assert len(teacher.asked) == 1, "a paraphrase costs no solution"


@given(st.lists(st.sampled_from([None, *get_args(RejectionReason)]), max_size=12))
async def test_the_counts_add_up_whatever_was_written(wanted: list[RejectionReason | None]) -> None:
    drafts = [draft(GOOD if reason is None else REJECTED[reason]) for reason in wanted]
    candidates = await verify(drafts)
    assert len(candidates) == len(drafts)
    counts = Counter(c.reason for c in candidates)
    assert counts.total() == sum(c.accepted for c in candidates) + sum(n for r, n in counts.items() if r is not None)
    assert all(c.accepted == (c.reason is None) == (c.detail is None) for c in candidates)
    assert [c.example for c in candidates] == [d.lesson for d in drafts]
    assert [c.id for c in candidates] == [f"r1/m/{n:04d}" for n in range(1, len(drafts) + 1)]
