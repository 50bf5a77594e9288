"""One task of lm-evaluation-harness, by its Python API. The one place that knows the harness."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, cast

from tutelage.errors import InputError
from tutelage.training.child.loading import pick_device, pick_precision
from tutelage.training.protocol import Evaluate, Evaluated, TaskScore

# Only of metrics that are no mean; the harness's own 100,000 take longer than many tasks.
_RESAMPLES = 1000


def evaluate(request: Evaluate) -> Evaluated:
    """Run the task, or the group of tasks.

    Raises:
        InputError: there is no such task, its data cannot be had, or it wants what is not there.
    """
    from lm_eval import simple_evaluate  # pyright: ignore[reportMissingImports]
    from lm_eval.tasks import TaskManager  # pyright: ignore[reportMissingImports]

    if request.tasks_folder is not None:
        os.chdir(request.tasks_folder)  # a task's data files are relative to it
    manager = TaskManager(include_path=request.tasks_folder)
    if request.task not in manager.all_tasks:
        raise InputError(
            f"lm-evaluation-harness has no task '{request.task}'",
            where="--lm-eval",
            do="'lm-eval ls tasks' lists them; name the folder of your own with --tasks-folder",
        )
    device = pick_device(request.device, request.threads)
    precision = str(pick_precision(request.precision, device)).removeprefix("torch.")
    try:
        found = simple_evaluate(
            model="hf",
            model_args={"pretrained": request.model, "dtype": precision},
            tasks=[request.task],
            task_manager=manager,
            batch_size=request.batch_size,
            device=str(device),
            limit=request.limit,
            bootstrap_iters=_RESAMPLES,
            apply_chat_template=request.chat,
        )
    # What the harness and its data sets raise for no network, missing files, a missing package, code to be run.
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise InputError(
            f"the task '{request.task}' cannot be run ({type(error).__name__}: {' '.join(str(error).split())[:200]})",
            where="--lm-eval",
            do="see its data and packages; what runs code goes with --on, in the sandbox",
        ) from error
    return Evaluated(version=version("lm_eval"), scores=tuple(scores_of(cast(Mapping[str, Any], found))))


def scores_of(found: Mapping[str, Any]) -> list[TaskScore]:
    """The metrics of every task and group that the harness reports."""
    scores = []
    for task, said in found["results"].items():
        members = [member for member in found["group_subtasks"].get(task, ()) if member in found["n-samples"]]
        counts = [found["n-samples"][name] for name in (members or [task]) if name in found["n-samples"]]
        samples = found["samples"].get(task, ())
        for key, value in said.items():
            metric, comma, filtered = key.partition(",")
            if not comma or metric.endswith("_stderr") or not isinstance(value, int | float):
                continue
            error = said.get(f"{metric}_stderr,{filtered}")
            scores.append(
                TaskScore(
                    task=task,
                    metric=metric if filtered == "none" else key,
                    value=float(value),
                    error=float(error) if isinstance(error, int | float) and math.isfinite(error) else None,
                    n=sum(count["effective"] for count in counts),
                    available=sum(count["original"] for count in counts),
                    scores=_by_document(samples, metric, filtered, float(value)),
                )
            )
    return scores


def _by_document(
    samples: Sequence[Mapping[str, Any]], metric: str, filtered: str, mean: float
) -> tuple[float, ...] | None:
    """The metric of each document; None where the whole is not their mean."""
    mine = sorted((s for s in samples if s["filter"] == filtered), key=lambda sample: sample["doc_id"])
    values = [sample.get(metric) for sample in mine]
    if not values or not all(isinstance(value, int | float) for value in values):
        return None
    numbers = tuple(float(cast(float, value)) for value in values)
    return numbers if math.isclose(sum(numbers) / len(numbers), mean, abs_tol=1e-6) else None
