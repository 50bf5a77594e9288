"""Teachers on loopback, in the test's own process: the offline teacher's answers under any model's name.

Each keeps a log of what it answered and of the headers that it was sent, may be wrong on demand, and may die.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tutelage.files import sha256_text
from tutelage.teachers.offline.answers import answer, tokens
from tutelage.teachers.offline.server import ChatBody
from tutelage.teachers.offline.skills import solve


@dataclass
class Loopback:
    """A teacher; ``name`` is what the run calls it: its host, or a file's name.

    After ``dies_after`` answers it is gone; of its answers to probes about one in ``errs_every`` is wrong,
    and all of the skill that it ``cannot``. To a schema in ``instead`` it answers with that text. ``refuses`` names a
    schema and says which question of it is refused, once and at once; the others wait ``thinks_s`` for their answer.
    """

    model: str
    dies_after: int | None = None
    errs_every: int | None = None
    refusal: str | None = None
    cannot: str | None = None
    instead: Mapping[str, str] = field(default_factory=dict)
    refuses: tuple[str, int] | None = None
    thinks_s: float = 0.0
    schemas: Counter[str] = field(default_factory=Counter)
    url: str = ""
    name: str = ""
    asked: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    server: asyncio.Server | None = None

    @property
    def is_dead(self) -> bool:
        """Whether it has answered its last."""
        return self.dies_after is not None and len(self.answered) >= self.dies_after


@asynccontextmanager
async def loopback(model: str, **settings: Any) -> AsyncIterator[Loopback]:
    """Serve for the length of the block."""
    teacher = Loopback(model, **settings)
    open_ones: set[asyncio.StreamWriter] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        try:
            while await _serve_one(teacher, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            open_ones.discard(writer)
            writer.close()

    teacher.server = await asyncio.start_server(handle, "127.0.0.1", 0)
    teacher.url = f"http://127.0.0.1:{teacher.server.sockets[0].getsockname()[1]}/v1"
    teacher.name = teacher.name or teacher.url.removeprefix("http://").removesuffix("/v1")
    try:
        yield teacher
    finally:
        teacher.server.close()
        for writer in tuple(open_ones):
            writer.close()
        await asyncio.sleep(0.01)


async def _serve_one(teacher: Loopback, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next((int(line[15:]) for line in head.lower().splitlines() if line.startswith("content-length:")), 0)
    body = await reader.readexactly(length)
    teacher.heads.append(head)
    if teacher.is_dead:
        writer.transport.abort()
        return False
    if not body:
        return await _send(writer, 200, {"data": [{"id": teacher.model, "owned_by": "a test"}]})
    if teacher.refusal is not None:
        return await _send(writer, 401, {"error": {"message": teacher.refusal}})
    digest, asked = sha256_text(body.decode()), ChatBody.model_validate_json(body)
    schema = asked.prompt().schema_name or ""
    teacher.schemas[schema] += 1
    if teacher.refuses == (schema, teacher.schemas[schema]):
        return await _send(writer, 400, {"error": {"message": "not this one"}})
    teacher.asked.append(digest)
    await asyncio.sleep(teacher.thinks_s)
    reply = _completion(teacher, asked)
    teacher.answered.append(digest)
    return await _send(writer, 200, reply)


def _completion(teacher: Loopback, asked: ChatBody) -> dict[str, Any]:
    assert asked.model == teacher.model
    prompt = asked.prompt()
    text = answer(prompt)
    if prompt.schema_name is None and teacher.errs_every and int(sha256_text(text)[:8], 16) % teacher.errs_every == 0:
        text = "Answer: -77"
    if prompt.schema_name is None and teacher.cannot is not None:
        problem = solve(prompt.texts[-1])
        text = "Answer: -77" if problem is not None and problem.skill == teacher.cannot else text
    text = teacher.instead.get(prompt.schema_name or "", text)
    read = sum(len(tokens(message.content)) for message in asked.messages)
    return {
        "model": teacher.model,
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": read, "completion_tokens": len(tokens(text))},
    }


async def _send(writer: asyncio.StreamWriter, status: int, value: dict[str, Any]) -> bool:
    data = json.dumps(value).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()
    return True


def teacher_file(folder: Path, name: str, **said: Any) -> Path:
    """Write a teacher's file."""
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")
    return path


def stored(root: Path) -> list[dict[str, Any]]:
    """Every reply that a run keeps, with its question."""
    return [json.loads(path.read_bytes()) for path in sorted((root / "replies").rglob("*.json"))]


def expect_every_call_accounted_for(root: Path, *teachers: Loopback) -> None:
    """The servers' logs, the stored replies and the report agree call by call; nothing was answered twice."""
    report = json.loads((root / "report.json").read_text())
    replies = stored(root)
    for teacher in teachers:
        assert len(set(teacher.answered)) == len(teacher.answered), f"{teacher.name} answered a question twice"
        kept = [r for r in replies if (r["reply"]["endpoint"], r["reply"]["model"]) == (teacher.name, teacher.model)]
        assert len(kept) == len(teacher.answered), f"{teacher.name}: {len(teacher.answered)} answered, {len(kept)} kept"
        calls = [u["calls"] for u in report["usage"] if (u["endpoint"], u["model"]) == (teacher.name, teacher.model)]
        assert sum(calls) == len(teacher.answered)
    assert sum(len(t.answered) for t in teachers) == len(replies) == report["totals"]["teacher_calls"]
    by_module = report["usage_by_module"]
    assert sum(u["calls"] for u in by_module) == len(replies)
    assert all(u["role"] and u["endpoint"] and u["model"] for u in by_module)
