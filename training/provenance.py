"""What a taught student belongs to: checked before it is trained on, probed or served. No torch here."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from tutelage.errors import AdapterNotFinite, BaseModelChanged, TemplateChanged, TokenizerMismatch
from tutelage.training.adapters import check_adapter, weights_of
from tutelage.training.contracts import StudentIdentity, TrainResult, some_of
from tutelage.training.source import describe_student
from tutelage.training.tensors import broken_tensors

RESULT = "train.json"


def check_taught(adapter: Path, model: Path) -> None:
    """An adapter must be whole, finite, and on the very base, tokenizer and chat template that it was trained with.

    One without our record (``train.json``) was made elsewhere: only its weights can be checked.

    Raises:
        StudentError: the folder is not an adapter's, or its weights cannot be read.
        AdapterNotFinite: a weight is NaN or infinite.
        TokenizerMismatch: the tokenizer is another one.
        TemplateChanged: the chat template is another one.
        BaseModelChanged: the base model's weights or configuration are others.
    """
    check_adapter(adapter)
    check_finite(adapter)
    try:
        record = TrainResult.model_validate_json((adapter / RESULT).read_bytes())
    except (OSError, ValidationError):
        return
    check_same_student(record, describe_student(model), adapter)


def check_finite(adapter: Path) -> None:
    """Raise AdapterNotFinite naming the tensors that hold NaN or infinity; StudentError where they cannot be read."""
    for path in weights_of(adapter):
        broken, count = broken_tensors(path)
        if broken:
            raise AdapterNotFinite(
                f"{len(broken)} of {count} tensors hold NaN or infinity ({some_of(broken)})",
                where=adapter,
                do="go back to an earlier adapter and lower the learning rate",
            )


def check_same_student(record: TrainResult, student: StudentIdentity, adapter: Path) -> None:
    """Raise what differs between the student that an adapter was trained on and the one it is to be put on."""
    if record.tokenizer_sha256 != student.tokenizer_sha256:
        raise TokenizerMismatch(
            "the tokenizer changed since this adapter was trained", where=adapter, do=_restore(student)
        )
    if record.template_sha256 != student.template_sha256:
        raise TemplateChanged(
            "the chat template changed since this adapter was trained", where=adapter, do=_restore(student)
        )
    if record.base_sha256 != student.sha256:
        raise BaseModelChanged(
            "the base model changed since this adapter was trained", where=adapter, do=_restore(student)
        )


def _restore(student: StudentIdentity) -> str:
    return f"restore the student {student.name} as it was, or teach the changed one from the start"
