from pathlib import Path

import pytest

from tutelage import errors
from tutelage.errors import TutelageError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TutelageError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_one_line_with_where_what_and_what_to_do(kind: type[TutelageError]) -> None:
    error = kind("it is\nbroken", where=Path("a/b.yaml"), do="mend it")
    assert error.line == str(error) == "a/b.yaml: it is broken; mend it"
    assert kind("broken").line == "broken"
    assert kind("broken", where="x").line == "x: broken"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ConfigError, 2), (errors.DomainError, 2), (errors.StudentError, 2), (errors.RunDirError, 2),
        (errors.ReferenceUnparseable, 2), (errors.BudgetSpent, 3), (errors.TeacherUnreachable, 4),
        (errors.TeacherModelMissing, 4), (errors.TeacherRefused, 4), (errors.Interrupted, 130), (errors.DiskError, 2),
        (errors.TrainingError, 1), (errors.WorkerDied, 1), (errors.NothingToLearn, 1),
    ],
)  # fmt: skip
def test_an_exit_code_says_of_what_kind_an_error_was(kind: type[TutelageError], code: int) -> None:
    assert kind.exit_code == code


def test_every_error_says_what_it_is_for() -> None:
    assert all(kind.__doc__ for kind in KINDS)
