"""``run.yaml``: what the run is, resolved: configuration, domain, teachers, student, versions, seeds and hashes."""

from __future__ import annotations

import os
import platform
import secrets
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tutelage.configs.schema import Domain, RunConfig, TeacherRole
from tutelage.errors import RunDirError
from tutelage.files import canonical_json, sha256_text, write_text
from tutelage.graph.rundir import SCHEMA_VERSION, RunDir
from tutelage.pedagogy.records import Record
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.plans import TeacherPlan, endpoints_of
from tutelage.training.contracts import StudentIdentity


class ForkedFrom(Record):
    """The run whose past a fork shares.

    Attributes:
        run: Its directory, as seen from the fork's.
        checkpoint: The checkpoint that both have in common, the last one.
        trace_id: Of its trace.
    """

    run: str
    checkpoint: str
    trace_id: str


class Manifest(Record):
    """The content of ``run.yaml``. Holds no key: an endpoint names the variable that does.

    Attributes:
        teachers: Whom each role asks now, resolved: a resume looks nothing up in a teacher's file.
        endpoints: Every endpoint that the run ever had, by name: replies say whose they are by it.
    """

    schema_version: int = SCHEMA_VERSION
    name: str
    started: str
    trace_id: str
    config_sha256: str
    items_sha256: str
    command: str
    config: RunConfig
    domain: Domain
    teachers: dict[TeacherRole, TeacherPlan]
    endpoints: dict[str, Endpoint]
    student: StudentIdentity
    versions: dict[str, str]
    platform: str
    cpus: int
    forked_from: ForkedFrom | None = None


def new_manifest(
    config: RunConfig,
    domain: Domain,
    plans: Mapping[TeacherRole, TeacherPlan],
    student: StudentIdentity,
    items_sha256: str,
    config_path: Path,
    overrides: Sequence[str],
) -> Manifest:
    """The manifest of a run that starts now."""
    system, cpus = machine()
    return Manifest(
        name=config.name,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        trace_id=secrets.token_hex(16),
        config_sha256=config_hash(config),
        items_sha256=items_sha256,
        command=command_line("run", str(config_path), overrides=overrides),
        config=config,
        domain=domain,
        teachers=dict(plans),
        endpoints=endpoints_of(plans),
        student=student,
        versions=versions(),
        platform=system,
        cpus=cpus,
    )


def command_line(*words: str, overrides: Sequence[str]) -> str:
    """A command as it can be typed into a shell again."""
    settings = [word for setting in overrides for word in ("--set", setting)]
    return shlex.join(["tutelage", *words, *settings])


def config_hash(config: RunConfig) -> str:
    """SHA-256 of the resolved configuration."""
    return sha256_text(canonical_json(config.model_dump(mode="json")))


def versions() -> dict[str, str]:
    """Versions of what results depend on."""
    names = ("tutelage", "torch", "transformers", "peft", "tokenizers", "langgraph", "openai")
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine() -> tuple[str, int]:
    """The platform, and the processors this process may use."""
    return platform.platform(terse=True), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def write_manifest(rundir: RunDir, manifest: Manifest) -> None:
    """Write ``run.yaml``."""
    value: dict[str, Any] = manifest.model_dump(mode="json")
    write_text(rundir.config, yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120))


def read_manifest(root: Path) -> Manifest:
    """The manifest of a run directory.

    Raises:
        RunDirError: there is none, or it is of another schema version or unreadable.
    """
    rundir = RunDir(root)
    if not rundir.config.is_file():
        raise RunDirError("not a run directory (no run.yaml)", where=root, do="give the directory of a run")
    try:
        value = yaml.safe_load(rundir.config.read_text(encoding="utf-8"))
        return Manifest.model_validate(value)
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise RunDirError(
            f"not a manifest of schema version {SCHEMA_VERSION}", where=rundir.config, do="run it anew"
        ) from error
