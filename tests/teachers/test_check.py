from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tutelage.errors import TeacherUnreachable
from tutelage.teachers.capabilities import Capabilities, Load, read_load, rows
from tutelage.teachers.check import LEVELS, check_endpoint
from tutelage.teachers.contracts import Endpoint

from .hostile import Answer, completion, hostile, json_answer, refuses

NOTHING = "unknown field"


def server_that(*abilities: str, context: int | None = None, words: Callable[[], str] = lambda: "one two") -> Any:
    """A server with these abilities; it refuses logprobs and n, and accepts and ignores the rest."""

    def answer(body: dict[str, Any]) -> Answer:
        if not body:
            entry = {"id": "m", "max_model_len": context} if context else {"id": "m"}
            return json_answer({"data": [entry, {"id": "spare"}]})
        if body["max_tokens"] > 10_000_000 and "long refusal" in abilities:
            return refuses(400, "This model's maximum context length is 2048 tokens. However, you requested more")
        for name in ("logprobs", "n"):
            if name in body and name not in abilities:
                return refuses(400, f"{NOTHING} {name}")
        said = completion(_text(body, abilities, words))
        choice = said["choices"][0]
        if "reasoning" in abilities:
            choice["message"]["reasoning"] = "hm"
        if body.get("logprobs"):
            choice["logprobs"] = {"content": []}
        said["choices"] = [choice] * body.get("n", 1)
        return json_answer(said)

    return answer


def _text(body: dict[str, Any], abilities: tuple[str, ...], words: Callable[[], str]) -> str:
    kind = body.get("response_format", {}).get("type")
    if kind == "json_schema" and "json_schema" in abilities:
        return json.dumps({"zq": "k7"})
    if kind == "json_object" and "json_object" in abilities:
        return json.dumps({"greeting": "hello"})
    return words()


async def measured(script: Any) -> Capabilities:
    async with hostile(script) as server:
        return await check_endpoint(server.endpoint())


async def test_an_endpoint_that_can_do_everything() -> None:
    found = await measured(server_that("json_schema", "json_object", "logprobs", "n", "reasoning", context=4096))
    assert (found.json_schema, found.json_object, found.logprobs, found.n, found.seed) == ("honoured",) * 5
    assert (found.reasoning_field, found.context_tokens, found.context_told_by) == ("reasoning", 4096, "list of models")
    assert found.models == ("m", "spare")
    assert [(load.concurrency, load.failed) for load in found.loads] == [(level, 0) for level in LEVELS]


async def test_what_is_accepted_is_not_taken_for_honoured() -> None:
    count = iter(range(1000))
    found = await measured(server_that("long refusal", words=lambda: f"words {next(count)}"))
    assert (found.json_schema, found.json_object, found.seed) == ("accepted",) * 3
    assert (found.logprobs, found.n, found.reasoning_field) == ("refused", "refused", None)
    assert (found.context_tokens, found.context_told_by) == (2048, "refusal")


async def test_a_server_in_trouble_leaves_things_unknown_and_its_failures_counted() -> None:
    def broken(body: dict[str, Any]) -> Answer:
        return refuses(500, "engine died") if body else json_answer({"data": [{"id": "m"}]})

    found = await measured(broken)
    assert (found.json_schema, found.n, found.context_tokens) == ("unknown", "unknown", None)
    assert [load.failed for load in found.loads] == list(LEVELS)
    assert rows(found)[-1].measured == "no level without failures"


async def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(TeacherUnreachable):
        await check_endpoint(Endpoint(name="gone", base_url="http://127.0.0.1:9/v1", model="m"))


async def test_the_table_says_what_is_done_about_each_finding() -> None:
    found = await measured(server_that(context=4096))
    table = {row.name: row for row in rows(found)}
    assert "json_object with the schema in the prompt" in table["json_schema"].use
    assert table["context"].measured.startswith("4096 tokens")
    assert all(row.measured for row in table.values())
    assert {"1 at once", "8 at once", "32 at once", "best concurrency"} <= set(table)


def test_the_best_concurrency_is_the_lowest_that_more_would_not_help() -> None:
    found = Capabilities(
        base_url="u", model="m", is_language_model=True, models=("m",), json_schema="honoured", json_object="refused",
        logprobs="unknown", n="refused", seed="accepted", reasoning_field=None, context_tokens=None,
        context_told_by=None,
        loads=(
            Load(concurrency=1, failed=0, latency_s=1.0, tokens_per_second=50.0),
            Load(concurrency=8, failed=0, latency_s=1.1, tokens_per_second=300.0),
            Load(concurrency=32, failed=0, latency_s=4.0, tokens_per_second=320.0),
        ),
    )  # fmt: skip
    assert rows(found)[-1].measured == "8"


def test_a_level_without_an_answer_has_no_latency() -> None:
    assert read_load(8, [], 0, 1.0) == Load(concurrency=8, failed=8, latency_s=None, tokens_per_second=0.0)
