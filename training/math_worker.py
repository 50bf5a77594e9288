"""The helper's side: ``python -m tutelage.training.math_worker``. One JSON question a line, one word a reply.

It ends when its stdin closes, so it needs nothing else to die with its parent.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from math_verify import parse, verify

_SECONDS = 3


def main() -> None:
    """Answer questions until stdin closes."""
    for line in sys.stdin:
        question: dict[str, str] = json.loads(line)
        sys.stdout.write(answer(question.get("response"), question["reference"]) + "\n")
        sys.stdout.flush()


def answer(response: str | None, reference: str) -> str:
    """A grade; without a response, whether the reference is readable ("right") or not ("unparseable")."""
    expected = read(reference)
    if not expected:
        return "unparseable"
    if response is None:
        return "right"
    found = read(response)
    if not found:
        return "unparseable"
    return "right" if verify(expected, found, timeout_seconds=_SECONDS) else "wrong"


def read(text: str) -> list[Any]:
    """The expressions of a text; bare LaTeX or powers are read as mathematics, bare words are not."""
    found: list[Any] = parse(text, parsing_timeout=_SECONDS)
    if not found and any(mark in text for mark in "\\^_{"):
        found = parse(f"${text}$", parsing_timeout=_SECONDS)
    return found


if __name__ == "__main__":
    main()
