"""What a sandbox is told and what it says."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tutelage.pedagogy.records import Record

SandboxChoice = Literal["required", "none_i_accept_the_risk"]
Verdict = Literal["passed", "failed", "left", "wall", "cpu", "output"]


class Limits(Record):
    """What one program may use. Beyond any of them it is ended, with all its processes, and has failed."""

    wall_s: int = Field(default=10, ge=1, description="seconds by the clock")
    cpu_s: int = Field(default=5, ge=1, description="seconds of processor time, a process")
    memory_mb: int = Field(default=512, ge=64, description="address space, a process")
    processes: int = Field(default=4, ge=1, description="processes and threads at a time; memory_mb counts for each")
    scratch_mb: int = Field(default=16, ge=1, description="the scratch directory, which is memory too")
    output_kb: int = Field(default=64, ge=1, description="what may be printed")
    open_files: int = Field(default=64, ge=16, description="open files, a process")


class CodeSettings(Record):
    """How code is run."""

    sandbox: SandboxChoice = Field(
        default="required",
        description="none_i_accept_the_risk: run code that nobody has read as you, with your files and network",
    )
    workers: int = Field(default=2, ge=1, description="programs that run at a time")
    limits: Limits = Limits()


class Part(Record):
    """A piece of a program; its name stands in error messages."""

    name: str
    code: str


class Outcome(Record):
    """How a program ended.

    Attributes:
        verdict: passed: it came to its end. failed: it raised. left: it ended itself before. Else the limit it met.
        detail: What was raised, where, or which limit it was.
    """

    verdict: Verdict
    detail: str
    seconds: float
