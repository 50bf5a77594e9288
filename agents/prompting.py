"""Prompts as requests: a text file, a JSON context, the schema of the answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Template
from typing import Any, Literal, get_args

from pydantic import BaseModel

from tutelage.errors import InputError
from tutelage.files import sha256_text
from tutelage.teachers.contracts import Request, TeacherRole
from tutelage.teachers.structured import StructuredFailure

PromptName = Literal[
    "counterfactual",
    "critique_revise",
    "diagnostician_map",
    "diagnostician_misconceptions",
    "diagnostician_modules",
    "diagnostician_tags",
    "evol_instruct",
    "judge_answers",
    "persd",
    "planner_curriculum",
    "prompt_distill",
    "self_instruct",
    "tutor_lessons",
    "tutor_probes",
]


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
    most: int | None = None,
) -> Request:
    """The request that asks ``role`` to fill ``answer`` for this context.

    Args:
        role: Who is asked.
        name: The prompt.
        schema_name: What the answer is called.
        context: What the prompt carries.
        answer: The shape of the answer.
        max_tokens: Longest reply.
        temperature: Of the reply.
        seed: Of the reply.
        module: What it is about, for the record.
        most: Entries that the answer's list may have: a small model that is not stopped goes on to the last token.
    """
    system, user, digest = _prompt(name)
    schema = answer.model_json_schema()
    if most is not None:
        for part in schema["properties"].values():
            if part.get("type") == "array":
                part["maxItems"] = most
    return Request(
        role=role,
        system=system,
        user=Template(user).substitute(context=laid_out(context)),
        schema_name=schema_name,
        json_schema=schema,
        temperature=temperature,
        max_tokens=max_tokens,
        seed=seed,
        prompt_hash=digest,
        module=module,
    )


def laid_out(context: Mapping[str, Any]) -> str:
    """A context as prompts carry it: one entry a line, and no more white space than that, since it is paid for."""
    entries = (json.dumps({key: value}, ensure_ascii=False)[1:-1] for key, value in context.items())
    return "{\n" + ",\n".join(entries) + "\n}"


def reworded(request: Request, text: str) -> Request:
    """A recorded request with another prompt.

    Args:
        request: As it was sent.
        text: A whole prompt, or a prompt's text file with ``$context`` in it, which takes the recorded context. With a
            line ``---`` what stands above it is the system message; without one that message stays.

    Raises:
        InputError: ``$context`` is asked for, and the request was not made from one of today's prompts.
    """
    system, cut, user = text.partition("\n---\n")
    user = user if cut else text
    if "$context" in user:
        user = Template(user).safe_substitute(context=_context_of(request))
    return request.model_copy(
        update={
            "system": system.strip() if cut else request.system,
            "user": user.strip(),
            "prompt_hash": sha256_text(text),
            "repair": None,
        }
    )


def _context_of(request: Request) -> str:
    for name in get_args(PromptName):
        _, user, digest = _prompt(name)
        before, found, after = user.partition("$context")
        if digest == request.prompt_hash and found:
            return request.user[len(before) : len(request.user) - len(after)]
    raise InputError(
        "the recorded call was not made from one of this version's prompts, so it has no context to put in",
        where="--prompt",
        do="give the whole prompt: 'tutelage trace show DIR STEP --prompt' prints the recorded one",
    )


def seed_from(text: str) -> int:
    """A seed that every server takes (31 bits), the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) & 0x7FFFFFFF


def describe(failure: StructuredFailure | None) -> str:
    """A failed structured answer in one line."""
    return "it is empty" if failure is None else one_line(f"{failure.reason}: {failure.detail}")


def one_line(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())
