"""Programs in texts: the code of an answer, and the tests of a reference. Pure."""

from __future__ import annotations

import ast
import re
import threading

from tutelage.training.graders import ANSWER_MARK

TESTS_MARK = "# --- tests ---"
"""In a reference, what stands above this line runs before the answer (imports, helpers), what stands below after it."""

_FENCE = re.compile(
    r"(?:^|answer\s*:)[ \t]*```[^\n`]*\n(?P<code>.*?)(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
_BEGINS = re.compile(r"^(?:def |async def |class |import |from \w[\w.]* import |@\w)", re.MULTILINE)
_MOST_CHARACTERS = 50_000
# Of attempts to find where a program ends: each parses it anew.
_MOST_CUTS = 200
# CPython 3.11 counts the depth of a tree under construction in one place for all threads: two that parse at
# once end in "SystemError: AST constructor recursion depth mismatch", and answers are graded by many threads.
_ONE_AT_A_TIME = threading.Lock()


def parse(code: str) -> ast.Module | None:
    """The syntax tree, or None where it is no Python. Threads may call it at once."""
    try:
        return _tree(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _tree(code: str) -> ast.Module:
    with _ONE_AT_A_TIME:
        return ast.parse(code)


def defined(code: str) -> set[str]:
    """The names that code defines or assigns at its top."""
    tree = parse(code)
    found: set[str] = set()
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def used(code: str) -> set[str]:
    """The names that code reads."""
    tree = parse(code)
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} if tree else set()


def checks(code: str) -> bool:
    """Whether code asserts anything."""
    tree = parse(code)
    return tree is not None and any(isinstance(node, ast.Assert) for node in ast.walk(tree))


def split_reference(reference: str) -> tuple[str, str]:
    """A reference's prelude and tests."""
    before, mark, after = reference.partition(TESTS_MARK)
    return (before.strip("\n"), after.strip("\n")) if mark else ("", reference)


def answer_code(response: str) -> str | None:
    """The program of an answer, or None where it has none.

    Of fenced blocks the longest that defines something; without fences what follows "Answer:", or the lines from the
    first definition or import on, as far as they are Python. Code that does not parse is an answer all the same.
    """
    text = response[:_MOST_CHARACTERS]
    blocks = [match["code"] for match in _FENCE.finditer(text)]
    if blocks:
        good = [block for block in blocks if defined(block)]
        return max(good, key=len) if good else max(blocks, key=len)
    marks = list(ANSWER_MARK.finditer(text))
    for rest in ([text[marks[-1].end() :]] if marks else []) + [text]:
        begin = _BEGINS.search(rest.lstrip("\n "))
        if begin:
            return _as_far_as_python(rest.lstrip("\n ")[begin.start() :])
    return None


def _as_far_as_python(text: str) -> str:
    """Cut prose off the end. A program that never parses is left whole: its error is the student's."""
    lines = text.splitlines()
    end = len(lines)
    for _ in range(_MOST_CUTS):
        code = "\n".join(lines[:end])
        wrong: int | None = None
        try:
            _tree(code)
        except SyntaxError as error:
            wrong = error.lineno
        except (ValueError, RecursionError, MemoryError):
            pass
        else:
            return code if defined(code) else text
        # Whatever ends behind a line that is wrong holds it, and is wrong too.
        end = min(end, wrong or end) - 1
        if end <= 0:
            break
    return text
