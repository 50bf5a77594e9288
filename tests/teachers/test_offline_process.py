from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from pydantic import BaseModel

from tutelage.errors import TeacherUnreachable
from tutelage.teachers.client import OpenAITeacher, probe_endpoint
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Meter
from tutelage.teachers.offline import OfflineTeacher
from tutelage.teachers.replies import ReplyStore
from tutelage.teachers.structured import ask_structured

from .hostile import question

PARENT = """
import asyncio, sys
from tutelage.teachers.offline import OfflineTeacher
async def main():
    async with OfflineTeacher() as endpoint:
        print(endpoint.base_url, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


class Map(BaseModel):
    modules: list[dict[str, object]]


async def unreachable(endpoint: Endpoint) -> bool:
    try:
        await probe_endpoint(endpoint)
    except TeacherUnreachable:
        return True
    return False


async def test_the_offline_teacher_answers_our_client_and_is_gone_afterwards(tmp_path: Path) -> None:
    log, store, meter = tmp_path / "log", ReplyStore(tmp_path / "replies"), Meter()
    async with OfflineTeacher(log) as endpoint:
        assert not endpoint.is_language_model
        assert endpoint.identity == "offline:everyday_arithmetic"
        async with OpenAITeacher(endpoint, store, meter) as teacher:
            await asyncio.gather(*(teacher.ask(question(f"What is {n} + 11?")) for n in range(11, 31)))
            context = json.dumps({"modules": [{"id": "number/addition"}]})
            asked = question(f"```json\n{context}\n```", schema_name="knowledge_map", json_schema={}, max_tokens=200)
            answer = await ask_structured(teacher, asked, Map)
    assert answer.value is not None
    assert len(log.read_text().splitlines()) == meter.totals.calls == 21
    assert await unreachable(endpoint)


async def test_a_second_teacher_on_another_port_makes_the_same_call_ids(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path)
    replies = []
    for _ in range(2):
        async with OfflineTeacher() as endpoint, OpenAITeacher(endpoint, store, Meter()) as teacher:
            replies.append(await teacher.ask(question("What is 12 x 3?")))
    assert [reply.cached for reply in replies] == [False, True]
    assert replies[0].call_id == replies[1].call_id


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PDEATHSIG is Linux's")
async def test_the_teacher_dies_with_a_parent_that_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    address = (await asyncio.wait_for(parent.stdout.readline(), 60)).decode().strip()
    endpoint = Endpoint(name="orphan", base_url=address)
    await probe_endpoint(endpoint)
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()
    deadline = time.monotonic() + 10
    while not await unreachable(endpoint):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_a_teacher_served_by_hand_says_where_it_is_and_stops_on_interrupt() -> None:
    command = [sys.executable, "-m", "tutelage.teachers.offline", "--port", "0"]
    child = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert child.stderr is not None
    line = (await asyncio.wait_for(child.stderr.readline(), 60)).decode()
    assert "not a language model" in line
    address = next(word for word in line.split() if word.startswith("http")).rstrip(";")
    probed = await probe_endpoint(Endpoint(name="by hand", base_url=address))
    assert not probed.is_language_model
    child.send_signal(signal.SIGINT)
    await asyncio.wait_for(child.wait(), 10)
