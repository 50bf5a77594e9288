"""Progress as JSON lines, for programs: every event as it comes, and how the run ended."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from tutelage.graph.live_stream import LineStream
from tutelage.graph.progress import Event

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class JsonProgress:
    """One JSON object a line: ``time`` (UTC), ``event`` (the event's name in snake case) and the event's fields.

    Everything is escaped to ASCII, so that no byte of a model's or a domain's text can steer a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._out = LineStream(stream)
        self._lock = threading.Lock()

    def emit(self, event: Event) -> None:
        """Write the event."""
        self.say(_CAPITAL.sub("_", type(event).__name__).lower(), event.model_dump(mode="json"))

    def say(self, event: str, fields: Mapping[str, Any]) -> None:
        """Write what is no event of the run, such as its result."""
        record = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **fields}
        with self._lock:
            self._out.write(json.dumps(record))
