from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tutelage.tracing.spans import open_tracer, seconds_by_name, span_lines, wall_seconds

TRACE = 0xABCDEF0123456789ABCDEF0123456789


def named(path: Path, name: str, event: str = "end") -> dict[str, Any]:
    (found,) = [line for line in span_lines(path) if line["name"] == name and line["event"] == event]
    return found


def line(name: str, start: int, end: int | None = None) -> str:
    event = {"event": "start" if end is None else "end", "name": name, "start_ns": start * 10**9}
    return json.dumps(event if end is None else {**event, "end_ns": end * 10**9}) + "\n"


def test_a_span_leaves_a_line_when_it_starts_and_one_when_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with open_tracer(path, TRACE) as tracer, tracer.span("outer", {"a": 1, "none": None}):
        assert [(x["event"], x["name"]) for x in span_lines(path)] == [("start", "outer")]
        with tracer.span("inner") as inner:
            inner.set_attribute("late", "ä")
    events = [(x["event"], x["name"]) for x in span_lines(path)]
    assert events == [("start", "outer"), ("start", "inner"), ("end", "inner"), ("end", "outer")]
    assert named(path, "outer")["attributes"] == {"a": 1}
    assert named(path, "inner")["attributes"] == {"late": "ä"}
    assert named(path, "inner")["parent_id"] == named(path, "outer")["span_id"]
    assert named(path, "inner")["end_ns"] >= named(path, "inner")["start_ns"]


def test_the_processes_of_a_run_share_one_trace(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    for name in ("first", "second"):
        with open_tracer(path, TRACE) as tracer, tracer.span(name):
            pass
    assert {x["trace_id"] for x in span_lines(path)} == {f"{TRACE:032x}"}
    assert named(path, "first")["parent_id"] == named(path, "second")["parent_id"]
    assert named(path, "first")["span_id"] != named(path, "second")["span_id"]


def test_a_span_that_an_error_leaves_is_marked_and_the_error_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with (
        open_tracer(path, TRACE) as tracer,
        pytest.raises(ValueError, match="no luck"),
        tracer.span("fails"),
    ):
        raise ValueError("no luck")
    assert named(path, "fails")["status"] == "ERROR"
    assert "no luck" in named(path, "fails")["error"]


async def test_branches_that_run_at_the_same_time_keep_their_own_children(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with open_tracer(path, TRACE) as tracer:

        async def branch(name: str) -> None:
            with tracer.span(name):
                await asyncio.sleep(0)
                with tracer.span(f"{name} child"):
                    await asyncio.sleep(0)

        with tracer.span("root"):
            await asyncio.gather(branch("a"), branch("b"))
    for name in ("a", "b"):
        assert named(path, f"{name} child")["parent_id"] == named(path, name)["span_id"]
        assert named(path, name)["parent_id"] == named(path, "root")["span_id"]


def test_a_line_that_a_kill_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    path.write_text(line("whole", 1, 2) + '{"event": "end", "na')
    assert [x["name"] for x in span_lines(path)] == ["whole"]
    with open_tracer(path, TRACE) as tracer, tracer.span("after"):
        pass
    assert [x["name"] for x in span_lines(path)] == ["whole", "after", "after"]


def test_no_file_has_no_spans(tmp_path: Path) -> None:
    assert span_lines(tmp_path / "none") == []
    assert wall_seconds(tmp_path / "none") == 0.0


def test_seconds_are_summed_by_name_over_spans_that_ended(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    path.write_text(line("node a", 0, 2) + line("node a", 5, 6) + line("node b", 6) + line("run", 0, 9))
    assert seconds_by_name(path, "node ") == {"a": 3.0}


def test_wall_time_counts_what_every_process_lived_and_not_the_pauses_between(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    killed = line("run", 0) + line("node a", 1, 4) + line("node b", 6)
    path.write_text(killed + line("run", 100) + line("node b", 101, 103) + line("run", 100, 110))
    assert wall_seconds(path) == 6.0 + 10.0
