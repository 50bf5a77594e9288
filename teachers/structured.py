"""A typed value out of a teacher: ask, validate, repair once, and never lose a reply."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from tutelage.pedagogy.records import Record
from tutelage.teachers.client import Teacher
from tutelage.teachers.contracts import Repair, Reply, Request

Value = TypeVar("Value", bound=BaseModel)

# A broken reply is quoted in the repair turn; whole, it could push the turn out of the context.
LONGEST_QUOTE = 4000
# Of a hostile reply full of braces we look at this many possible beginnings only.
MOST_BEGINNINGS = 64


class StructuredFailure(Record):
    """Why there is no value: the reply does not fit the schema, or it was cut off by the token limit."""

    reason: Literal["schema", "truncated"]
    detail: str


@dataclass(frozen=True, slots=True)
class Structured(Generic[Value]):
    """The outcome of a structured question: a value or a failure, and every reply that was paid for, in order."""

    value: Value | None
    failure: StructuredFailure | None
    replies: tuple[Reply, ...]


async def ask_structured(teacher: Teacher, request: Request, kind: type[Value]) -> Structured[Value]:
    """Ask for a value of ``kind``, with one repair turn where the reply does not fit.

    A truncated reply is not repaired: the same limit would cut the next one.

    Raises:
        TutelageError: whatever ``Teacher.ask`` raises. A reply that does not fit is no error but a ``failure``.
    """
    first = await teacher.ask(request)
    outcome = read_value(first, kind)
    if not isinstance(outcome, StructuredFailure):
        return Structured(outcome, None, (first,))
    if outcome.reason == "truncated":
        return Structured(None, outcome, (first,))
    second = await teacher.ask(request.model_copy(update={"repair": _repair(first, outcome, request, kind)}))
    outcome = read_value(second, kind)
    if isinstance(outcome, StructuredFailure):
        return Structured(None, outcome, (first, second))
    return Structured(outcome, None, (first, second))


def read_value(reply: Reply, kind: type[Value]) -> Value | StructuredFailure:
    """The value in a reply's text, which may stand in a fence or between words."""
    found = _longest_object(reply.text)
    if found is not None:
        try:
            return kind.model_validate(found)
        except ValidationError as error:
            detail = complaint(error)
    else:
        detail = f"no JSON object in the reply (finish reason: {reply.finish_reason})"
    if reply.finish_reason == "length":
        return StructuredFailure(reason="truncated", detail=f"cut after {reply.completion_tokens} tokens")
    return StructuredFailure(reason="schema", detail=detail)


def read_cut(reply: Reply, kind: type[Value]) -> Value | None:
    """What a reply that the token limit cut holds up to the cut; None where that does not make a ``kind``.

    Only for kinds that say of each of their parts whether it is whole: of the part in which the reply was cut, the
    fields before the cut are read.
    """
    begin = reply.text.find("{")
    try:
        return kind.model_validate(from_json(reply.text[begin:], allow_partial=True)) if begin >= 0 else None
    except (ValueError, RecursionError):  # pydantic's own complaint is a ValueError, too
        return None


def _longest_object(text: str) -> dict[str, Any] | None:
    """The longest JSON object in a text: an object quoted on the way to the answer is shorter than the answer."""
    decoder = json.JSONDecoder()
    best: dict[str, Any] | None = None
    longest, position = 0, text.find("{")
    for _ in range(MOST_BEGINNINGS):
        if position < 0:
            break
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            if end - position > longest:
                best, longest = value, end - position
        position = text.find("{", end)
    return best


def complaint(error: ValidationError) -> str:
    """What pydantic said, a line a field, without the input (which the repair turn quotes anyway)."""
    lines = [f"{'.'.join(map(str, part['loc'])) or 'the object'}: {part['msg']}" for part in error.errors()]
    return "\n".join(lines[:20])


def _repair(reply: Reply, failure: StructuredFailure, request: Request, kind: type[BaseModel]) -> Repair:
    # The schema that was asked for: ``kind`` may accept more than that.
    schema = json.dumps(request.json_schema or kind.model_json_schema(), ensure_ascii=False)
    said = (
        f"That reply cannot be used:\n{failure.detail}\n"
        f"Answer again with one JSON object and nothing else. It must fit this JSON schema:\n{schema}"
    )
    # Some chat templates refuse an empty assistant turn.
    return Repair(reply=reply.text[:LONGEST_QUOTE] or "(empty)", complaint=said)
