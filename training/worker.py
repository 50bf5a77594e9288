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
from tutelage.training.protocol import (
    REQUEST,
    Ask,
    Compare,
    Done,
    Evaluate,
    Look,
    Merge,
    Open,
    Progress,
    Read,
    Render,
    Request,
    Score,
    Train,
    failure,
)

if TYPE_CHECKING:
    from tutelage.training.child.answering import LoadedStudent
    from tutelage.training.child.words import Words
    from tutelage.training.contracts import AnswerSettings, TrainProgress

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
        self._words: Words | None = None

    def serve(self, request: Request) -> None:
        """Carry out one request and say its result."""
        if isinstance(request, Open):
            self._open(request)
        elif isinstance(request, Ask):
            self._ask(request)
        elif isinstance(request, Merge):
            self._merge(request)
        elif isinstance(request, Look):
            self._look(request)
        elif isinstance(request, Score):
            self._score(request)
        elif isinstance(request, Compare):
            self._compare(request)
        elif isinstance(request, Evaluate):
            self._evaluate(request)
        elif isinstance(request, Render):
            words = self._words_of(request.model, request.settings)
            self._say(Done(value={"prompts": [words.prompt(question) for question in request.questions]}))
        elif isinstance(request, Read):
            words = self._words_of(request.model, request.settings)
            answers = [words.answer(one.id, one.tokens, ended=one.ended, read=one.read) for one in request.spoken]
            self._say(Done(value={"answers": [answer.model_dump() for answer in answers]}))
        else:
            self._train(request)

    def _open(self, request: Open) -> None:
        from tutelage.training.child.answering import LoadedStudent

        self._student = LoadedStudent.load(request.model, request.adapter, request.settings)
        self._say(Done())

    def _ask(self, request: Ask) -> None:
        if self._student is None:
            raise TutelageError("asked before a student was opened")
        for batch in self._student.answer(request.questions, request.sampling):
            self._say(Progress(value={"answers": [(index, answer.model_dump()) for index, answer in batch]}))
        self._say(Done())

    def _merge(self, request: Merge) -> None:
        from tutelage.training.child.merging import merge

        merge(request)
        self._say(Done())

    def _look(self, request: Look) -> None:
        from tutelage.training.child.memory import look

        self._say(Done(value=look(request).model_dump()))

    def _score(self, request: Score) -> None:
        from tutelage.training.child.scoring import score

        self._say(Done(value=score(request).model_dump()))

    def _compare(self, request: Compare) -> None:
        from tutelage.training.child.meaning import compare

        self._say(Done(value=compare(request).model_dump()))

    def _evaluate(self, request: Evaluate) -> None:
        from tutelage.training.child.harness import evaluate

        self._say(Done(value=evaluate(request).model_dump()))

    def _words_of(self, model: str, settings: AnswerSettings) -> Words:
        """The words of the one student that this child is asked about."""
        from tutelage.training.child.loading import load_tokenizer
        from tutelage.training.child.words import Words

        if self._words is None:
            self._words = Words(load_tokenizer(model), settings)
        return self._words

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
