from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tutelage.teachers.contracts import Endpoint, Repair, call_id, messages

from .hostile import question

HERE = Endpoint(name="a", base_url="http://127.0.0.1:1/v1", model="m")


@pytest.mark.parametrize("change", [{"role": "tutor"}, {"module": "number/addition"}, {"prompt_hash": "other"}])
def test_who_asks_and_why_is_no_part_of_the_call_id(change: dict[str, Any]) -> None:
    assert call_id(HERE, question(**change)) == call_id(HERE, question())


@pytest.mark.parametrize(
    "change",
    [
        {"user": "What is 1 + 2?"},
        {"system": "be brief"},
        {"temperature": 0.5},
        {"max_tokens": 51},
        {"seed": 1},
        {"sample": 1},
        {"schema_name": "lessons"},
        {"json_schema": {"type": "object"}},
        {"repair": Repair(reply="x", complaint="y")},
    ],
)
def test_everything_the_answer_depends_on_is_in_the_call_id(change: dict[str, Any]) -> None:
    assert call_id(HERE, question(**change)) != call_id(HERE, question())


def test_another_endpoint_or_model_is_another_call_unless_it_has_the_same_identity() -> None:
    there = HERE.model_copy(update={"base_url": "http://127.0.0.1:2/v1"})
    assert call_id(there, question()) != call_id(HERE, question())
    assert call_id(HERE.model_copy(update={"model": "n"}), question()) != call_id(HERE, question())
    same = [endpoint.model_copy(update={"identity": "offline"}) for endpoint in (HERE, there)]
    assert call_id(same[0], question()) == call_id(same[1], question())


@pytest.mark.parametrize(
    "base_url", ["http://user:canary-secret@host/v1", "http://host/v1?key=canary-secret", "canary-secret"]
)
def test_an_address_with_a_secret_in_it_is_refused_without_repeating_it(base_url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Endpoint(name="a", base_url=base_url)
    assert "canary-secret" not in str(caught.value)


def test_a_repair_is_two_further_turns() -> None:
    turns = messages(question(system="s", repair=Repair(reply="bad", complaint="mend it")))
    assert [(turn["role"], turn["content"]) for turn in turns] == [
        ("system", "s"), ("user", "What is 1 + 1?"), ("assistant", "bad"), ("user", "mend it"),
    ]  # fmt: skip


def test_an_empty_system_prompt_is_not_sent() -> None:
    assert [turn["role"] for turn in messages(question())] == ["user"]
