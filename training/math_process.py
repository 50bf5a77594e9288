"""A helper process for symbolic comparison: the only way to stop one that runs away.

math-verify's own time-outs use SIGALRM, which works in a main thread only and not at all inside a long C call. In a
process of its own they work from any thread of ours, and what they cannot stop is killed.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import select
import subprocess
import sys
from threading import Lock

from tutelage.pedagogy.records import Grade

# The helper's five steps have 3 s each; beyond their sum it is stuck where no alarm reaches.
_PATIENCE_SECONDS = 18.0
_GRADES: dict[str, Grade] = {"right": "right", "wrong": "wrong", "unparseable": "unparseable"}


class MathProcess:
    """Starts the helper when it is first asked, and again after it had to be killed. Safe between threads."""

    def __init__(self) -> None:
        self._helper: subprocess.Popen[bytes] | None = None
        self._turn = Lock()

    def readable(self, reference: str) -> bool:
        """Whether math-verify reads an expression in ``reference`` in time."""
        return self._ask({"reference": reference}) == "right"

    def compare(self, response: str, reference: str) -> Grade:
        """Compare by value; what takes too long is unparseable."""
        return _GRADES.get(self._ask({"response": response, "reference": reference}), "unparseable")

    def close(self) -> None:
        """Kill the helper."""
        if self._helper is not None:
            self._helper.kill()
            self._helper.communicate()
            self._helper = None
            atexit.unregister(self.close)

    def _ask(self, question: dict[str, str]) -> str:
        """The helper's word, or "" where it did not answer in time."""
        with self._turn:
            helper = self._started()
            word = _exchange(helper, json.dumps(question).encode() + b"\n")
            if not word:
                self.close()
            return word

    def _started(self) -> subprocess.Popen[bytes]:
        if self._helper is None or self._helper.poll() is not None:
            self.close()
            self._helper = subprocess.Popen(
                [sys.executable, "-m", "tutelage.training.math_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,
            )
            atexit.register(self.close)
        return self._helper


def _exchange(helper: subprocess.Popen[bytes], line: bytes) -> str:
    """Send a line and wait for a word; a helper that died answers with an end of file, which reads as no word."""
    if helper.stdin is None or helper.stdout is None:
        return ""
    with contextlib.suppress(BrokenPipeError):
        helper.stdin.write(line)
    ready, _, _ = select.select([helper.stdout], [], [], _PATIENCE_SECONDS)
    return helper.stdout.readline().decode().strip() if ready else ""
