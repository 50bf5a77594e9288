"""The words and marks by which a module's standing and a decision's verdict are shown, on the page and in a terminal.

A mark always goes with its word: colour alone tells a colour-blind reader nothing.
"""

from __future__ import annotations

_MARKS = {
    "mastered": "✓",
    "known": "●",
    "learning": "▸",
    "stalled": "■",
    "regressed": "↓",
    "rolled_back": "↓",
    "remeasured": "⇄",
    "remediate": "↻",
    "bridge": "↗",
    "held_back": "‖",
    "excluded": "×",
    "waiting": "·",
    "unknown": "?",
    "unfinished": "○",
    "ungated": "·",
}


def mark(status: str) -> str:
    """One narrow character for a status or verdict; a small dot for one that has none of its own."""
    return _MARKS.get(status, "·")


def words(name: str) -> str:
    """A snake_case name as words: ``held_back`` is "held back"."""
    return name.replace("_", " ").strip()
