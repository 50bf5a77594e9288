from string import Template
from typing import get_args

import pytest

from tests.agents.scripted import context_of
from tutelage.agents.answers import LessonsAnswer, MapAnswer
from tutelage.agents.prompting import PromptName, describe, prompt_hash, structured_request
from tutelage.teachers.structured import StructuredFailure

NAMES: tuple[PromptName, ...] = get_args(PromptName)


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_has_a_system_part_and_takes_a_context_and_nothing_else(name: PromptName) -> None:
    request = structured_request("tutor", name, "x", {"price": "$5 and ${context}"}, MapAnswer, max_tokens=100)
    assert request.system
    assert "---" not in request.system
    assert context_of(request) == {"price": "$5 and ${context}"}
    assert request.prompt_hash == prompt_hash(name)
    assert Template(request.system).get_identifiers() == []


def test_no_two_prompts_share_a_hash() -> None:
    assert len({prompt_hash(name) for name in NAMES}) == len(NAMES)


def test_a_request_carries_the_schema_and_what_it_is_for() -> None:
    request = structured_request(
        "diagnostician", "diagnostician_map", "knowledge_map", {"ö": 1}, MapAnswer, max_tokens=7, temperature=0.5,
        seed=3, module="a/b",
    )  # fmt: skip
    assert (request.role, request.schema_name, request.module) == ("diagnostician", "knowledge_map", "a/b")
    assert (request.max_tokens, request.temperature, request.seed) == (7, 0.5, 3)
    assert request.json_schema == MapAnswer.model_json_schema()
    assert '"ö"' in request.user


def test_the_answers_list_is_bounded_where_it_is_known_how_long_it_can_be() -> None:
    request = structured_request("tutor", "tutor_lessons", "lessons", {}, LessonsAnswer, max_tokens=7, most=3)
    whole = LessonsAnswer.model_json_schema()
    whole["properties"]["lessons"]["maxItems"] = 3
    assert request.json_schema == whole != LessonsAnswer.model_json_schema()


def test_a_failure_reads_as_one_line() -> None:
    assert describe(StructuredFailure(reason="schema", detail="a: wrong\nb: missing")) == "schema: a: wrong b: missing"
    assert describe(None) == "it is empty"
