"""Text of models and domains made harmless to look at: no byte of it may steer a terminal or reorder a page."""

from __future__ import annotations

import re

_CONTROL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # a whole terminal sequence, so that its letters do not stay behind
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # the same for titles and links
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    r"|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # direction marks: they can show text in another order
    r"|[\ud800-\udfff]"  # lone surrogates cannot be written as UTF-8
)

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""``text`` with all that could steer a terminal spelled out: escape is shown as the four characters ``\x1b``.

    For whoever looks for what a teacher really said; ``plain_text`` is for whoever wants to read it.
    """
    if text.isprintable():  # most texts are, and asking is cheap
        return text
    return _STEERING.sub(lambda found: found.group().encode("unicode_escape").decode(), text.replace("\r\n", "\n"))


def plain_text(text: str) -> str:
    """``text`` without terminal sequences, control characters (newline and tab stay), direction marks, surrogates."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def one_line(text: str, limit: int | None = None) -> str:
    """``plain_text`` on one line, cut to ``limit`` characters with an ellipsis."""
    line = " ".join(plain_text(text).split())
    return line if limit is None or len(line) <= limit else line[: max(limit - 1, 0)].rstrip() + "…"
