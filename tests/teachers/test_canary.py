"""A key is sent to its endpoint and appears nowhere else, whatever the server does with it."""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path

import pytest

from tutelage.errors import TeacherError
from tutelage.graph.traced import TracedTeacher
from tutelage.teachers.cache import ReplyCache
from tutelage.teachers.client import OpenAITeacher, probe_endpoint
from tutelage.teachers.meter import Meter
from tutelage.teachers.pool import PoolTeacher
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing.spans import open_tracer

from .hostile import Answer, completion, hostile, http, json_answer, question, refuses, says

CANARY = "sk-canary-0123456789"
ECHO = f"you sent {CANARY}"
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in CANARY)
BODY = json.dumps(completion("@", reasoning="@")).replace("@", ESCAPED).encode()

CASES = {
    "in the text": says(ECHO, reasoning=ECHO, finish_reason=CANARY),
    "in the text, escaped": http(200, BODY),
    "as the model": json_answer({**completion("2"), "model": CANARY}),
    "in a refusal": refuses(401, ECHO, CANARY),
    "in a refusal, escaped": http(401, b'{"error": {"message": "' + ESCAPED.encode() + b'"}}'),
    "in an error": refuses(500, ECHO),
    "in an error that is no JSON": http(502, f"<html>{ECHO}</html>".encode()),
    "in a throttle": refuses(429, ECHO, Retry_After="9999"),
    "in a reply that is no JSON": http(200, ECHO.encode()),
    "in a header": json_answer(completion("2"), X_Echo=CANARY),
    "in a header of an error": refuses(500, "no", X_Echo=CANARY),
    "in the status line": Answer(f"HTTP/1.1 500 {CANARY}\r\nContent-Length: 0\r\n\r\n".encode()),
    "in a redirection": http(307, b"", Location=f"http://127.0.0.1:9/{CANARY}"),
    "in bytes that are no HTTP": Answer(f"{ECHO}\r\n\r\n".encode()),
    "in a header that cannot be": Answer(f"HTTP/1.1 200 OK\r\nContent-Length: {CANARY}\r\n\r\n".encode()),
    "in a reply that is cut": Answer(http(200, ECHO.encode() * 9).data[:-5], reset=True),
}


def has_canary(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return any(CANARY in path.read_text() for path in files)


@pytest.mark.parametrize("answer", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("pooled", [False, True], ids=["alone", "pooled"])
async def test_a_key_that_a_server_repeats_appears_in_no_file_log_error_or_trace(
    answer: Answer,
    pooled: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CANARY_KEY", CANARY)
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    async with hostile(answer) as server:
        endpoint = server.endpoint(api_key_env="CANARY_KEY", max_retries=0)
        alone = OpenAITeacher(endpoint, ReplyStore(tmp_path / "run"), Meter(), ReplyCache(tmp_path / "cache"))
        with open_tracer(tmp_path / "spans.jsonl", 1) as tracer:
            async with PoolTeacher("p", [alone]) if pooled else alone as teacher:
                try:
                    said.append(repr(await TracedTeacher(teacher, tracer, endpoint).ask(question())))
                except TeacherError as error:
                    said += [error.line, *traceback.format_exception(error)]
                said.append(repr(teacher))
        assert any(f"Bearer {CANARY}" in head for head in server.headers)
    assert said
    assert CANARY not in "".join(said)
    assert CANARY not in caplog.text
    assert not has_canary(tmp_path)


async def test_a_key_among_the_models_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_KEY", CANARY)
    entries = json.dumps({"data": [{"id": "a"}, {"id": "@"}]}).replace("@", ESCAPED).encode()
    async with hostile(http(200, entries)) as server:
        with pytest.raises(TeacherError, match="it serves") as caught:
            await probe_endpoint(server.endpoint(api_key_env="CANARY_KEY"))
    assert CANARY not in caught.value.line
