from __future__ import annotations

import asyncio

import pytest

from tutelage.errors import TeacherUnreachable
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Meter
from tutelage.teachers.replies import ReplyStore

from .hostile import Answer, completion, hostile, json_answer, question, says

FAR = "http://teacher.invalid/v1"


async def test_a_teacher_elsewhere_is_asked_through_the_proxy_that_the_environment_names(
    store: ReplyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hostile(says("2")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url.removeprefix("http://").removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        endpoint = Endpoint(name="far", base_url=FAR, model="m", max_retries=0)
        async with OpenAITeacher(endpoint, store, Meter()) as teacher:
            assert (await teacher.ask(question())).text == "2"
    assert proxy.headers[0].startswith(f"POST {FAR}/chat/completions ")


async def test_questions_in_turn_go_over_one_connection(store: ReplyStore) -> None:
    opened: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        said = json_answer(completion("2")).data.replace(b"Connection: close\r\n", b"")
        while head := await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))
            writer.write(said)

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with OpenAITeacher(Endpoint(name="kept", base_url=address, model="m"), store, Meter()) as teacher:
            for number in range(5):
                await teacher.ask(question(f"question {number}"))
    assert len(opened) == 1


async def test_what_is_no_http_is_quoted_on_one_line(store: ReplyStore) -> None:
    async with (
        hostile(Answer(b"SSH-2.0\r\nfirst\r\nsecond\r\n\r\n")) as server,
        OpenAITeacher(server.endpoint(max_retries=0), store, Meter()) as teacher,
    ):
        with pytest.raises(TeacherUnreachable) as caught:
            await teacher.ask(question())
    assert "SSH-2.0" in str(caught.value)
    assert "\n" not in str(caught.value)
