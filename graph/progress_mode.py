"""The ways to watch a run. A file of its own, so that the command line can list them before it loads the graph."""

from __future__ import annotations

from typing import Literal

ProgressMode = Literal["auto", "lines", "verbose", "quiet", "json"]
"""A live view on a terminal and lines elsewhere; always lines; lines for all that happens; nothing; lines of JSON."""
