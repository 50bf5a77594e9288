"""Prompts as requests: a text file, a JSON context, the schema of the answer."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from string import Template
from typing import Any, Literal

from pydantic import BaseModel

from tutelage.files import sha256_text
from tutelage.teachers.contracts import Request, TeacherRole
from tutelage.teachers.structured import StructuredFailure

PromptName = Literal["diagnostician_map", "diagnostician_misconceptions", "planner_curriculum", "tutor_lessons"]


@cache
def _prompt(name: PromptName) -> tuple[str, str, str]:
    text = resources.files("tutelage.prompts").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    system, user = text.split("\n---\n", maxsplit=1)
    return system.strip(), user.strip(), sha256_text(text)


def prompt_hash(name: PromptName) -> str:
    """SHA-256 of a prompt's text file."""
    return _prompt(name)[2]


def structured_request(
    role: TeacherRole,
    name: PromptName,
    schema_name: str,
    context: dict[str, Any],
    answer: type[BaseModel],
    *,
    max_tokens: int,
    temperature: float = 0.0,
    seed: int | None = None,
    module: str | None = None,
) -> Request:
    """The request that asks ``role`` to fill ``answer`` for this context."""
    system, user, digest = _prompt(name)
    return Request(
        role=role,
        system=system,
        user=Template(user).substitute(context=json.dumps(context, ensure_ascii=False, indent=1)),
        schema_name=schema_name,
        json_schema=answer.model_json_schema(),
        temperature=temperature,
        max_tokens=max_tokens,
        seed=seed,
        prompt_hash=digest,
        module=module,
    )


def describe(failure: StructuredFailure | None) -> str:
    """A failed structured answer in one line."""
    return "it is empty" if failure is None else one_line(f"{failure.reason}: {failure.detail}")


def one_line(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())
