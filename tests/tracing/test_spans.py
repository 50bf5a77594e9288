from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tutelage.tracing.reader import span_lines
from tutelage.tracing.spans import note_retry, open_tracer, retries

TRACE = 0xABCDEF0123456789ABCDEF0123456789


def named(path: Path, name: str, event: str = "end") -> dict[str, Any]:
    (found,) = [line for line in span_lines(path) if line["name"] == name and line["event"] == event]
    return found


def test_a_span_leaves_a_line_when_it_starts_and_one_when_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with open_tracer(path, TRACE) as tracer, tracer.span("outer", "CHAIN", {"a": 1, "none": None}):
        assert [(x["event"], x["name"]) for x in span_lines(path)] == [("start", "outer")]
        with tracer.span("inner", "CHAIN") as inner:
            inner.set_attribute("late", "ä")
    events = [(x["event"], x["name"]) for x in span_lines(path)]
    assert events == [("start", "outer"), ("start", "inner"), ("end", "inner"), ("end", "outer")]
    assert named(path, "outer")["attributes"] == {"openinference.span.kind": "CHAIN", "a": 1}
    assert named(path, "inner")["attributes"]["late"] == "ä"
    assert named(path, "inner")["parent_id"] == named(path, "outer")["span_id"]
    assert named(path, "inner")["end_ns"] >= named(path, "inner")["start_ns"]


def test_the_processes_of_a_run_share_one_trace(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    for name in ("first", "second"):
        with open_tracer(path, TRACE) as tracer, tracer.span(name, "CHAIN"):
            pass
    assert {x["trace_id"] for x in span_lines(path)} == {f"{TRACE:032x}"}
    assert named(path, "first")["parent_id"] is None
    assert named(path, "second")["parent_id"] == named(path, "first")["span_id"]


def test_a_fork_s_trace_has_a_root_of_its_own_after_the_lines_it_shares(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    for trace_id, name in ((TRACE, "shared"), (TRACE + 1, "branch"), (TRACE + 1, "resumed")):
        with open_tracer(path, trace_id) as tracer, tracer.span(name, "AGENT"):
            pass
    assert named(path, "branch")["parent_id"] is None
    assert named(path, "branch")["trace_id"] == f"{TRACE + 1:032x}"
    assert named(path, "resumed")["parent_id"] == named(path, "branch")["span_id"]


def test_the_environment_cannot_thin_out_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    path = tmp_path / "spans.jsonl"
    with open_tracer(path, TRACE) as tracer, tracer.span("kept", "CHAIN"):
        pass
    assert named(path, "kept")


async def test_a_cancelled_span_says_so(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with open_tracer(path, TRACE) as tracer:

        async def wait() -> None:
            with tracer.span("waits", "CHAIN"):
                await asyncio.sleep(60)

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert (named(path, "waits")["status"], named(path, "waits")["error"]) == ("ERROR", "cancelled")


def test_a_retry_is_an_event_of_the_call_that_is_open(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with open_tracer(path, TRACE) as tracer, tracer.span("call", "LLM") as span:
        assert retries(span) == 0
        note_retry(503, "busy")
        note_retry(None, "no reply")
        assert retries(span) == 2
    (first, second) = named(path, "call")["events"]
    assert first["attributes"] == {"http.response.status_code": 503, "tutelage.reason": "busy"}
    assert second["attributes"] == {"tutelage.reason": "no reply"}


def test_a_span_that_an_error_leaves_is_marked_and_the_error_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with (
        open_tracer(path, TRACE) as tracer,
        pytest.raises(ValueError, match="no luck"),
        tracer.span("fails", "CHAIN"),
    ):
        raise ValueError("no luck")
    assert named(path, "fails")["status"] == "ERROR"
    assert "no luck" in named(path, "fails")["error"]


async def test_branches_that_run_at_the_same_time_keep_their_own_children(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with open_tracer(path, TRACE) as tracer:

        async def branch(name: str) -> None:
            with tracer.span(name, "CHAIN"):
                await asyncio.sleep(0)
                with tracer.span(f"{name} child", "CHAIN"):
                    await asyncio.sleep(0)

        with tracer.span("root", "CHAIN"):
            await asyncio.gather(branch("a"), branch("b"))
    for name in ("a", "b"):
        assert named(path, f"{name} child")["parent_id"] == named(path, name)["span_id"]
        assert named(path, name)["parent_id"] == named(path, "root")["span_id"]


def test_a_line_that_a_kill_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    whole = {"event": "start", "name": "whole", "trace_id": "t", "span_id": "s", "parent_id": None, "start_ns": 1}
    path.write_text(json.dumps({**whole, "attributes": {}}) + '\n{"event": "end", "na')
    assert [x["name"] for x in span_lines(path)] == ["whole"]
    with open_tracer(path, TRACE) as tracer, tracer.span("after", "CHAIN"):
        pass
    assert [x["name"] for x in span_lines(path)] == ["whole", "after", "after"]
