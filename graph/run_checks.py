"""What is checked of a run before anything is written, loaded or spent."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tutelage.configs.schema import DiagnosisConfig, Limits, RunConfig
from tutelage.errors import ConfigError, RunDirError, StudentError
from tutelage.graph.manifest import Manifest, config_hash, read_manifest
from tutelage.graph.teaching import Plans
from tutelage.pedagogy.power import detectable_gap, probes_needed
from tutelage.teachers.plans import endpoints_of, prices_of
from tutelage.training.contracts import StudentIdentity

_LEFT_UNBORN = (".lock", "probes.jsonl", "benchmarks.jsonl", "estimate.json")


def check_new(root: Path, config: RunConfig) -> None:
    """A run starts in a directory of its own.

    Raises:
        RunDirError: something lies there already.
    """
    if not root.exists() or (root.is_dir() and all(_unborn(path) for path in root.iterdir())):
        return
    if (root / "run.yaml").is_file():
        same = read_manifest(root).config_sha256 == config_hash(config)
        what = "this run exists already" if same else "the directory belongs to a run of another configuration"
        do = f"go on with 'tutelage resume {root}', or name another directory" if same else "name another directory"
        raise RunDirError(what, where=root, do=do)
    raise RunDirError("exists and is not an empty directory", where=root, do="name another directory")


def _unborn(path: Path) -> bool:
    """Whether a start that ended before ``run.yaml`` was written can have left this: nothing is lost with it."""
    return path.name in _LEFT_UNBORN or (path.name.startswith(".") and path.suffix == ".tmp")


def check_same_run(before: RunConfig, after: RunConfig) -> None:
    """A resumed run may have other teachers and limits, and another backend for its student's answers.

    Anything else would make its past another run's.

    Raises:
        RunDirError: something else is changed.
    """
    changed = _changed(_wherever_it_answers(before), _wherever_it_answers(after), {"teachers", "limits", "placement"})
    if changed:
        raise RunDirError(
            f"a resumed run cannot change '{changed[0]}'",
            do="change only teachers, limits, placement, student.answering.backend and its url, or start a new run",
        )


def check_same_student(before: RunConfig, after: RunConfig) -> None:
    """A benchmark may have other teachers, limits, sandbox and ways to answer; whose student it is stays.

    Raises:
        RunDirError: something else is changed.
    """
    changed = _changed(before, after, {"teachers", "limits", "placement", "code", "student"})
    if before.student.model != after.student.model:
        changed.append("student.model")
    if changed:
        raise RunDirError(
            f"a benchmark cannot change '{changed[0]}'",
            do="change only teachers, limits, placement, code and student.answering",
        )


def check_base(found: StudentIdentity, manifest: Manifest, folder: Path) -> None:
    """The model in the folder is the one that the run began with.

    Raises:
        StudentError: it is another.
    """
    if found != manifest.student:
        raise StudentError("not the student this run began with", where=folder, do="restore it, or run anew")


def _changed(before: RunConfig, after: RunConfig, free: Collection[str]) -> list[str]:
    return [key for key in RunConfig.model_fields if key not in free and getattr(before, key) != getattr(after, key)]


def _wherever_it_answers(config: RunConfig) -> RunConfig:
    """The configuration without what computes the student's answers: a server may have moved, or be gone."""
    answering = config.student.answering.model_copy(update={"backend": "auto", "url": None})
    return config.model_copy(update={"student": config.student.model_copy(update={"answering": answering})})


def check_probes(diagnosis: DiagnosisConfig, confidence: float) -> None:
    """The diagnosis can see the gaps that it decides on.

    Raises:
        ConfigError: it cannot, and the run does not say that this is known.
    """
    found = detectable_gap(diagnosis.probes, confidence)
    if found <= diagnosis.gap_threshold or diagnosis.blunt == "warn":
        return
    enough = probes_needed(diagnosis.gap_threshold, confidence)
    more = f"ask at least {enough} probes a module" if enough else "raise diagnosis.gap_threshold"
    raise ConfigError(
        f"{diagnosis.probes} probes a module detect a gap of {found:.2f} or more, and the diagnosis decides at "
        f"{diagnosis.gap_threshold:g}",
        where="diagnosis.probes",
        do=f"{more}, or say diagnosis.blunt=warn to go on all the same",
    )


def check_answering(config: RunConfig) -> None:
    """The backend that is insisted on can hold what the method teaches.

    Raises:
        ConfigError: it cannot.
    """
    if config.training.method == "full" and config.student.answering.backend == "vllm":
        raise ConfigError(
            "a vLLM server takes adapters while it runs, and training.method full leaves whole models",
            where="student.answering.backend",
            do="set it to transformers, or train by lora",
        )


def check_prices(limits: Limits, plans: Plans) -> None:
    """A cap on dollars means something only where every price is known.

    Raises:
        ConfigError: one is not.
    """
    endpoints = endpoints_of(plans)
    unpriced = sorted(set(endpoints) - set(prices_of(endpoints.values())))
    if limits.teacher_dollars is not None and unpriced:
        raise ConfigError(
            f"a cap on dollars needs prices, and nobody said those of {', '.join(unpriced)}",
            where="limits.teacher_dollars",
            do="say prices: {prompt: ..., completion: ...} in the teacher's file, dollars per million tokens",
        )
