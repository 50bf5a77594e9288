"""Code: the answer's program, run against the reference's tests in the sandbox."""

from __future__ import annotations

from tutelage.errors import ReferenceUnparseable
from tutelage.pedagogy.records import Grade
from tutelage.training.code_text import answer_code, checks, parse, split_reference
from tutelage.training.graders import unreadable
from tutelage.training.sandbox.contracts import Outcome, Part
from tutelage.training.sandbox.pool import Sandbox


class CodeGrader:
    """An answer is right when the program that it holds passes the tests of the reference.

    The program and its tests share an interpreter, as in the published benchmarks: a program that is made to deceive
    its tests can. What it cannot do is harm anything.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def lanes(self) -> int:
        """As many as the sandbox has workers."""
        return self._sandbox.settings.workers

    def check(self) -> None:
        """Raise SandboxUnavailable where nothing can hold a program."""
        self._sandbox.check()

    def check_reference(self, reference: str) -> None:
        """The reference must be Python, and assert something."""
        prelude, tests = split_reference(reference)
        if parse(prelude) is None or parse(tests) is None:
            raise unreadable(reference, "tests in Python")
        if not checks(tests):
            raise ReferenceUnparseable("the reference's tests assert nothing", do="give tests with assert statements")

    def grade(self, response: str, reference: str) -> Grade:
        """Run it."""
        self.check_reference(reference)
        code = answer_code(response)
        if code is None:
            return "unparseable"
        return "right" if self.run(code, reference).verdict == "passed" else "wrong"

    def run(self, code: str, reference: str) -> Outcome:
        """How a program fares with a reference's tests."""
        prelude, tests = split_reference(reference)
        parts = [Part(name="prelude", code=prelude), Part(name="answer", code=code), Part(name="tests", code=tests)]
        return self._sandbox.run(parts)
