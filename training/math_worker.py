"""The helper's side: ``python -m tutelage.training.math_worker``. One JSON question a line, one word a reply.

It ends when its stdin closes, so it needs nothing else to die with its parent.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from math_verify import parse, verify

_SECONDS = 3
_MARKED = re.compile(r"\$|\\\(|\\\[|\\boxed|\n")
# A word between two answers is no unit.
_UNIT = re.compile(r"\\(?:text|mathrm)\{(?!\s*(?:or|and)\b)[^{}]*\}")
_OPERATOR = re.compile(r"[\\^_+*/=(-]")
# Four letters that are no LaTeX command: prose. Three may be a function or a product of variables.
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4,}")


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
    # math-verify takes "8 \\text{ km/h} \\times 5 \\text{ hours} = 40 \\text{ km}" for something other than 40.
    readings = [response] if "\\text" in reference else list(dict.fromkeys([response, _UNIT.sub("", response)]))
    found = [expressions for text in readings if (expressions := read(text))]
    if not found:
        return "unparseable"
    right = any(verify(expected, expressions, timeout_seconds=_SECONDS) for expressions in found)
    return "right" if right else "wrong"


def read(text: str) -> list[Any]:
    """The expressions of a text.

    math-verify reads an expression whole only between dollars, and of bare "x^2 + 1" takes the 1. So a bare line
    of mathematics, as an answer line usually is, gets its dollars here; prose does not.
    """
    found: list[Any] = parse(f"${text}$" if _bare_mathematics(text) else text, parsing_timeout=_SECONDS)
    return found


def _bare_mathematics(text: str) -> bool:
    return not _MARKED.search(text) and not _WORD.search(text) and bool(_OPERATOR.search(text))


if __name__ == "__main__":
    main()
