from __future__ import annotations

import asyncio
import json
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

from tutelage.errors import BudgetSpent, ConfigError, TeacherModelMissing, TeacherRefused, TeacherUnreachable
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Caps, Meter
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing.reader import span_lines
from tutelage.tracing.spans import open_tracer

from .hostile import Answer, Hostile, completion, hostile, http, json_answer, question, refuses, says

CANARY = "sk-canary-0123456789"
SCHEMA: dict[str, Any] = {"schema_name": "s", "json_schema": {"type": "object"}}


def teacher_of(server: Hostile, store: ReplyStore, **changes: Any) -> OpenAITeacher:
    return OpenAITeacher(server.endpoint(**changes), store, Meter())


def has_canary(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return any(CANARY in path.read_text() for path in files)


async def test_a_reply_comes_back_whole_and_is_kept(store: ReplyStore) -> None:
    async with hostile(says("Answer: 2", reasoning="count")) as server, teacher_of(server, store) as teacher:
        reply = await teacher.ask(question())
    assert (reply.text, reply.reasoning, reply.finish_reason, reply.model) == ("Answer: 2", "count", "stop", "m-served")
    assert (reply.prompt_tokens, reply.completion_tokens, reply.endpoint, reply.cached) == (7, 3, "loopback", False)
    stored = json.loads(store.path(reply.call_id).read_text())
    assert stored["reply"]["text"] == "Answer: 2"
    assert stored["request"]["user"] == "What is 1 + 1?"


async def test_an_answered_question_is_answered_without_a_network(store: ReplyStore) -> None:
    async with hostile(says("2")) as server:
        endpoint = server.endpoint(identity="fixed")
        async with OpenAITeacher(endpoint, store, Meter()) as teacher:
            first = await teacher.ask(question())
    elsewhere = endpoint.model_copy(update={"base_url": "http://127.0.0.1:9/v1"})
    meter = Meter(Caps(calls=1))
    async with OpenAITeacher(elsewhere, store, meter) as teacher:
        again = await teacher.ask(question())
        await teacher.ask(question())
    assert again == first.model_copy(update={"cached": True})
    assert (meter.totals.calls, meter.totals.cached, meter.totals.tokens) == (1, 2, 10)


async def test_the_same_question_at_the_same_time_is_sent_once(store: ReplyStore) -> None:
    async with hostile(Answer(says("2").data, after_s=0.05)) as server:
        async with teacher_of(server, store) as teacher:
            replies = await asyncio.gather(*(teacher.ask(question()) for _ in range(5)))
        assert len(server.bodies) == 1
    assert sorted(reply.cached for reply in replies) == [False, True, True, True, True]


async def test_no_more_than_max_concurrency_requests_are_in_flight(store: ReplyStore) -> None:
    async with hostile(Answer(says("2").data, after_s=0.02)) as server:
        async with teacher_of(server, store, max_concurrency=3) as teacher:
            await asyncio.gather(*(teacher.ask(question(sample=n)) for n in range(12)))
        assert server.busiest == 3


async def test_every_retry_is_an_event_of_the_span_that_is_open(store: ReplyStore, tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    async with hostile(refuses(500, "busy"), says("2")) as server, teacher_of(server, store) as teacher:
        with open_tracer(path, 1) as tracer, tracer.span("call", "LLM"):
            await teacher.ask(question())
    (ended,) = [line for line in span_lines(path) if line["event"] == "end"]
    assert [event["attributes"]["http.response.status_code"] for event in ended["events"]] == [500]


async def test_429_is_waited_out_as_long_as_the_server_says(store: ReplyStore) -> None:
    limited = refuses(429, "slow down", Retry_After="1")
    async with hostile(limited, says("2")) as server, teacher_of(server, store) as teacher:
        began = time.monotonic()
        reply = await teacher.ask(question())
        waited = time.monotonic() - began
    assert reply.text == "2"
    assert 1.0 <= waited < 3.0


@pytest.mark.parametrize(
    "trouble",
    [
        refuses(500, "engine died"),
        refuses(503, "loading"),
        Answer(http(200, b"{" * 100).data[:-60], reset=True),
        Answer(http(200, json.dumps(completion("2")).encode()).data[:-20]),
        Answer(b"", reset=True),
        http(200, b"\xff\xfe not utf-8"),
        http(200, b"<html>a proxy's page</html>"),
        http(200, b"[" * 100_000),
        json_answer(["not", "an", "object"]),
    ],
    ids=["500", "503", "reset", "lying length", "no bytes", "not utf-8", "html", "too deep", "a list"],
)
async def test_trouble_that_passes_is_retried(trouble: Answer, store: ReplyStore) -> None:
    async with hostile(trouble, says("2")) as server:
        async with teacher_of(server, store) as teacher:
            assert (await teacher.ask(question())).text == "2"
        assert len(server.bodies) == 2


async def test_trouble_that_stays_ends_as_unreachable_after_the_retries(store: ReplyStore) -> None:
    async with hostile(refuses(500, "engine died")) as server:
        meter = Meter()
        async with OpenAITeacher(server.endpoint(), store, meter) as teacher:
            with pytest.raises(TeacherUnreachable, match=r"2 attempts \(500: engine died\)"):
                await teacher.ask(question())
        assert len(server.bodies) == 2
    assert meter.totals.calls == 0


@pytest.mark.parametrize(
    "answer", [Answer(says("2").data, after_s=1.0), Answer(says("2").data, drip_s=0.05)], ids=["late", "dripping"]
)
async def test_a_reply_that_drips_or_comes_too_late_is_given_up(answer: Answer, store: ReplyStore) -> None:
    async with hostile(answer) as server, teacher_of(server, store, timeout_s=0.2, max_retries=0) as teacher:
        with pytest.raises(TeacherUnreachable, match=r"no reply within 0\.2 s"):
            await teacher.ask(question())


async def test_a_refused_connection_is_unreachable(store: ReplyStore) -> None:
    endpoint = Endpoint(name="gone", base_url="http://127.0.0.1:9/v1", model="m", max_retries=0)
    async with OpenAITeacher(endpoint, store, Meter()) as teacher:
        with pytest.raises(TeacherUnreachable, match=r"127\.0\.0\.1:9"):
            await teacher.ask(question())


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refusal_for_good_fails_at_once(status: int, store: ReplyStore) -> None:
    async with hostile(refuses(status, "no such thing")) as server:
        async with teacher_of(server, store) as teacher:
            with pytest.raises(TeacherRefused, match=f"{status}: no such thing"):
                await teacher.ask(question())
        assert len(server.bodies) == 1


@pytest.mark.parametrize("choices", [[], None])
async def test_empty_choices_are_a_failed_reply_not_an_error(choices: object, store: ReplyStore) -> None:
    async with hostile(json_answer({"choices": choices})) as server, teacher_of(server, store) as teacher:
        reply = await teacher.ask(question())
    assert (reply.text, reply.finish_reason) == ("", "no_choice")
    assert store.get(reply.call_id) is not None


async def test_an_endpoint_without_json_schema_is_asked_more_plainly_and_remembered(store: ReplyStore) -> None:
    no = refuses(400, "response_format of type json_schema is not supported")
    async with hostile(no, says("{}")) as server:
        async with teacher_of(server, store, max_retries=0) as teacher:
            await teacher.ask(question(**SCHEMA))
            await teacher.ask(question(sample=1, **SCHEMA))
        formats = [body["response_format"]["type"] for body in server.bodies]
    assert formats == ["json_schema", "json_object", "json_object"]


async def test_no_schema_at_all_is_the_last_resort(store: ReplyStore) -> None:
    no = refuses(400, "unknown field response_format")
    async with hostile(no, no, says("{}")) as server:
        async with teacher_of(server, store, max_retries=0) as teacher:
            await teacher.ask(question(**SCHEMA))
        assert ["response_format" in body for body in server.bodies] == [True, True, False]
        assert "JSON schema" in server.bodies[2]["messages"][0]["content"]


async def test_a_server_that_accepts_the_schema_and_ignores_it_gets_it_in_the_prompt_after_two_replies(
    store: ReplyStore,
) -> None:
    async with hostile(says("Sure, here it comes!")) as server, teacher_of(server, store) as teacher:
        for sample in range(4):
            await teacher.ask(question(sample=sample, **SCHEMA))
    formats = [body["response_format"]["type"] for body in server.bodies]
    assert formats == ["json_schema", "json_schema", "json_object", "json_object"]
    assert "JSON schema" in server.bodies[2]["messages"][0]["content"]


async def test_one_reply_off_the_schema_is_a_mishap(store: ReplyStore) -> None:
    async with hostile(says("Sure!"), says("{}"), says("Sure!"), says("{}")) as server:
        async with teacher_of(server, store) as teacher:
            for sample in range(5):
                await teacher.ask(question(sample=sample, **SCHEMA))
        assert {body["response_format"]["type"] for body in server.bodies} == {"json_schema"}


async def test_a_reached_cap_stops_before_the_call_and_not_in_the_middle_of_a_crowd(store: ReplyStore) -> None:
    async with hostile(says("2")) as server:
        async with OpenAITeacher(server.endpoint(), store, Meter(Caps(calls=3))) as teacher:
            outcomes = await asyncio.gather(
                *(teacher.ask(question(sample=n)) for n in range(8)), return_exceptions=True
            )
        assert len(server.bodies) == 3
    assert sum(isinstance(outcome, BudgetSpent) for outcome in outcomes) == 5


async def test_the_key_is_sent_and_appears_in_no_file_error_or_repr(
    store: ReplyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_KEY", CANARY)
    echo = f"bad key {CANARY} given"
    async with hostile(says(echo, reasoning=echo), refuses(401, echo), refuses(500, echo)) as server:
        endpoint = server.endpoint(api_key_env="CANARY_KEY", max_retries=0)
        async with OpenAITeacher(endpoint, store, Meter()) as teacher:
            reply = await teacher.ask(question())
            texts = [repr(reply), repr(endpoint), repr(teacher), endpoint.model_dump_json()]
            for sample in (1, 2):
                with pytest.raises((TeacherRefused, TeacherUnreachable)) as caught:
                    await teacher.ask(question(sample=sample))
                texts += [*traceback.format_exception(caught.value), caught.value.line]
                assert caught.value.__context__ is None
        assert all(f"Bearer {CANARY}" in head for head in server.headers)
    assert not has_canary(tmp_path)
    assert not any(CANARY in text for text in texts)
    assert reply.text == "bad key [key] given"


async def test_the_users_openai_key_is_not_sent_to_an_endpoint_that_does_not_name_it(
    store: ReplyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    async with hostile(says("2")) as server:
        async with teacher_of(server, store) as teacher:
            await teacher.ask(question())
        assert not any(CANARY in head for head in server.headers)


@pytest.mark.parametrize("value", ["", f"{CANARY}\nX-Evil: 1", f"{CANARY} two", "schlüssel"])
async def test_a_key_that_cannot_be_one_is_a_config_error_that_does_not_repeat_it(
    value: str, store: ReplyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_KEY", value)
    endpoint = Endpoint(name="a", base_url="http://127.0.0.1:9/v1", model="m", api_key_env="CANARY_KEY")
    async with OpenAITeacher(endpoint, store, Meter()) as teacher:
        with pytest.raises(ConfigError, match="CANARY_KEY") as caught:
            await teacher.ask(question())
    assert not value or value not in "".join(traceback.format_exception(caught.value))


async def test_a_loopback_teacher_is_not_looked_for_behind_a_proxy(
    store: ReplyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with hostile(says("2")) as server, teacher_of(server, store) as teacher:
        assert (await teacher.ask(question())).text == "2"


def test_a_teacher_without_a_model_is_refused_before_it_is_asked(store: ReplyStore) -> None:
    with pytest.raises(TeacherModelMissing):
        OpenAITeacher(Endpoint(name="a", base_url="http://127.0.0.1:9/v1"), store, Meter())
