"""What a hostile or broken server does, and how a call to it ends: in bounded time, with all that was paid for kept."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel

from tutelage.errors import TeacherError, TeacherRefused, TeacherStalled, TeacherUnreachable
from tutelage.teachers import transport
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.meter import Meter
from tutelage.teachers.replies import ReplyStore
from tutelage.teachers.structured import ask_structured

from .hostile import Answer, completion, hostile, http, json_answer, question, refuses, says

LONGEST_S = 5.0
SMALL = 100_000
GOOD = says("Answer: 2")
BODY = json.dumps(completion("Answer: 2")).encode()
QUICK = {"max_retries": 0}
# The first question is answered within this, however busy the machine is.
SHORT = {"timeout_s": 1, "max_retries": 0}


@dataclass(frozen=True)
class Case:
    """A server's answers to the second question on (the first one is answered well), and how that one ends.

    Attributes:
        ends: The reply's text, or the error.
        says: What the error's text must match.
        settings: The endpoint's.
    """

    name: str
    answers: tuple[Answer, ...]
    ends: str | type[TeacherError]
    says: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


def lying(length: object, body: bytes = BODY) -> Answer:
    return Answer(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n".encode() + body)


def chunked(body: bytes) -> Answer:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    return Answer(head + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")


LIMITED = refuses(429, "slow down")
CASES = (
    Case("429 for ever", (LIMITED,), TeacherStalled, "no reply to any call for 1 s", {**SHORT, "stall_s": 1}),
    Case(
        "429 for ever, with a time", (refuses(429, "slow down", Retry_After="0.1"),), TeacherStalled, "429: slow down",
        {**SHORT, "stall_s": 1},
    ),
    Case("a storm of 429 that passes", (*[refuses(429, "x", Retry_After="0")] * 3, GOOD), "Answer: 2", "", QUICK),
    Case("429 until tomorrow", (refuses(429, "x", Retry_After="86400"),), TeacherStalled, "86400 s"),
    Case("an empty account", (refuses(429, "pay", "insufficient_quota"),), TeacherRefused, "account is empty"),
    Case("500s", (refuses(500, "engine died"),), TeacherUnreachable, "2 attempts .500: engine died"),
    Case("a 500 that passes", (refuses(500, "engine died"), GOOD), "Answer: 2"),
    Case("a 500 that is no JSON", (http(500, b"<html>"),), TeacherUnreachable, "500", QUICK),
    Case("a reset in mid-body", (Answer(GOOD.data[:-30], reset=True),), TeacherUnreachable, "no reply", QUICK),
    Case("no bytes at all", (Answer(b"", reset=True),), TeacherUnreachable, "no reply", QUICK),
    Case("a reply after the timeout", (Answer(GOOD.data, after_s=9),), TeacherUnreachable, "within 1 s", SHORT),
    Case("a slow drip", (Answer(GOOD.data, drip_s=0.02),), TeacherUnreachable, "within 1 s", SHORT),
    Case("truncated JSON", (http(200, BODY[:-20]),), TeacherUnreachable, "cannot be read", QUICK),
    Case("JSON nested without end", (http(200, b"[" * 90_000),), TeacherUnreachable, "cannot be read", QUICK),
    Case("oversized JSON", (says("a" * SMALL),), TeacherUnreachable, "longer than", QUICK),
    Case("oversized JSON in chunks", (chunked(b"a" * 2 * SMALL),), TeacherUnreachable, "longer than", QUICK),
    Case("an oversized error", (refuses(500, "a" * SMALL),), TeacherUnreachable, "longer than", QUICK),
    Case("a gzip bomb", (http(200, gzip.compress(b"a" * SMALL), Content_Encoding="gzip"),), TeacherUnreachable,
         "compressed", QUICK),
    Case("empty choices", (json_answer({"choices": []}),), ""),
    Case("no content", (says(None),), ""),
    Case("another model echoed", (GOOD,), "Answer: 2"),
    Case("a byte that is no UTF-8 in the text", (http(200, BODY.replace(b"Answer", b"\xffnswer")),), "\ufffdnswer: 2"),
    Case("bytes that are no UTF-8", (http(200, b"\xff\xfe\x00"),), TeacherUnreachable, "cannot be read", QUICK),
    Case("a Content-Length too long", (lying(len(BODY) + 99),), TeacherUnreachable, "no reply", QUICK),
    Case("a Content-Length too short", (lying(len(BODY) - 20),), TeacherUnreachable, "no reply", QUICK),
    Case("a Content-Length without end", (lying(10**15),), TeacherUnreachable, "no reply", QUICK),
    Case("a Content-Length that is none", (lying("many"),), TeacherUnreachable, "no reply", QUICK),
    Case("no HTTP", (Answer(b"SSH-2.0-OpenSSH_9.6\r\n"),), TeacherUnreachable, "no reply", QUICK),
    Case("headers without end", (Answer(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000),), TeacherUnreachable,
         "no reply", QUICK),
    Case("a redirection elsewhere", (http(307, b"", Location="http://127.0.0.1:9/v1"),), TeacherRefused,
         "correct base_url"),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_every_case_ends_as_stated_in_bounded_time_with_all_that_was_paid_for_kept(
    case: Case, store: ReplyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LONGEST_BODY", SMALL)
    meter, texts = Meter(), ["before"]
    async with hostile(says("before"), *case.answers) as server:
        endpoint = server.endpoint(**case.settings)
        async with OpenAITeacher(endpoint, store, meter) as teacher:
            await teacher.ask(question("first"))
            began = time.monotonic()
            if isinstance(case.ends, str):
                reply = await teacher.ask(question())
                texts.append(case.ends)
                assert (reply.text, reply.endpoint) == (case.ends, "loopback")
            else:
                with pytest.raises(case.ends, match=case.says) as caught:
                    await teacher.ask(question())
                assert caught.value.exit_code == 4
                assert caught.value.do
            assert time.monotonic() - began < LONGEST_S
    assert sorted(stored.reply.text for stored in store) == sorted(texts)
    assert Meter.from_store(store).totals == meter.totals
    assert meter.totals.calls == len(texts)


class Fruit(BaseModel):
    name: str


async def test_a_reply_of_the_wrong_shape_is_a_typed_failure_with_both_replies_kept(store: ReplyStore) -> None:
    async with hostile(says('{"colour": "red"}')) as server:
        async with OpenAITeacher(server.endpoint(), store, Meter()) as teacher:
            answer = await ask_structured(teacher, question(schema_name="s", json_schema={"type": "object"}), Fruit)
        assert len(server.bodies) == 2
    assert answer.failure is not None
    assert answer.failure.reason == "schema"
    assert sorted(stored.reply.call_id for stored in store) == sorted(reply.call_id for reply in answer.replies)


async def test_another_model_is_recorded_as_the_one_that_answered(store: ReplyStore) -> None:
    async with (
        hostile(json_answer({**completion("2"), "model": "cheaper"})) as server,
        OpenAITeacher(server.endpoint(), store, Meter()) as teacher,
    ):
        assert (await teacher.ask(question())).model == "cheaper"
