"""What the offline teacher answers: a pure function of the request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from tutelage.files import sha256_text
from tutelage.teachers.offline.contexts import (
    CurriculumContext,
    LessonsContext,
    MapContext,
    MisconceptionsContext,
    NotUnderstood,
    ProbesContext,
    TagsContext,
    read_context,
)
from tutelage.teachers.offline.lessons import lessons, probes
from tutelage.teachers.offline.misconceptions import misconceptions
from tutelage.teachers.offline.planning import curriculum, knowledge_map, modules, tags
from tutelage.teachers.offline.skills import solve

ONLY_ARITHMETIC = "I only know everyday arithmetic."

_TOKEN = re.compile(r"\s*(?:\d|[^\W\d]+|[^\w\s]|_)")


class Prompt(BaseModel):
    """What the offline teacher looks at in a request.

    Attributes:
        texts: The user's messages, first to last.
        schema_name: Name of the JSON schema asked for; None for a plain answer.
    """

    texts: tuple[str, ...]
    schema_name: str | None
    seed: int | None


def answer(prompt: Prompt, choice: int = 0) -> str:
    """The text of one choice: JSON where a schema is asked for, a worked solution for a plain question.

    The same prompt gives the same text; ``choice`` counts the ``n`` answers to one request.

    Raises:
        NotUnderstood: the schema or its context is none of ours.
    """
    if prompt.schema_name is None:
        problem = solve(prompt.texts[-1])
        return ONLY_ARITHMETIC if problem is None else problem.solution
    write = _WRITERS.get(prompt.schema_name)
    if write is None:
        raise NotUnderstood(f"unknown schema {prompt.schema_name!r}; I know {', '.join(sorted(_WRITERS))}")
    # A repair turn carries no context of its own: the last block that was given counts.
    text = next((text for text in reversed(prompt.texts) if "```json" in text), prompt.texts[-1])
    rng = Random(f"{prompt.seed}:{choice}:{sha256_text(text)}")  # noqa: S311 - lessons, no secret
    return json.dumps(write(text, rng), ensure_ascii=False)


def tokens(text: str) -> list[str]:
    """A text in pieces that join to it again, but for white space at its end: words, single digits, signs.

    An approximation of what a tokenizer does, good enough for ``usage`` and ``max_tokens``.
    """
    return _TOKEN.findall(text)


_WRITERS: Mapping[str, Callable[[str, Random], dict[str, Any]]] = MappingProxyType(
    {
        "knowledge_map": lambda text, rng: knowledge_map(read_context(text, MapContext)),
        "modules": lambda text, rng: modules(),
        "tags": lambda text, rng: tags(read_context(text, TagsContext)),
        "misconceptions": lambda text, rng: misconceptions(read_context(text, MisconceptionsContext)),
        "curriculum": lambda text, rng: curriculum(read_context(text, CurriculumContext)),
        "lessons": lambda text, rng: lessons(read_context(text, LessonsContext), rng),
        "probes": lambda text, rng: probes(read_context(text, ProbesContext), rng),
    }
)
