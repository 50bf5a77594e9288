from __future__ import annotations

import pytest
from pydantic import BaseModel

from tutelage.teachers.contracts import Reply, Request
from tutelage.teachers.structured import StructuredFailure, ask_structured, read_cut, read_value

from .hostile import question
from .test_replies import reply


class Fruit(BaseModel):
    name: str
    weight: int


class Scripted:
    """A teacher that gives these texts in order, with their finish reasons."""

    def __init__(self, *script: tuple[str, str]) -> None:
        self.script = list(script)
        self.asked: list[Request] = []

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        text, finish_reason = self.script.pop(0)
        return reply(f"call{len(self.asked)}", text=text, finish_reason=finish_reason)


GOOD = '{"name": "fig", "weight": 3}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}```",
        f"Here you are:\n{GOOD}\nEnjoy {{it}}!",
        f'First I thought of {{"a": 1}}, but: {GOOD}',
        f"<think>{{</think>{GOOD}",
        GOOD.replace(" ", "\n\t"),
    ],
)
def test_a_value_is_found_in_fences_and_between_words(text: str) -> None:
    assert read_value(reply("x", text=text), Fruit) == Fruit(name="fig", weight=3)


@pytest.mark.parametrize("text", ["", "no", "[1, 2]", "{" * 5000, '{"a":' * 5000, '"{}"x'])
def test_no_object_of_ours_is_a_failure_and_no_crash(text: str) -> None:
    assert isinstance(read_value(reply("x", text=text), Fruit), StructuredFailure)


async def test_a_good_reply_takes_one_call() -> None:
    teacher = Scripted((GOOD, "stop"))
    answer = await ask_structured(teacher, question(), Fruit)
    assert answer.value == Fruit(name="fig", weight=3)
    assert (answer.failure, len(answer.replies)) == (None, 1)


async def test_an_off_schema_reply_is_repaired_once_with_what_was_wrong() -> None:
    teacher = Scripted(('{"name": "fig"}', "stop"), (GOOD, "stop"))
    answer = await ask_structured(teacher, question(), Fruit)
    assert answer.value == Fruit(name="fig", weight=3)
    assert [one.call_id for one in answer.replies] == ["call1", "call2"]
    repair = teacher.asked[1].repair
    assert repair is not None
    assert repair.reply == '{"name": "fig"}'
    assert "weight: Field required" in repair.complaint
    assert teacher.asked[1].model_copy(update={"repair": None}) == teacher.asked[0]


async def test_off_schema_twice_is_a_typed_failure_with_both_replies() -> None:
    teacher = Scripted(("what?", "stop"), ('{"name": "fig", "weight": "much"}', "stop"))
    answer = await ask_structured(teacher, question(), Fruit)
    assert answer.value is None
    assert answer.failure is not None
    assert answer.failure.reason == "schema"
    assert "weight" in answer.failure.detail
    assert len(answer.replies) == 2


async def test_a_truncated_reply_is_told_apart_and_not_repaired() -> None:
    teacher = Scripted((GOOD[:-5], "length"))
    answer = await ask_structured(teacher, question(), Fruit)
    assert answer.failure is not None
    assert answer.failure.reason == "truncated"
    assert len(answer.replies) == 1


async def test_a_reply_that_is_whole_when_the_limit_strikes_is_used() -> None:
    answer = await ask_structured(Scripted((GOOD, "length")), question(), Fruit)
    assert answer.value == Fruit(name="fig", weight=3)


async def test_an_empty_reply_is_repaired_without_an_empty_turn() -> None:
    teacher = Scripted(("", "no_choice"), (GOOD, "stop"))
    answer = await ask_structured(teacher, question(), Fruit)
    assert answer.value is not None
    repair = teacher.asked[1].repair
    assert repair is not None
    assert repair.reply == "(empty)"


class Basket(BaseModel):
    fruits: list[dict[str, object]]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('{"fruits": [{"name": "fig"}, {"name": "pe', [{"name": "fig"}, {}]),
        ('```json\n{"fruits": [{"name": "fig"}, {"na', [{"name": "fig"}, {}]),
        ('{"fruits": [{"name": "fig"}', [{"name": "fig"}]),
        ('{"fruits": [{"name": "a{b", "weight": 3}, ', [{"name": "a{b", "weight": 3}]),
    ],
)
def test_a_cut_reply_holds_what_came_before_the_cut(text: str, held: list[dict[str, object]]) -> None:
    found = read_cut(reply("x", text=text, finish_reason="length"), Basket)
    assert found is not None
    assert found.fruits == held


@pytest.mark.parametrize("text", ["", "no", "{", '{"fru', '{"other": 1', "{" * 5000, '{"a":' * 5000])
def test_a_cut_reply_that_holds_nothing_is_no_value(text: str) -> None:
    assert read_cut(reply("x", text=text, finish_reason="length"), Basket) is None
