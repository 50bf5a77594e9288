from __future__ import annotations

import json

import pytest

from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.retry import Failure
from tutelage.teachers.wire import Completion, Dialect, honours_schema, parameters, read_completion

from .hostile import completion, question

HERE = Endpoint(name="a", base_url="http://127.0.0.1:1/v1", model="m", extra_body={"top_k": 1})
WITH_SCHEMA = question(system="s", schema_name="lessons", json_schema={"type": "object"}, seed=5, sample=2)


def test_a_schema_goes_as_response_format_and_the_sample_moves_the_seed() -> None:
    sent = parameters(HERE, WITH_SCHEMA, Dialect())
    assert sent["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "lessons", "schema": {"type": "object"}},
    }
    assert (sent["seed"], sent["max_tokens"], sent["extra_body"]) == (7, 50, {"top_k": 1})
    assert sent["messages"][0]["content"] == "s"


@pytest.mark.parametrize(("mode", "response_format"), [("json_object", {"type": "json_object"}), ("prompt", None)])
def test_without_json_schema_the_system_message_carries_the_schema(
    mode: str, response_format: dict[str, str] | None
) -> None:
    sent = parameters(HERE, WITH_SCHEMA, Dialect.model_validate({"schema_mode": mode}))
    assert sent.get("response_format") == response_format
    assert sent["messages"][0]["content"].endswith('{"type": "object"}')


def test_a_refused_response_format_is_tried_more_plainly_until_nothing_is_left() -> None:
    refusal = Failure(status=400, message="response_format is not supported")
    first = Dialect().after(refusal, WITH_SCHEMA)
    assert first is not None
    second = first.after(refusal, WITH_SCHEMA)
    assert second is not None
    assert (first.schema_mode, second.schema_mode) == ("json_object", "prompt")
    assert second.after(refusal, WITH_SCHEMA) is None
    assert Dialect().after(refusal, question()) is None


def test_openai_reasoning_models_get_their_own_parameters() -> None:
    said = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    dialect = Dialect().after(Failure(status=400, message=said), question())
    assert dialect is not None
    said = "Unsupported value: 'temperature' does not support 0.0 with this model."
    dialect = dialect.after(Failure(status=400, message=said), question())
    assert dialect is not None
    sent = parameters(HERE, question(), dialect)
    assert sent["max_completion_tokens"] == 50
    assert not {"max_tokens", "temperature"} & set(sent)


@pytest.mark.parametrize(
    "failure",
    [
        Failure(status=400, message="'max_tokens' or 'max_completion_tokens' is too large: 4096"),
        Failure(status=500, message="response_format broke the engine"),
        Failure(status=400, message="This model's maximum context length is 2048 tokens."),
    ],
)
def test_other_refusals_change_no_dialect(failure: Failure) -> None:
    assert Dialect().after(failure, WITH_SCHEMA) is None


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_reasoning_is_read_under_both_names(name: str) -> None:
    body = json.dumps(completion("4", **{name: "two and two"})).encode()
    assert read_completion(body, question(), HERE).reasoning == "two and two"


@pytest.mark.parametrize(
    ("body", "finish_reason"),
    [
        ({"choices": []}, "no_choice"),
        ({"choices": None}, "no_choice"),
        ({}, "no_choice"),
        ({"choices": [{"message": {"content": None}, "finish_reason": "tool_calls"}]}, "tool_calls"),
        ({"choices": [{"message": {}, "finish_reason": None}]}, "unknown"),
        ({"choices": ["?"]}, "unknown"),
    ],
)
def test_a_reply_without_content_is_an_empty_text(body: dict[str, object], finish_reason: str) -> None:
    read = read_completion(json.dumps(body).encode(), question(), HERE)
    assert (read.text, read.finish_reason, read.model) == ("", finish_reason, "m")


def test_tokens_are_estimated_where_the_server_does_not_count() -> None:
    body = {"choices": [{"message": {"content": "x" * 9}, "finish_reason": "stop"}]}
    read = read_completion(json.dumps(body).encode(), question("y" * 8), HERE)
    assert (read.prompt_tokens, read.completion_tokens) == (2, 3)


def test_half_a_surrogate_pair_can_still_be_written() -> None:
    body = b'{"choices": [{"message": {"content": "a\\ud800b"}, "finish_reason": "stop"}]}'
    assert read_completion(body, question(), HERE).text == "a?b"


def completed(text: str, finish_reason: str = "stop") -> Completion:
    return Completion(
        text=text, reasoning=None, finish_reason=finish_reason, prompt_tokens=1, completion_tokens=1, model="m"
    )


@pytest.mark.parametrize(
    ("text", "finish_reason", "verdict"),
    [
        ('{"fruit": "fig"}', "stop", True),
        ('{"name": "fig"}', "stop", False),
        ('```json\n{"fruit": "fig"}\n```', "stop", False),
        ("Sure!", "stop", False),
        ('{"fruit": "f', "length", None),
        ("", "no_choice", None),
    ],
)
def test_whether_a_schema_is_honoured_shows_in_the_reply(text: str, finish_reason: str, verdict: bool | None) -> None:
    asked = question(schema_name="s", json_schema={"type": "object", "required": ["fruit"]})
    assert honours_schema(completed(text, finish_reason), asked, Dialect()) is verdict


def test_a_reply_tells_nothing_of_a_schema_that_was_not_sent() -> None:
    assert honours_schema(completed("Sure!"), question(), Dialect()) is None
    assert honours_schema(completed("Sure!"), WITH_SCHEMA, Dialect(schema_mode="prompt")) is None
