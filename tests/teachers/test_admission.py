from __future__ import annotations

import asyncio
import time

import pytest

from tutelage.errors import TeacherRefused, TeacherStalled, TeacherUnreachable
from tutelage.teachers.admission import Admission
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Meter
from tutelage.teachers.replies import ReplyStore

from .hostile import Answer, hostile, question, refuses, says
from .test_client import teacher_of

ENDPOINT = Endpoint(name="a", base_url="http://127.0.0.1:9/v1", model="m", max_concurrency=2, stall_s=60)


async def test_calls_take_turns_in_the_order_they_came() -> None:
    admission, order = Admission(ENDPOINT), []

    async def call(number: int) -> None:
        async with admission.turn():
            order.append(number)
            await asyncio.sleep(0.001)

    await asyncio.gather(*(call(n) for n in range(20)))
    assert order == list(range(20))
    assert admission.load == 0


async def test_a_call_that_is_cancelled_in_the_moment_it_is_let_in_leaves_its_place_to_the_next() -> None:
    admission = Admission(ENDPOINT.model_copy(update={"max_concurrency": 1}))
    entered = []

    async def call(number: int) -> None:
        async with admission.turn():
            entered.append(number)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(call(n)) for n in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.sleep(0)
    tasks[2].cancel()
    await asyncio.wait_for(tasks[3], 1)
    assert entered[0] == 0
    assert entered[-1] == 3
    assert admission.load == 0


async def test_one_callers_retry_after_holds_all_of_them(store: ReplyStore) -> None:
    limited = refuses(429, "slow down", Retry_After="1")
    async with hostile(limited, says("2")) as server, teacher_of(server, store, max_concurrency=4) as teacher:
        first = asyncio.create_task(teacher.ask(question()))
        await server.begun.wait()
        await asyncio.sleep(0.1)
        assert teacher.admission.is_paused()
        began = time.monotonic()
        await asyncio.gather(first, *(teacher.ask(question(sample=n)) for n in range(1, 4)))
    assert time.monotonic() - began > 0.7
    assert len(server.bodies) == 5


async def test_being_throttled_is_no_failure_however_often(store: ReplyStore) -> None:
    limited = refuses(429, "slow down", Retry_After="0")
    async with hostile(*[limited] * 4, says("2")) as server, teacher_of(server, store, max_retries=0) as teacher:
        assert (await teacher.ask(question())).text == "2"
    assert len(server.bodies) == 5


async def test_an_overloaded_endpoint_gets_fewer_calls_at_once(store: ReplyStore) -> None:
    slow = Answer(says("2").data, after_s=0.02)
    async with (
        hostile(*[refuses(429, "too many", Retry_After="0.1")] * 8, slow) as server,
        teacher_of(server, store, max_concurrency=8) as teacher,
    ):
        await asyncio.gather(*(teacher.ask(question(sample=n)) for n in range(8)))
        assert 4 <= teacher.admission.window.limit < 8
    assert len(server.bodies) == 16


@pytest.mark.parametrize("header", [{}, {"Retry_After": "0.1"}], ids=["no time", "a time"])
async def test_an_endpoint_that_only_throttles_ends_as_stalled_and_says_what_it_said(
    header: dict[str, str],
    store: ReplyStore,
) -> None:
    async with (
        hostile(refuses(429, "slow down", **header)) as server,
        teacher_of(server, store, stall_s=1.0, timeout_s=0.5, max_concurrency=2) as teacher,
    ):
        began = time.monotonic()
        outcomes = await asyncio.gather(*(teacher.ask(question(sample=n)) for n in range(6)), return_exceptions=True)
        took = time.monotonic() - began
    assert [type(outcome) for outcome in outcomes] == [TeacherStalled] * 6
    assert "no reply to any call for 1 s (last: 429: slow down)" in str(outcomes[0])
    assert 0.9 < took < 3.0


async def test_a_pause_longer_than_patience_ends_at_once(store: ReplyStore) -> None:
    async with (
        hostile(refuses(429, "come back tomorrow", Retry_After="86400")) as server,
        teacher_of(server, store) as teacher,
    ):
        began = time.monotonic()
        with pytest.raises(TeacherStalled, match="asks us to wait 86400 s"):
            await teacher.ask(question())
    assert time.monotonic() - began < 1.0


async def test_a_slow_endpoint_that_answers_is_not_stalled(store: ReplyStore) -> None:
    async with (
        hostile(Answer(says("2").data, after_s=0.2)) as server,
        teacher_of(server, store, stall_s=1.0, timeout_s=1.0, max_concurrency=1) as teacher,
    ):
        replies = await asyncio.gather(*(teacher.ask(question(sample=n)) for n in range(6)))
    assert len(replies) == 6


async def test_calls_that_fail_while_others_are_answered_still_end(store: ReplyStore) -> None:
    async with (
        hostile(refuses(500, "engine died"), refuses(500, "engine died"), says("2")) as server,
        teacher_of(server, store, max_concurrency=1) as teacher,
    ):
        outcomes = await asyncio.gather(*(teacher.ask(question(sample=n)) for n in range(3)), return_exceptions=True)
    assert [isinstance(outcome, TeacherUnreachable) for outcome in outcomes] == [True, False, False]


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("This model's maximum context length is 2048 tokens. However, you requested 3000 tokens", "to 2048"),
        ("the request exceeds the available context size", "the model's context length"),
        ("'max_tokens' is too large: 5000. This model's maximum context length is 4,096 tokens", "to 4096"),
    ],
)
async def test_a_request_longer_than_the_context_fails_at_once_with_what_to_set(
    said: str,
    advice: str,
    store: ReplyStore,
) -> None:
    async with hostile(refuses(400, said)) as server, teacher_of(server, store) as teacher:
        with pytest.raises(TeacherRefused, match=f"context_tokens.*{advice}"):
            await teacher.ask(question())
    assert len(server.bodies) == 1


async def test_a_full_meter_lets_the_queue_pass(store: ReplyStore) -> None:
    async with (
        hostile(says("2")) as server,
        OpenAITeacher(server.endpoint(max_concurrency=1), store, Meter()) as teacher,
    ):
        await asyncio.gather(*(teacher.ask(question(sample=n)) for n in range(5)))
        assert teacher.admission.load == 0
