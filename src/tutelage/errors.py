"""Every error Tutelage raises on purpose. Each says what was wrong, where, and what to do.

The command line turns an error into one line on stderr and the exit code its class carries.
"""

from __future__ import annotations

from pathlib import Path


class TutelageError(Exception):
    """Base of all typed errors.

    Args:
        what: What was wrong, in one sentence without a full stop.
        where: The file, key or line concerned.
        do: What the user can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | Path | None = None, do: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.do = do
        super().__init__(self.line)

    @property
    def line(self) -> str:
        """The whole error as one line: ``where: what; do``."""
        text = self.what if self.where is None else f"{self.where}: {self.what}"
        text = text if self.do is None else f"{text}; {self.do}"
        return " ".join(text.split())


class InputError(TutelageError):
    """The user's input cannot be used as it stands. Found before any money or GPU time is spent."""

    exit_code = 2


class ConfigError(InputError):
    """A configuration key or value is wrong."""


class DomainError(InputError):
    """A domain file, or one of its rows, is wrong."""


class StudentError(InputError):
    """The student cannot be loaded."""


class ReferenceUnparseable(InputError):
    """A reference answer that its grader cannot read: an input error, never a wrong answer."""


class RunDirError(InputError):
    """The run directory exists already, belongs to another configuration, or is locked by a live run."""


class SandboxUnavailable(InputError):
    """Code is to be run, and nothing here can hold it: the run ends before any of it was."""


class SandboxBroken(TutelageError):
    """The sandbox itself failed, whatever the program in it did: no verdict about that program."""


class TeacherError(TutelageError):
    """A teacher endpoint cannot do what the run needs of it."""

    exit_code = 4


class TeacherUnreachable(TeacherError):
    """Nothing answers at the endpoint, or it went away and stayed away."""


class TeacherStalled(TeacherError):
    """The endpoint is asked and throttles, fails or stays silent for so long that waiting on would be endless."""


class TeacherModelMissing(TeacherError):
    """The endpoint answers, but does not serve the named model."""


class TeacherRefused(TeacherError):
    """The endpoint refused a request for good (400, 401, 403, 404): repeating it would not help."""


class TeacherFailed(TeacherError):
    """The endpoint answers, and what it says cannot be used even when it is asked again."""


class BudgetSpent(TutelageError):
    """A cap of the budget is reached. A normal end: the run is reported and can be resumed with a larger cap."""

    exit_code = 3


class ComparisonIncomplete(TutelageError):
    """Some runs of a comparison failed. What the others came to is written."""

    exit_code = 5


class TrainingError(TutelageError):
    """Fine-tuning cannot start or did not finish."""


class NothingToLearn(TrainingError):
    """A training row has no supervised token, so it would teach nothing."""


class EmptyAnswer(NothingToLearn):
    """A training row's answer is empty."""


class AnswerTruncated(TrainingError):
    """Too many training rows are longer than the context: the end of their answers would be cut off."""


class TemplateUnfit(TrainingError):
    """The chat template loses the answer, changes it, or writes no end after it."""


class TemplateChanged(TrainingError):
    """The chat template is not the one that the student was trained with."""


class TokenizerMismatch(TrainingError):
    """The tokenizer is not the one that the student was trained with, or names tokens that the model lacks."""


class BaseModelChanged(TrainingError):
    """The base model's weights are not those that the adapter was trained on."""


class AdapterNotFinite(TrainingError):
    """An adapter holds NaN or infinity."""


class LossNotFinite(TrainingError):
    """The loss became NaN or infinite."""


class GradientUnusable(TrainingError):
    """The gradient became NaN or infinite, or is zero from the start."""


class TokensLost(TrainingError):
    """Training saw another number of tokens than its data set holds."""


class PackingInexact(TrainingError):
    """The student's loss on packed rows is not its loss on padded ones, so packing would change what it learns."""


class DoesNotFit(InputError):
    """The student cannot be fine-tuned in the memory that the device has."""


class OutOfMemory(TrainingError):
    """The device has too little memory for a training step."""


class WorkerDied(TrainingError):
    """The child process that holds the student ended without an answer."""


class StudentServerError(TutelageError):
    """The server that computes the student's answers is not there, went away, or cannot be used."""


class AdapterNotServed(StudentServerError):
    """The server was given the adapter and does not answer with it."""


class ServedOtherwise(StudentServerError):
    """What the server serves is not the run's student."""


class NeighbourError(TutelageError):
    """A server that shares the device with the student's training made no room, or came back otherwise."""

    exit_code = 4


class DiskError(TutelageError):
    """A write failed (disk full, permission). Nothing half-written is left under the final name."""

    exit_code = 2


class PushError(TutelageError):
    """An export was written, and the hub did not take it."""


class Interrupted(TutelageError):
    """The user stopped the run. It can be resumed."""

    exit_code = 130
