"""Reads spans back: of a run that is done, is being written, or was killed in the middle of a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]


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
    return fold(whole_lines(path.read_bytes())) if path.exists() else []


def whole_lines(data: bytes) -> Iterator[Line]:
    """The lines that are whole; one that is being written, or that a kill cut off, is left out."""
    for raw in data.split(b"\n"):
        if raw:
            try:
                yield json.loads(raw)
            except ValueError:
                continue


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
        return list(whole_lines(data[:end]))
