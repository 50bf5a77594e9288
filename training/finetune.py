"""Fine-tune the student in a child process; adopt a round that is already done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from tutelage.errors import InputError, TrainingError
from tutelage.files import canonical_json, sha256_file, sha256_text, write_json
from tutelage.training.adapters import adapter_sha256
from tutelage.training.contracts import StudentIdentity, TrainJob, TrainProgress, TrainResult
from tutelage.training.folders import whole_folder
from tutelage.training.process import worker
from tutelage.training.protocol import Train
from tutelage.training.provenance import RESULT, check_same_student, check_taught
from tutelage.training.source import describe_student


async def finetune(
    job: TrainJob, log: Path, on_progress: Callable[[TrainProgress], None] = lambda progress: None
) -> TrainResult:
    """Train ``job`` and leave the adapter and ``train.json`` in ``job.output``, whole or not at all.

    An output folder that the same job has left is adopted without training; another job's is replaced.

    Args:
        job: what to train, on what, and where to.
        log: file that the child's stderr is appended to.
        on_progress: called after each optimiser step.

    Raises:
        InputError: the data set is missing or a line of it is not an ``Example``.
        StudentError: the student or the adapter to continue from is not complete.
        TrainingError: the output folder is not one of ours, the adapter does not fit the student or the settings, or
            the rows or the training are nonsense; each has a class of its own.
        WorkerDied: the child ended before it was done. Nothing is left in ``job.output``.
        DiskError: the adapter could not be written.
    """
    # Hashing a large student takes seconds that the event loop must not lose.
    dataset_sha256, job_sha256, student = await asyncio.to_thread(_identify, job)
    done = finished(Path(job.output))
    if done is not None and done.job_sha256 == job_sha256:
        return done
    with whole_folder(Path(job.output)) as temporary:
        async with worker(log, job.settings.threads) as process:
            measured = await process.request(
                Train(job=job.model_copy(update={"output": str(temporary)})),
                lambda value: on_progress(TrainProgress.model_validate(value)),
            )
        result = TrainResult.model_validate(
            {
                **measured,
                "base_sha256": student.sha256,
                "tokenizer_sha256": student.tokenizer_sha256,
                "job_sha256": job_sha256,
                "dataset_sha256": dataset_sha256,
                "adapter_sha256": adapter_sha256(temporary),
            }
        )
        # The student's process read the folder on its own: it must have found what is probed and served.
        check_same_student(result, student, temporary)
        write_json(temporary / RESULT, result.model_dump(mode="json"))
    return result


def finished(output: Path) -> TrainResult | None:
    """The result of a round whose output folder is whole; None where there is no such folder.

    Raises:
        TrainingError: the folder holds something else; it is not ours to replace.
    """
    if not output.exists():
        return None
    try:
        return TrainResult.model_validate_json((output / RESULT).read_bytes())
    except (OSError, ValidationError) as error:
        raise TrainingError(
            f"the output folder exists and holds no readable {RESULT}", where=output, do="choose another folder"
        ) from error


def job_identity(job: TrainJob, dataset_sha256: str, student: StudentIdentity) -> str:
    """Hash of what decides the result: contents and settings, not paths, and not where it runs (threads, device)."""
    return sha256_text(
        canonical_json(
            {
                "adapter": None if job.adapter is None else adapter_sha256(Path(job.adapter)),
                "dataset": dataset_sha256,
                "seed": job.seed,
                "settings": job.settings.model_dump(mode="json", exclude={"threads", "device"}),
                "student": student.model_dump(mode="json", exclude={"name"}),
            }
        )
    )


def _identify(job: TrainJob) -> tuple[str, str, StudentIdentity]:
    dataset = Path(job.dataset)
    if not dataset.is_file():
        raise InputError("no such data set", where=dataset)
    if job.adapter is not None:
        check_taught(Path(job.adapter), Path(job.base_model))
    dataset_sha256, student = sha256_file(dataset), describe_student(Path(job.base_model))
    return dataset_sha256, job_identity(job, dataset_sha256, student), student
