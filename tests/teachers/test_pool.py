from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tutelage.errors import ConfigError, TeacherRefused, TeacherUnreachable
from tutelage.teachers import breaker
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.meter import Caps, Meter
from tutelage.teachers.pool import PoolTeacher
from tutelage.teachers.replies import ReplyStore

from .hostile import Answer, Hostile, hostile, question, refuses, says

SLOW = Answer(says("2").data, after_s=0.02)
DEAD = Answer(b"", reset=True)
MANY = range(24)


@asynccontextmanager
async def pool_of(
    store: ReplyStore,
    *scripts: Sequence[Answer],
    meter: Meter | None = None,
    **changes: Any,
) -> AsyncIterator[tuple[PoolTeacher, list[Hostile]]]:
    meter, settings = meter or Meter(), {"max_retries": 0, "max_concurrency": 4, **changes}
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(hostile(*script)) for script in scripts]
        members = [
            OpenAITeacher(server.endpoint(name=f"member-{n}", **settings), store, meter)
            for n, server in enumerate(servers)
        ]
        yield await stack.enter_async_context(PoolTeacher("p", members)), servers


async def test_the_work_is_shared_and_every_reply_says_who_gave_it(store: ReplyStore) -> None:
    async with pool_of(store, [SLOW], [SLOW], [SLOW]) as (pool, servers):
        replies = await asyncio.gather(*(pool.ask(question(sample=n)) for n in MANY))
        asked = {f"member-{n}": len(server.bodies) for n, server in enumerate(servers)}
    assert Counter(reply.endpoint for reply in replies) == asked
    assert set(asked.values()) == {8}


async def test_a_member_that_dies_in_the_middle_loses_no_call_and_none_is_answered_twice(
    store: ReplyStore,
) -> None:
    meter = Meter()
    async with pool_of(store, [SLOW], [*[SLOW] * 3, DEAD], [SLOW], meter=meter) as (pool, servers):
        replies = await asyncio.gather(*(pool.ask(question(sample=n)) for n in range(60)))
    assert Counter(reply.endpoint for reply in replies)["member-1"] == 3
    assert len({reply.call_id for reply in replies}) == 60
    assert (meter.totals.calls, meter.totals.cached) == (60, 0)
    assert len(list(store)) == 60
    assert len(servers[1].bodies) <= 3 + 4, "a dead member is left alone once it is known to be dead"


async def test_calls_that_wait_for_a_dead_member_do_not_wait_for_its_retries(store: ReplyStore) -> None:
    async with pool_of(store, [DEAD], [SLOW], max_retries=2, max_concurrency=1) as (pool, servers):
        began = time.monotonic()
        await asyncio.gather(*(pool.ask(question(sample=n)) for n in MANY))
        took = time.monotonic() - began
    # The one that found out, and the one that was let in as it left; not the ten behind them.
    assert len(servers[0].bodies) <= 2 * 3
    assert took < 5.0


async def test_an_answer_that_any_member_gave_is_not_paid_for_again(store: ReplyStore) -> None:
    meter = Meter(Caps(calls=1))
    async with pool_of(store, [DEAD], [says("2")], meter=meter) as (pool, servers):
        first = await pool.ask(question())
        again = await pool.ask(question())
    assert again == first.model_copy(update={"cached": True})
    assert (first.endpoint, meter.totals.calls, meter.totals.cached) == ("member-1", 1, 1)
    assert len(servers[1].bodies) == 1


async def test_the_same_question_at_the_same_time_goes_to_one_member(store: ReplyStore) -> None:
    async with pool_of(store, [SLOW], [SLOW]) as (pool, servers):
        replies = await asyncio.gather(*(pool.ask(question()) for _ in range(6)))
        assert sum(len(server.bodies) for server in servers) == 1
    assert Counter(reply.cached for reply in replies) == {True: 5, False: 1}


async def test_when_all_are_down_the_error_names_each_with_what_it_said(store: ReplyStore) -> None:
    async with pool_of(store, [refuses(500, "engine died")], [refuses(503, "loading")]) as (pool, _):
        with pytest.raises(TeacherUnreachable, match=r"member-0: .*engine died.*; member-1: .*loading"):
            await pool.ask(question())


async def test_a_member_that_comes_back_is_asked_again(
    store: ReplyStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breaker, "FIRST_COOL_DOWN_S", 0.05)
    async with pool_of(store, [DEAD, says("2")], [says("2")]) as (pool, _):
        assert (await pool.ask(question())).endpoint == "member-1"
        await asyncio.sleep(0.06)
        assert (await pool.ask(question(sample=1))).endpoint == "member-0"


async def test_a_refusal_for_good_is_not_tried_elsewhere(store: ReplyStore) -> None:
    async with pool_of(store, [refuses(400, "no")], [says("2")]) as (pool, servers):
        with pytest.raises(TeacherRefused):
            await pool.ask(question())
        assert servers[1].bodies == []


async def test_a_member_that_asked_for_quiet_is_asked_last(store: ReplyStore) -> None:
    limited = refuses(429, "slow down", Retry_After="1")
    async with pool_of(store, [limited, says("2")], [says("2")]) as (pool, servers):
        first = asyncio.create_task(pool.ask(question()))
        await servers[0].begun.wait()
        await asyncio.sleep(0.05)
        replies = await asyncio.gather(*(pool.ask(question(sample=n)) for n in range(1, 5)))
        assert {reply.endpoint for reply in replies} == {"member-1"}
        await first


def test_members_that_cannot_stand_for_one_another_are_no_pool(tmp_path: Path) -> None:
    def member(**changes: Any) -> OpenAITeacher:
        endpoint = Hostile(base_url="http://127.0.0.1:9/v1").endpoint(**changes)
        return OpenAITeacher(endpoint, ReplyStore(tmp_path), Meter())

    for members in ([], [member(), member()], [member(name="a"), member(name="b", model="other")]):
        with pytest.raises(ConfigError, match="pool p"):
            PoolTeacher("p", members)
