"""The child process: ``python -m tutelage.training.worker PARENT_PID``. Requests on stdin, replies on stdout.

Nothing here imports torch until a request needs it, so that starting and dying are quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tutelage.errors import TutelageError
from tutelage.pedagogy.records import Record
from tutelage.training.guard import die_with
from tutelage.training.protocol import REQUEST, Ask, Done, Merge, Open, Progress, Request, Train, failure

if TYPE_CHECKING:
    from tutelage.training.child.answering import LoadedStudent
    from tutelage.training.contracts import TrainProgress

Say = Callable[[Record], None]


def main() -> None:
    """Serve requests until stdin closes. An error that is not ours ends the process with its traceback."""
    die_with(int(sys.argv[1]))
    replies = reserve_stdout()

    def say(reply: Record) -> None:
        replies.write(reply.model_dump_json().encode() + b"\n")
        replies.flush()

    serving = Serving(say)
    for line in sys.stdin.buffer:
        request = REQUEST.validate_json(line)
        try:
            serving.serve(request)
        except TutelageError as error:
            say(failure(error))


class Serving:
    """Carries out requests one after the other; keeps the student that was opened."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._student: LoadedStudent | None = None

    def serve(self, request: Request) -> None:
        """Carry out one request and say its result."""
        if isinstance(request, Open):
            self._open(request)
        elif isinstance(request, Ask):
            self._ask(request)
        elif isinstance(request, Merge):
            self._merge(request)
        else:
            self._train(request)

    def _open(self, request: Open) -> None:
        from tutelage.training.child.answering import LoadedStudent

        self._student = LoadedStudent.load(request.model, request.adapter, request.settings)
        self._say(Done())

    def _ask(self, request: Ask) -> None:
        if self._student is None:
            raise TutelageError("asked before a student was opened")
        for batch in self._student.answer(request.questions):
            self._say(Progress(value={"answers": [(index, answer.model_dump()) for index, answer in batch]}))
        self._say(Done())

    def _merge(self, request: Merge) -> None:
        from tutelage.training.child.merging import merge

        merge(request)
        self._say(Done())

    def _train(self, request: Train) -> None:
        from tutelage.training.child.tuning import tune

        def report(progress: TrainProgress) -> None:
            self._say(Progress(value=progress.model_dump()))

        measured = tune(request.job, Path(request.checkpoints), report)
        self._say(Done(value=measured.model_dump()))


def reserve_stdout() -> BinaryIO:
    """Keep the real stdout for replies; whatever a library prints goes to stderr, C code included."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return replies


if __name__ == "__main__":
    main()
