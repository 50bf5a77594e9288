from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tutelage.tracing.reader import (
    Follower,
    ancestors,
    fold,
    open_ends,
    read_spans,
    seconds_by_name,
    wall_seconds,
    whole_lines,
)
from tutelage.tracing.spans import open_tracer


def line(event: str, span: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    known = {"event": event, "span_id": span, "parent_id": parent, "trace_id": "t", "name": f"name {span}"}
    ended = {"end_ns": 2_000_000_000, "status": "UNSET", "error": None} if event == "end" else {}
    return {**known, "start_ns": 1_000_000_000, "attributes": {}, **ended, **more}


def test_the_spans_that_a_tracer_wrote_are_read_back_in_the_order_of_their_starts(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with open_tracer(path, 7) as tracer, tracer.span("outer", "CHAIN", {"a": 1}):
        with tracer.span("inner", "LLM"):
            pass
        spans = read_spans(path)
    assert [(s.name, s.end_ns is None) for s in spans] == [("outer", True), ("inner", False)]
    assert [(s.name, s.end_ns is None) for s in read_spans(path)] == [("outer", False), ("inner", False)]
    assert spans[1].parent == spans[0].id
    assert spans[0].attributes["a"] == 1


def test_no_file_has_no_spans(tmp_path: Path) -> None:
    assert read_spans(tmp_path / "none") == []
    assert wall_seconds(tmp_path / "none") == 0.0


@given(st.data())
def test_wherever_a_kill_cuts_the_file_the_lines_before_it_are_read(data: st.DataObject) -> None:
    lines = [line("start", "a"), line("start", "b", "a"), line("end", "b", "a"), line("end", "a")]
    written = "".join(json.dumps(one) + "\n" for one in lines).encode()
    cut = data.draw(st.integers(0, len(written)))
    whole = written[:cut].count(b"\n")
    read = list(whole_lines(written[:cut]))
    assert read[:whole] == lines[:whole]
    assert len(read) - whole in (0, 1), "a line that only lacks its newline is whole"


def test_an_end_without_its_start_is_a_span_all_the_same() -> None:
    (span,) = fold([line("end", "a", status="ERROR", error="no luck")])
    assert (span.seconds, span.failed, span.error) == (1.0, True, "no luck")


def test_the_innermost_open_spans_are_where_the_run_is() -> None:
    lines = [line("start", "run"), line("start", "x", "run"), line("start", "y", "run"), line("end", "y", "run"),
             line("start", "call", "x")]  # fmt: skip
    spans = fold(lines)
    assert [s.id for s in open_ends(spans)] == ["call"]
    assert [s.id for s in ancestors(spans[-1], {s.id: s for s in spans})] == ["x", "run"]


def test_a_follower_gives_each_line_once_and_waits_for_the_other_half(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    follower = Follower(path)
    assert follower.news() == []
    first, second = (json.dumps(line("start", name)) + "\n" for name in "ab")
    path.write_text(first + second[:20])
    assert [one["span_id"] for one in follower.news()] == ["a"]
    assert follower.news() == []
    path.write_text(first + second)
    assert [one["span_id"] for one in follower.news()] == ["b"]


def timed(name: str, start: int, end: int | None = None) -> str:
    """A line of a file, in seconds."""
    ended: dict[str, Any] = {} if end is None else {"end_ns": end * 10**9}
    event = "start" if end is None else "end"
    return json.dumps(line(event, name, None, name=name, start_ns=start * 10**9, **ended)) + "\n"


def test_seconds_are_summed_by_name_over_spans_that_ended(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    path.write_text(timed("node a", 0, 2) + timed("node a", 5, 6) + timed("node b", 6) + timed("run", 0, 9))
    assert seconds_by_name(path, "node ") == {"a": 3.0}


def test_wall_time_counts_what_every_process_lived_and_not_the_pauses_between(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    killed = timed("run", 0) + timed("node a", 1, 4) + timed("node b", 6)
    path.write_text(killed + timed("run", 100) + timed("node b", 101, 103) + timed("run", 100, 110))
    assert wall_seconds(path) == 6.0 + 10.0
