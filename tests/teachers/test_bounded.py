from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from tutelage.errors import BudgetSpent
from tutelage.teachers.bounded import each


async def test_results_come_in_the_order_of_the_items_whatever_order_they_are_ready_in() -> None:
    async def late(number: int) -> int:
        await asyncio.sleep(0.01 * (3 - number % 3))
        return number * number

    assert await each(range(9), late, 4) == [number * number for number in range(9)]
    assert await each([], late) == []


async def test_no_more_than_the_width_are_under_way_and_the_next_one_starts_as_soon_as_one_ends() -> None:
    under_way, most, last = 0, 0, asyncio.Event()

    async def work(number: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await (last.wait() if number == 0 else asyncio.sleep(0.001))
        under_way -= 1
        if number == 29:
            last.set()

    # The first one is under way until the last one is done: all others go past it.
    await asyncio.wait_for(each(range(30), work, 3), 60)
    assert most == 3


async def test_what_fails_ends_the_rest() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0.001)
        if number == 3:
            raise ValueError("three")
        done.append(number)

    with pytest.raises(ExceptionGroup) as caught:
        await each(range(1000), work, 2)
    assert [str(error) for error in caught.value.exceptions] == ["three"]
    assert len(done) < 10


async def test_a_spent_budget_starts_nothing_more_and_lets_what_is_under_way_be_finished() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        if number == 3:
            raise BudgetSpent("spent")
        await asyncio.sleep(0.01)
        done.append(number)

    with pytest.raises(BudgetSpent):
        await each(range(100), work, 8)
    assert sorted(done) == [0, 1, 2, 4, 5, 6, 7]


# Everything of ours is real but the connection and the disk; what it peaks at is what a queue of this length costs.
PEAK = """
import asyncio, json, resource, sys
from pathlib import Path
from tests.teachers.hostile import completion, question
from tutelage.teachers.bounded import each
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.connection import Connection
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Meter
from tutelage.teachers.replies import ReplyStore

BODY = json.dumps(completion("word " * 200)).encode()

async def complete(self, parameters):
    await asyncio.sleep(0.001)
    return BODY

async def main(count, width):
    Connection.complete = complete
    ReplyStore.put = lambda self, request, reply: None
    endpoint = Endpoint(name="a", base_url="http://127.0.0.1:9/v1", model="m", max_concurrency=64)
    async with OpenAITeacher(endpoint, ReplyStore(Path("nowhere")), Meter()) as teacher:
        async def one(number):
            return (await teacher.ask(question("word " * 100, sample=number))).completion_tokens
        await each(range(count), one, width)

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(count: int, width: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(count), str(width)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_ten_thousand_queued_requests_take_hardly_more_memory_than_a_thousand() -> None:
    assert peak(10_000, 256) <= 1.2 * peak(1_000, 256)
