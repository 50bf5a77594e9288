"""A traced teacher before a server that answers badly: what the trace tells of it, and what it never tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.teachers.hostile import hostile, question, refuses, says
from tutelage.graph.traced import TracedTeacher
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.meter import Meter
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing import names
from tutelage.tracing.reader import span_lines
from tutelage.tracing.spans import open_tracer

KEY = "sk-very-secret-key-0123456789"


def calls(path: Path) -> list[dict[str, Any]]:
    return [line for line in span_lines(path) if line["event"] == "end" and line["name"].startswith(names.TEACHER)]


async def test_readings_from_the_store_are_told_and_add_up_with_the_meter_and_the_server(tmp_path: Path) -> None:
    meter, path = Meter(), tmp_path / "spans.jsonl"
    async with hostile(says("two")) as server:
        endpoint = server.endpoint()
        with open_tracer(path, 1) as tracer:
            async with OpenAITeacher(endpoint, ReplyStore(tmp_path / "replies"), meter) as teacher:
                for _ in range(3):
                    await TracedTeacher(teacher, tracer, endpoint).ask(question())
        asked = len(server.bodies)
    read = [c["attributes"][names.CACHED] for c in calls(path)]
    assert read == [False, True, True]
    assert (meter.totals.calls, meter.totals.cached, asked) == (1, 2, 1)


async def test_neither_a_key_nor_a_body_comes_into_the_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutelage.teachers.retry.FIRST_DELAY_S", 0.001)
    monkeypatch.setenv("MY_KEY", KEY)
    path = tmp_path / "spans.jsonl"
    async with hostile(refuses(503, f"no such key {KEY}"), says(f"your key is {KEY}")) as server:
        endpoint = server.endpoint(api_key_env="MY_KEY")
        with open_tracer(path, 1) as tracer:
            async with OpenAITeacher(endpoint, ReplyStore(tmp_path / "replies"), Meter()) as teacher:
                await TracedTeacher(teacher, tracer, endpoint).ask(question("What is the question?"))
        assert KEY in server.headers[-1]
    text = path.read_text()
    for hidden in (KEY, "uthorization", "Bearer", "What is the question?", "your key is"):
        assert hidden not in text
    assert json.loads(text.splitlines()[-1])["attributes"][names.CALL_ID]
