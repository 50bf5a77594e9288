"""OpenTelemetry spans written to ``spans.jsonl``: a line when a span starts and one when it ends.

A process that is killed leaves the start lines of what it was doing, which is where it died. Nothing is exported off
the machine.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.trace import SpanContext, TraceFlags, format_span_id, format_trace_id

from tutelage.files import disk_errors

Attribute = str | int | float | bool


class _JsonLines(SpanProcessor):
    """Appends one line per event to an unbuffered file, the one append-only log of a run."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self._write("start", span)

    def on_end(self, span: ReadableSpan) -> None:
        self._write("end", span)

    def _write(self, event: str, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is None:
            return
        line: dict[str, Any] = {
            "event": event,
            "name": span.name,
            "trace_id": format_trace_id(context.trace_id),
            "span_id": format_span_id(context.span_id),
            "parent_id": None if span.parent is None else format_span_id(span.parent.span_id),
            "start_ns": span.start_time,
            "attributes": dict(span.attributes or {}),
        }
        if event == "end":
            line["end_ns"] = span.end_time
            line["status"] = span.status.status_code.name
            line["error"] = span.status.description
        with self._lock:
            self._append((json.dumps(line, ensure_ascii=False) + "\n").encode())

    def _append(self, line: bytes) -> None:
        """Write a line whole or not at all: what a full disk cut off is taken back."""
        with disk_errors(Path(self._file.name)):
            end = os.fstat(self._file.fileno()).st_size
            if self._file.write(line) < len(line):
                self._file.truncate(end)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Tracer:
    """Opens spans under the run's one trace.

    Args:
        file: Where lines go; unbuffered, for appending.
        trace_id: Of the run, so that a resumed run joins the same tree.
    """

    def __init__(self, file: BinaryIO, trace_id: int) -> None:
        provider = TracerProvider(resource=Resource.create({"service.name": "tutelage"}), shutdown_on_exit=False)
        provider.add_span_processor(_JsonLines(file))
        self._tracer = provider.get_tracer("tutelage")
        root = SpanContext(trace_id, trace_id & 0xFFFFFFFFFFFFFFFF, is_remote=True, trace_flags=TraceFlags(1))
        self._root = trace.set_span_in_context(trace.NonRecordingSpan(root))

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, Attribute | None] | None = None) -> Iterator[trace.Span]:
        """A span around the block: a child of the one that is open here, or of the run. Errors end it as failed."""
        inside = trace.get_current_span().get_span_context().is_valid
        kept = {key: value for key, value in (attributes or {}).items() if value is not None}
        context = None if inside else self._root
        with self._tracer.start_as_current_span(name, context=context, attributes=kept) as span:
            yield span


@contextmanager
def open_tracer(path: Path, trace_id: int) -> Iterator[Tracer]:
    """A tracer that appends to ``path``, after its last whole line: one that a kill cut off is taken away first.

    Raises:
        DiskError: the file cannot be written; so does every span of the tracer.
    """
    with disk_errors(path):
        file = path.open("ab", buffering=0)
    with file:
        if path.stat().st_size:
            file.truncate(path.read_bytes().rfind(b"\n") + 1)
        yield Tracer(file, trace_id)


def span_lines(path: Path) -> list[dict[str, Any]]:
    """All whole lines of a span file; a last line cut off by a kill is left out."""
    if not path.exists():
        return []
    lines = []
    for raw in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        if raw.strip():
            try:
                lines.append(json.loads(raw))
            except json.JSONDecodeError:
                continue
    return lines


def seconds_by_name(path: Path, prefix: str) -> dict[str, float]:
    """Seconds spent in ended spans whose name starts with ``prefix``, by the rest of the name."""
    sums: dict[str, float] = {}
    for line in span_lines(path):
        if line["event"] == "end" and line["name"].startswith(prefix):
            key = line["name"][len(prefix) :]
            sums[key] = sums.get(key, 0.0) + (line["end_ns"] - line["start_ns"]) / 1e9
    return sums


def wall_seconds(path: Path) -> float:
    """Seconds that the run's processes were alive: each from its first line to its last, killed ones included."""
    total, begun, latest = 0.0, None, 0
    for line in span_lines(path):
        if line["event"] == "start" and line["name"] == "run":
            total += 0.0 if begun is None else (latest - begun) / 1e9
            begun = line["start_ns"]
        latest = max(latest, line.get("end_ns") or line["start_ns"])
    return total + (0.0 if begun is None else (latest - begun) / 1e9)
