from __future__ import annotations

import asyncio
import socket
import time
from threading import Thread

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


async def test_no_question_is_sent_to_a_server_that_hung_up_while_the_loop_was_busy(store: ReplyStore) -> None:
    said = json_answer(completion("2")).data.replace(b"Connection: close\r\n", b"")

    def answer_and_hang_up(listener: socket.socket) -> None:
        for _ in range(3):
            connection, _ = listener.accept()
            with connection:
                while not connection.recv(65536).endswith(b"}"):
                    pass
                connection.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = Thread(target=answer_and_hang_up, args=(listener,))
        serving.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        endpoint = Endpoint(name="brief", base_url=address, model="m", max_retries=0)
        async with OpenAITeacher(endpoint, store, Meter()) as teacher:
            for number in range(3):
                assert (await teacher.ask(question(f"question {number}"))).text == "2"
                time.sleep(0.1)  # noqa: ASYNC251 - the loop is busy
        serving.join()
