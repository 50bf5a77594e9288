from __future__ import annotations

import asyncio

import pytest

from tutelage.errors import TeacherRefused
from tutelage.teachers.bounded import each
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.in_flight import to_its_end
from tutelage.teachers.meter import Meter
from tutelage.teachers.replies import ReplyStore

from .hostile import Answer, hostile, question, refuses, says

LATE = Answer(says("late").data, after_s=0.3)


async def test_a_reply_on_its_way_is_kept_when_nobody_waits_for_it_any_more(store: ReplyStore) -> None:
    meter = Meter()
    async with hostile(LATE) as server, OpenAITeacher(server.endpoint(), store, meter) as teacher:
        asked = asyncio.create_task(teacher.ask(question()))
        await server.begun.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert [stored.reply.text for stored in store] == ["late"]
        assert meter.totals.calls == 1
        assert (await teacher.ask(question())).cached
        assert len(server.bodies) == 1


async def test_one_call_refused_for_good_throws_no_paid_reply_away(store: ReplyStore) -> None:
    refusal = Answer(refuses(400, "too long").data, after_s=0.1)

    async with (
        hostile(lambda asked: refusal if "question 3" in asked["messages"][0]["content"] else LATE) as server,
        OpenAITeacher(server.endpoint(), store, Meter()) as teacher,
    ):
        with pytest.raises(ExceptionGroup) as caught:
            await each(range(30), lambda number: teacher.ask(question(f"question {number}?")), 4)
        assert [type(error) for error in caught.value.exceptions] == [TeacherRefused]
        assert len(server.bodies) == 4, "nothing was sent after the refusal"
    assert [stored.reply.text for stored in store] == ["late"] * 3


async def test_what_does_not_end_is_cut_off_after_the_grace() -> None:
    ends: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ends.append("cut off")
            raise

    waiting = asyncio.create_task(to_its_end(endless(), grace_s=0.01))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    assert ends == ["cut off"]


async def test_a_second_cancellation_does_not_wait() -> None:
    waiting = asyncio.create_task(to_its_end(asyncio.sleep(60)))
    for _ in range(2):
        await asyncio.sleep(0.01)
        waiting.cancel()
    done, _ = await asyncio.wait({waiting}, timeout=1)
    assert done
    assert waiting.cancelled()
