"""A loopback server that answers by script, well or badly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tutelage.teachers.contracts import Endpoint, Request


@dataclass(frozen=True)
class Answer:
    """Raw bytes to send: after ``after_s``, a byte every ``drip_s``, and then a ``reset`` instead of a close."""

    data: bytes
    reset: bool = False
    after_s: float = 0.0
    drip_s: float = 0.0


Script = Answer | Callable[[dict[str, Any]], Answer]
"""An answer, or what makes one of the request's body (empty for a GET)."""


@dataclass
class Hostile:
    """What the server was asked so far, and where it is."""

    base_url: str = ""
    answers: list[Script] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    busiest: int = 0
    busy: int = 0

    def endpoint(self, **changes: Any) -> Endpoint:
        settings = {"name": "loopback", "base_url": self.base_url, "model": "m", "max_retries": 1, "timeout_s": 5}
        return Endpoint.model_validate(settings | changes)


def http(status: int, body: bytes, **headers: str) -> Answer:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return Answer("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)


def json_answer(value: object, status: int = 200, **headers: str) -> Answer:
    return http(status, json.dumps(value).encode(), **headers)


def completion(text: str | None, finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    return {
        "model": "m-served",
        "choices": [{"message": {"content": text, **message}, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }


def says(text: str | None, finish_reason: str = "stop", **message: Any) -> Answer:
    return json_answer(completion(text, finish_reason, **message))


def refuses(status: int, message: str, code: str | None = None, **headers: str) -> Answer:
    return json_answer({"error": {"message": message, "code": code}}, status, **headers)


@asynccontextmanager
async def hostile(*answers: Script) -> AsyncIterator[Hostile]:
    """Serve the answers in order, the last one for ever."""
    state = Hostile(answers=list(answers))

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer_one(state, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    state.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield state
    finally:
        server.close()


async def _answer_one(state: Hostile, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next((int(line[15:]) for line in head.lower().splitlines() if line.startswith("content-length:")), 0)
    body = await reader.readexactly(length)
    state.headers.append(head)
    state.begun.set()
    asked: dict[str, Any] = json.loads(body) if body else {}
    if body:
        state.bodies.append(asked)
    script = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
    answer = script(asked) if callable(script) else script
    state.busy += 1
    state.busiest = max(state.busiest, state.busy)
    await asyncio.sleep(answer.after_s)
    state.busy -= 1
    for start in range(0, len(answer.data), 1 if answer.drip_s else max(1, len(answer.data))):
        writer.write(answer.data[start : start + 1] if answer.drip_s else answer.data)
        await writer.drain()
        await asyncio.sleep(answer.drip_s)
    if answer.reset:
        writer.transport.abort()


def question(user: str = "What is 1 + 1?", **changes: Any) -> Request:
    settings = {
        "role": "reference", "system": "", "user": user, "temperature": 0.0, "max_tokens": 50, "prompt_hash": "h",
    }  # fmt: skip
    return Request.model_validate(settings | changes)
