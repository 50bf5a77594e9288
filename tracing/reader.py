"""Reads spans back: of a run that is done, is being written, or was killed in the middle of a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tutelage.tracing import names

Line = Mapping[str, Any]
_TOLD = frozenset({"event", "name", "trace_id", "span_id", "parent_id", "start_ns", "attributes"})
"""What every line of a span says, at its start and at its end."""


@dataclass(frozen=True, slots=True)
class Span:
    """One span. ``end_ns`` is None while it is open, for ever where its process was killed."""

    id: str
    parent: str | None
    trace: str
    name: str
    start_ns: int
    end_ns: int | None = None
    status: str = "UNSET"
    error: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Line, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it is open."""
        return None if self.end_ns is None else (self.end_ns - self.start_ns) / 1e9

    @property
    def failed(self) -> bool:
        """Whether an error ended it."""
        return self.status == "ERROR"


def read_spans(path: Path) -> list[Span]:
    """All spans of a file, in the order they started."""
    return fold(span_lines(path))


def span_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a span file, in order; none where it is not there."""
    return list(lines_of_spans(path.read_bytes())) if path.exists() else []


def lines_of_spans(data: bytes) -> Iterator[dict[str, Any]]:
    """The whole lines that tell of a span; what somebody else left among them is passed over."""
    return (line for line in whole_lines(data) if line.keys() >= _TOLD)


def whole_lines(data: bytes) -> Iterator[dict[str, Any]]:
    """The objects of JSON Lines; a line that is being written, or that a kill cut off, is left out."""
    for raw in data.split(b"\n"):
        if raw:
            try:
                value = json.loads(raw)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                yield value


def fold(lines: Iterable[Line]) -> list[Span]:
    """The spans that start and end lines tell of, in the order of their starts."""
    found: dict[str, Span] = {}
    for line in lines:
        found[line["span_id"]] = as_span(line)
    return list(found.values())


def as_span(line: Line) -> Span:
    """A line as the span it tells of, as far as it knows."""
    return Span(
        id=line["span_id"],
        parent=line["parent_id"],
        trace=line["trace_id"],
        name=line["name"],
        start_ns=line["start_ns"],
        end_ns=line.get("end_ns"),
        status=line.get("status") or "UNSET",
        error=line.get("error"),
        attributes=line["attributes"],
        events=tuple(line.get("events") or ()),
    )


def ancestors(span: Span, by_id: Mapping[str, Span]) -> Iterator[Span]:
    """What a span is within, from its parent to the root."""
    parent = span.parent
    while parent is not None and parent in by_id:
        yield by_id[parent]
        parent = by_id[parent].parent


def open_ends(spans: Sequence[Span]) -> list[Span]:
    """The innermost open spans: where a run is, or where it died."""
    holding = {span.parent for span in spans if span.end_ns is None}
    return [span for span in spans if span.end_ns is None and span.id not in holding]


class Follower:
    """Gives the lines that were added to a span file since it was last asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def news(self) -> list[Line]:
        """The whole lines since the last call; half a line waits for its other half."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            if file.seek(0, 2) < self._offset:  # a resumed run took back a line that a kill had cut off
                self._offset = 0
            file.seek(self._offset)
            data = file.read()
        end = data.rfind(b"\n") + 1
        self._offset += end
        return list(lines_of_spans(data[:end]))


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
    return alive_seconds(span_lines(path))


def alive_seconds(lines: Iterable[Line]) -> float:
    """The same of lines that were read already: all of a file's, or its first ones."""
    total, begun, latest = 0.0, None, 0
    for line in lines:
        if line["event"] == "start" and line["name"] == names.RUN:
            total += 0.0 if begun is None else (latest - begun) / 1e9
            begun = line["start_ns"]
        latest = max(latest, line.get("end_ns") or line["start_ns"])
    return total + (0.0 if begun is None else (latest - begun) / 1e9)
