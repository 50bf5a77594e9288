"""Measuring what an endpoint can do, with about fifty short calls. Costs little; ``run`` does only the probe."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Literal

from tutelage.teachers.advice import context_limit, is_context_refusal
from tutelage.teachers.capabilities import (
    Capabilities,
    Load,
    Support,
    choices,
    completion_tokens,
    message,
    read_load,
    read_object,
    text,
)
from tutelage.teachers.connection import Connection
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.probe import probe_entries
from tutelage.teachers.retry import Failure
from tutelage.teachers.wire import Dialect

LEVELS = (1, 8, 32)
_SHORT = 64
# What no model says unless it is made to.
_ODD_SCHEMA = {
    "type": "object",
    "properties": {"zq": {"type": "string", "enum": ["k7"]}},
    "required": ["zq"],
    "additionalProperties": False,
}
_ODD_ANSWER = {"zq": "k7"}
_NO_MODEL_HAS_THIS_MUCH = 100_000_000

Body = dict[str, Any]


async def check_endpoint(endpoint: Endpoint) -> Capabilities:
    """Measure an endpoint. What it refuses is a finding, not an error.

    Raises:
        TeacherUnreachable: nothing answers there.
        TeacherRefused: it answers, but refuses to list its models (a wrong key, mostly).
        TeacherModelMissing: the named model is not served, or none is named and there is not exactly one.
    """
    named, models = await probe_entries(endpoint.model_copy(update={"context_tokens": None}))
    told = named.context_tokens
    connection = Connection(named)
    try:
        asker = _Asker(connection, named)
        thought = await asker.ask("What is 17 times 23? Think it through.", 4 * _SHORT)
        refused_at = None if told else await _refused_length(asker)
        return Capabilities(
            base_url=named.base_url,
            model=named.model or "",
            is_language_model=named.is_language_model,
            models=models,
            json_schema=await _json_schema(asker),
            json_object=await _json_object(asker),
            logprobs=await _logprobs(asker),
            n=await _n(asker),
            seed=await _seed(asker),
            reasoning_field=_reasoning_field(thought),
            context_tokens=told or refused_at,
            context_told_by="list of models" if told else "refusal" if refused_at else None,
            loads=tuple([await _load(asker, level) for level in LEVELS]),
        )
    finally:
        await connection.close()


class _Asker:
    """Sends one question with any further parameters; learns how this endpoint wants its limit named."""

    def __init__(self, connection: Connection, endpoint: Endpoint) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._dialect = Dialect()

    async def ask(self, question: str, max_tokens: int = _SHORT, **more: Any) -> Body | Failure:
        """The body, or why there is none."""
        sent = {
            "model": self._endpoint.model,
            "messages": [{"role": "user", "content": question}],
            self._dialect.max_tokens: max_tokens,
            **more,
        }
        if self._endpoint.extra_body:
            sent["extra_body"] = self._endpoint.extra_body
        answer = await self._connection.complete(sent)
        if isinstance(answer, bytes):
            return _read(answer)
        if self._dialect.wants_other_limit(answer):
            self._dialect = self._dialect.with_other_limit()
            return await self.ask(question, max_tokens, **more)
        return answer


def _read(body: bytes) -> Body | Failure:
    value = read_object(body.decode("utf-8", "replace"))
    return Failure(status=None, message="the reply cannot be read") if value is None else value


def _support(answer: Body | Failure, honoured: bool) -> Support:
    if isinstance(answer, Failure):
        return "refused" if answer.is_final else "unknown"
    return "honoured" if honoured else "accepted"


async def _json_schema(asker: _Asker) -> Support:
    wanted = {"type": "json_schema", "json_schema": {"name": "odd", "schema": _ODD_SCHEMA, "strict": True}}
    answer = await asker.ask("Greet me, in JSON.", response_format=wanted)
    return _support(answer, read_object(text(_body(answer))) == _ODD_ANSWER)


async def _json_object(asker: _Asker) -> Support:
    answer = await asker.ask("Greet me in one friendly sentence. (JSON)", response_format={"type": "json_object"})
    return _support(answer, read_object(text(_body(answer))) is not None)


async def _logprobs(asker: _Asker) -> Support:
    answer = await asker.ask("Say yes.", logprobs=True)
    found = choices(_body(answer))
    return _support(answer, bool(found and found[0].get("logprobs")))


async def _n(asker: _Asker) -> Support:
    answer = await asker.ask("Name a colour.", n=2, temperature=1.0)
    return _support(answer, len(choices(_body(answer))) == 2)


async def _seed(asker: _Asker) -> Support:
    """Whether a sampled answer comes back the same with the same seed."""
    question = "Write eight random words."
    first = await asker.ask(question, seed=7, temperature=1.0)
    second = await asker.ask(question, seed=7, temperature=1.0)
    said = text(_body(first))
    return _support(first, bool(said) and said == text(_body(second)))


def _reasoning_field(answer: Body | Failure) -> Literal["reasoning", "reasoning_content"] | None:
    said = message(_body(answer))
    if said.get("reasoning"):
        return "reasoning"
    return "reasoning_content" if said.get("reasoning_content") else None


async def _refused_length(asker: _Asker) -> int | None:
    """The context length as the server names it when it is asked for far too much."""
    answer = await asker.ask("Say yes.", _NO_MODEL_HAS_THIS_MUCH)
    if isinstance(answer, Failure) and is_context_refusal(answer):
        return context_limit(answer.message)
    return None


async def _load(asker: _Asker, concurrency: int) -> Load:
    async def one(number: int) -> tuple[float, int] | None:
        began = time.monotonic()
        answer = await asker.ask(f"Tell me a short story about the number {concurrency * 100 + number}.")
        if isinstance(answer, Failure):
            return None
        return time.monotonic() - began, completion_tokens(answer)

    began = time.monotonic()
    found = await asyncio.gather(*(one(number) for number in range(concurrency)))
    wall_s = time.monotonic() - began
    answered = [pair for pair in found if pair is not None]
    return read_load(concurrency, [seconds for seconds, _ in answered], sum(n for _, n in answered), wall_s)


def _body(answer: Body | Failure) -> Body | None:
    return None if isinstance(answer, Failure) else answer
