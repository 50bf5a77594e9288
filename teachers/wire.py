"""Chat Completions as it travels: a request's parameters, a reply's fields, and what an endpoint does not speak."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import JsonValue

from tutelage.pedagogy.records import Record
from tutelage.teachers.contracts import Endpoint, Request, messages
from tutelage.teachers.retry import Failure

SchemaMode = Literal["json_schema", "json_object", "prompt"]
_NEXT_MODE: dict[SchemaMode, SchemaMode] = {"json_schema": "json_object", "json_object": "prompt"}

NO_CHOICE = "no_choice"
CHARACTERS_A_TOKEN = 4
# Prompts are full of digits and JSON, which take a token for fewer characters than prose does.
_FEWEST_CHARACTERS_A_TOKEN = 2.5
_LEAST_ROOM = 64
# One may be a mishap, on the way through a proxy for instance.
MOST_IGNORED = 2


class Dialect(Record):
    """What an endpoint accepts, found out by being refused and remembered from then on."""

    schema_mode: SchemaMode = "json_schema"
    max_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True

    def after(self, failure: Failure, request: Request) -> Dialect | None:
        """The dialect to try next, where the refusal is about a parameter that we can do without; else None."""
        if failure.status not in (400, 422):
            return None
        said = failure.message.lower()
        if self.wants_other_limit(failure):
            return self.with_other_limit()
        if self.temperature and "unsupported" in said and "temperature" in said:
            return self.model_copy(update={"temperature": False})
        about_format = "response_format" in said or "json_schema" in said or "json_object" in said
        if request.json_schema is not None and about_format and self.schema_mode in _NEXT_MODE:
            return self.model_copy(update={"schema_mode": _NEXT_MODE[self.schema_mode]})
        return None

    def wants_other_limit(self, failure: Failure) -> bool:
        """Whether the refusal asks for ``max_completion_tokens`` in the place of ``max_tokens``."""
        said = failure.message.lower()
        refused = failure.status in (400, 422) and "unsupported" in said and "max_completion_tokens" in said
        return self.max_tokens == "max_tokens" and refused

    def with_other_limit(self) -> Dialect:
        """This dialect with ``max_completion_tokens``."""
        return self.model_copy(update={"max_tokens": "max_completion_tokens"})

    def without_json_schema(self) -> Dialect:
        """This dialect for a server that accepts ``json_schema`` and ignores it: the prompt carries the schema."""
        return self.model_copy(update={"schema_mode": "json_object"}) if self.schema_mode == "json_schema" else self


def honours_schema(completion: Completion, request: Request, spoken: Dialect) -> bool | None:
    """Whether a reply can come from a server that honours the ``json_schema`` it was sent; None where it tells nothing.

    A server that ignores it costs a repair turn for nearly every reply, since its model never sees the schema.
    """
    if request.json_schema is None or spoken.schema_mode != "json_schema" or completion.finish_reason != "stop":
        return None
    return _may_be_constrained(completion.text, request.json_schema)


def _may_be_constrained(text: str, schema: Mapping[str, JsonValue]) -> bool:
    """Whether a server that honours the schema can have sent this: one JSON object that has the required keys."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    required = schema.get("required")
    return isinstance(value, dict) and (not isinstance(required, list) or all(key in value for key in required))


def parameters(endpoint: Endpoint, request: Request, dialect: Dialect) -> dict[str, Any]:
    """The keyword arguments of ``chat.completions.create``.

    The seed sent is ``seed + sample``: samples of one question must be able to differ.
    """
    sent: dict[str, Any] = {
        "model": endpoint.model,
        "messages": _messages(request, dialect),
    }
    sent[dialect.max_tokens] = _room(endpoint, request, sent["messages"])
    sent |= endpoint.sampling.model_dump(exclude={"temperature"}, exclude_none=True)
    if dialect.temperature:
        said = endpoint.sampling.temperature
        sent["temperature"] = request.temperature if said is None else said
    if request.seed is not None:
        sent["seed"] = request.seed + request.sample
    if request.json_schema is not None and dialect.schema_mode != "prompt":
        sent["response_format"] = _response_format(request, dialect.schema_mode)
    if endpoint.extra_body:
        sent["extra_body"] = endpoint.extra_body
    return sent


def _room(endpoint: Endpoint, request: Request, turns: list[dict[str, str]]) -> int:
    """The longest reply that fits the context beside the prompt; servers refuse what might not fit."""
    if endpoint.context_tokens is None:
        return request.max_tokens
    prompt = math.ceil(sum(len(turn["content"]) for turn in turns) / _FEWEST_CHARACTERS_A_TOKEN)
    return min(request.max_tokens, max(_LEAST_ROOM, endpoint.context_tokens - prompt))


def _response_format(request: Request, mode: SchemaMode) -> dict[str, Any]:
    if mode == "json_object":
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {"name": request.schema_name or "answer", "schema": request.json_schema},
    }


def _messages(request: Request, dialect: Dialect) -> list[dict[str, str]]:
    """The chat messages; where the endpoint takes no schema, the system message carries it."""
    if request.json_schema is None or dialect.schema_mode == "json_schema":
        return messages(request)
    schema = json.dumps(request.json_schema, ensure_ascii=False)
    rule = f"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{schema}"
    return messages(request.model_copy(update={"system": f"{request.system}\n\n{rule}".strip()}))


class Completion(Record):
    """The fields of a reply that we use."""

    text: str
    reasoning: str | None
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    model: str


def read_completion(body: bytes, request: Request, endpoint: Endpoint) -> Completion:
    """Read a Chat Completions body, forgiving about what is missing.

    Raises:
        ValueError: not JSON, or not an object.
        RecursionError: JSON nested too deeply to read.
    """
    # A stray byte inside the text of a reply that was paid for is no reason to pay for it again.
    value = json.loads(body.decode("utf-8", "replace"))
    if not isinstance(value, dict):
        raise ValueError("the body is not a JSON object")
    choices = value.get("choices")
    choice = _object(choices[0]) if isinstance(choices, list) and choices else None
    message = _object(choice.get("message")) if choice is not None else {}
    text = _text(message.get("content")) or ""
    reasoning = _text(message.get("reasoning")) or _text(message.get("reasoning_content"))
    usage = _object(value.get("usage"))
    prompt = "".join(turn["content"] for turn in messages(request))
    return Completion(
        text=text,
        reasoning=reasoning,
        finish_reason=NO_CHOICE if choice is None else _text(choice.get("finish_reason")) or "unknown",
        prompt_tokens=_tokens(usage.get("prompt_tokens"), prompt),
        completion_tokens=_tokens(usage.get("completion_tokens"), text + (reasoning or "")),
        model=_text(value.get("model")) or endpoint.model or "",
    )


def _object(value: JsonValue) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    """A string that can be written as UTF-8 (JSON may escape half a surrogate pair), or None."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _tokens(counted: object, text: str) -> int:
    """The server's count, or an estimate where it gives none: a budget must see something."""
    if isinstance(counted, int) and counted >= 0:
        return counted
    return math.ceil(len(text) / CHARACTERS_A_TOKEN)
