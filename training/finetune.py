"""Fine-tune the student in a child process; adopt a round that is already done."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tutelage.errors import InputError, OutOfMemory, TrainingError
from tutelage.files import canonical_json, sha256_file, sha256_text, write_json
from tutelage.training.adapters import adapter_sha256
from tutelage.training.contracts import Measured, StudentIdentity, TrainJob, TrainProgress, TrainResult, TrainWarning
from tutelage.training.distilling import check_distilling
from tutelage.training.folders import whole_folder
from tutelage.training.launch import launched
from tutelage.training.process import Worker, worker
from tutelage.training.protocol import Train
from tutelage.training.provenance import RESULT, check_same_student, check_taught
from tutelage.training.source import describe_student

_CHECKPOINTS = ".checkpoints"
_WHERE_IT_RUNS = {"threads", "device", "processes", "checkpoint_steps", "accelerate"}


async def finetune(
    job: TrainJob, log: Path, on_progress: Callable[[TrainProgress], None] = lambda progress: None
) -> TrainResult:
    """Train ``job`` and leave the adapter and ``train.json`` in ``job.output``, whole or not at all.

    An output folder that the same job has left is adopted without training; another job's is replaced. A job that
    was killed goes on from its last checkpoint, with the same result to the bit on a CPU.

    Args:
        job: what to train, on what, and where to.
        log: file that the child's stderr is appended to.
        on_progress: called after each optimiser step.

    Raises:
        InputError: the data set is missing or a line of it is not an ``Example``.
        StudentError: the student or the adapter to continue from is not complete.
        OutOfMemory: the device has too little memory even for one row a pass.
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
    checkpoints = _checkpoints(job, job_sha256)
    _sweep(Path(job.output), keep=checkpoints)
    with whole_folder(Path(job.output)) as temporary:
        inside = job.model_copy(update={"output": str(temporary)})
        measured, halvings = await _train(inside, str(checkpoints), log, on_progress)
        result = TrainResult.model_validate(
            {
                **measured.model_dump(),
                "warnings": (*halvings, *measured.warnings),
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
    _sweep(Path(job.output), keep=None)
    return result


async def _train(
    job: TrainJob, checkpoints: str, log: Path, on_progress: Callable[[TrainProgress], None]
) -> tuple[Measured, list[TrainWarning]]:
    """Train in a child; where memory runs out, in a new one with half the rows a pass and the same global batch.

    A new process, because what the old one's allocator holds in pieces does not come back.
    """
    halvings: list[TrainWarning] = []
    while True:
        note = halvings[-1].text if halvings else ""

        def follow(value: dict[str, Any], note: str = note) -> None:
            on_progress(TrainProgress.model_validate({**value, "note": note}))

        try:
            async with _process(job, log) as process:
                reply = await process.request(Train(job=job, checkpoints=checkpoints), follow)
            return Measured.model_validate(reply), halvings
        except OutOfMemory:
            smaller = job.settings.smaller_passes()
            if smaller is None:
                raise
            text = (
                f"memory ran out with {job.settings.rows_per_pass} rows a pass: going on with {smaller.rows_per_pass}, "
                f"still {smaller.batch_size} rows a step"
            )
            halvings.append(TrainWarning(kind="micro_batch_halved", text=text))
            job = job.model_copy(update={"settings": smaller})


def _process(job: TrainJob, log: Path) -> AbstractAsyncContextManager[Worker]:
    settings = job.settings
    if settings.processes == 1:
        return worker(log, settings.threads)
    return launched(log, settings.threads, settings.processes, settings.accelerate)


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
    settings = job.settings.model_dump(mode="json", exclude=_WHERE_IT_RUNS)
    if job.settings.distil is not None:
        settings["distil"]["teacher"] = describe_student(Path(job.settings.distil.teacher)).sha256
    return sha256_text(
        canonical_json(
            {
                "adapter": None if job.adapter is None else adapter_sha256(Path(job.adapter)),
                "budget": None if job.budget is None else job.budget.model_dump(mode="json"),
                "dataset": dataset_sha256,
                "seed": job.seed,
                **({} if job.pacing is None else {"pacing": job.pacing.model_dump(), "known": job.known}),
                **({} if job.interpolation == 1 else {"interpolation": job.interpolation, "guards": job.guards}),
                "settings": settings,
                "student": student.model_dump(mode="json", exclude={"name"}),
            }
        )
    )


def _checkpoints(job: TrainJob, job_sha256: str) -> Path:
    output = Path(job.output)
    return output.with_name(f".{output.name}.{job_sha256[:12]}{_CHECKPOINTS}")


def _sweep(output: Path, keep: Path | None) -> None:
    """Remove the checkpoints that jobs with this output folder left, but for ``keep``."""
    for folder in output.parent.glob(f".{output.name}.*{_CHECKPOINTS}"):
        if folder != keep:
            shutil.rmtree(folder, ignore_errors=True)


def _identify(job: TrainJob) -> tuple[str, str, StudentIdentity]:
    dataset = Path(job.dataset)
    if not dataset.is_file():
        raise InputError("no such data set", where=dataset)
    if job.adapter is not None:
        check_taught(Path(job.adapter), Path(job.base_model))
    if job.settings.distil is not None:
        check_distilling(Path(job.base_model), Path(job.settings.distil.teacher))
    dataset_sha256, student = sha256_file(dataset), describe_student(Path(job.base_model))
    return dataset_sha256, job_identity(job, dataset_sha256, student), student
