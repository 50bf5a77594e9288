"""Lines on a stream whose reader may go away."""

from __future__ import annotations

from typing import TextIO


class LineStream:
    """Writes whole lines. A reader that goes away (``| head``) ends the lines, not the run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone = False

    def write(self, line: str) -> None:
        """Write one line, with what the stream's encoding lacks spelled out, and flush it."""
        if self._gone:
            return
        encoding = self._stream.encoding or "utf-8"
        text = f"{line}\n".encode(encoding, "backslashreplace").decode(encoding)
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: the stream was closed
            self._gone = True
