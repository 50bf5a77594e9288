"""OpenTelemetry spans written to ``spans.jsonl``: a line when a span starts and one when it ends.

A process that is killed leaves the start lines of what it was doing, which is where it died. Nothing leaves the
machine unless the user names a collector (see ``otlp``).
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanContext, StatusCode, TraceFlags, format_span_id, format_trace_id

from tutelage.files import disk_errors
from tutelage.tracing import names

Attribute = str | int | float | bool | Sequence[str] | Sequence[float]

# One encoder for all lines: ``json.dumps`` makes a new one for each.
_as_json = json.JSONEncoder(ensure_ascii=False).encode


class _JsonLines(SpanProcessor):
    """Appends one line per event to an unbuffered file, the one append-only log of a run."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._path = Path(file.name)
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
            if span.events:
                line["events"] = [_event(event) for event in span.events]
        with self._lock:
            self._append((_as_json(line) + "\n").encode())

    def _append(self, line: bytes) -> None:
        """Write a line whole or not at all: what a full disk cut off is taken back."""
        with disk_errors(self._path):
            written = self._file.write(line)
            if written < len(line):
                self._file.truncate(os.fstat(self._file.fileno()).st_size - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _event(event: Event) -> dict[str, Any]:
    return {"name": event.name, "at_ns": event.timestamp, "attributes": dict(event.attributes or {})}


class _Ids(RandomIdGenerator):
    """The trace id of the run for every span, and for its very first span the id that the later ones hang on."""

    def __init__(self, trace_id: int, first: int | None) -> None:
        self._trace_id = trace_id
        self._first = first

    def generate_trace_id(self) -> int:
        return self._trace_id

    def generate_span_id(self) -> int:
        if self._first is None:
            return super().generate_span_id()
        first, self._first = self._first, None
        return first


class Tracer:
    """Opens spans under the run's one trace.

    Args:
        file: Where lines go; unbuffered, for appending.
        trace_id: Of the run, so that a resumed run joins the same tree.
        fresh: Whether the trace has no span yet: the first one is its root, and what later processes do hangs on it.
        export: Where spans go besides.
    """

    def __init__(self, file: BinaryIO, trace_id: int, *, fresh: bool, export: SpanProcessor | None = None) -> None:
        root = trace_id & 0xFFFFFFFFFFFFFFFF or 1
        # Samplers and limits of the environment are for the export; the record of a run is whole.
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create({"service.name": "tutelage"}),
            shutdown_on_exit=False,
            id_generator=_Ids(trace_id, root if fresh else None),
        )
        self._provider.add_span_processor(_JsonLines(file))
        if export is not None:
            self._provider.add_span_processor(export)
        self._tracer = self._provider.get_tracer("tutelage")
        context = SpanContext(trace_id, root, is_remote=True, trace_flags=TraceFlags(1))
        self._root = trace.set_span_in_context(trace.NonRecordingSpan(context))
        self._fresh = fresh

    @contextmanager
    def span(
        self,
        name: str,
        kind: names.Kind,
        attributes: Mapping[str, Attribute | None] | None = None,
    ) -> Iterator[trace.Span]:
        """A span around the block: a child of the one that is open here, or of the run. Errors end it as failed."""
        kept = {key: value for key, value in (attributes or {}).items() if value is not None}
        # No exception events: their stack traces could carry what a teacher said out to a collector.
        with self._tracer.start_as_current_span(
            name, context=self._parent(), attributes={names.SPAN_KIND: kind, **kept}, record_exception=False
        ) as span:
            try:
                yield span
            except asyncio.CancelledError:
                span.set_status(StatusCode.ERROR, "cancelled")
                raise

    def close(self) -> None:
        """Hand the last spans to whoever they are exported to."""
        self._provider.shutdown()

    def _parent(self) -> Context | None:
        if trace.get_current_span().get_span_context().is_valid:
            return None
        fresh, self._fresh = self._fresh, False
        return Context() if fresh else self._root


def note_retry(status: int | None, reason: str) -> None:
    """Note on the teacher call that is open here that an attempt failed and another follows."""
    known = {} if status is None else {names.RETRY_STATUS: status}
    trace.get_current_span().add_event(names.RETRY_EVENT, {**known, names.RETRY_REASON: reason})


def retries(span: trace.Span) -> int:
    """How many retries were noted on a span so far."""
    return sum(e.name == names.RETRY_EVENT for e in span.events) if isinstance(span, ReadableSpan) else 0


@contextmanager
def open_tracer(path: Path, trace_id: int, export: SpanProcessor | None = None) -> Iterator[Tracer]:
    """A tracer that appends to ``path``, after its last whole line: one that a kill cut off is taken away first.

    Raises:
        DiskError: the file cannot be written; so does every span of the tracer.
    """
    with disk_errors(path):
        file = path.open("ab", buffering=0)
    with file:
        written = path.read_bytes()
        if written:
            file.truncate(written.rfind(b"\n") + 1)
        # A fork's file begins with the spans of another trace, the run it was forked from.
        fresh = b'"trace_id": "%032x"' % trace_id not in written
        tracer = Tracer(file, trace_id, fresh=fresh, export=export)
        try:
            yield tracer
        finally:
            tracer.close()
