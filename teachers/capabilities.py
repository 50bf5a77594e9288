"""What an endpoint can do, as measured, and what Tutelage makes of it. Pure; ``check`` does the measuring."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Literal

from tutelage.pedagogy.records import Record

Support = Literal["honoured", "accepted", "refused", "unknown"]
"""Does what was asked; takes the parameter and ignores it; says no; gave no usable answer."""

# A level of concurrency is worth it where it adds a tenth to the speed.
_WORTH = 1.1


class Load(Record):
    """One level of concurrency.

    Attributes:
        concurrency: Calls sent at once.
        failed: Of these.
        latency_s: Median, of the calls that were answered; None where none was.
        tokens_per_second: Completion tokens of all calls over the time until the last one was answered.
    """

    concurrency: int
    failed: int
    latency_s: float | None
    tokens_per_second: float


class Capabilities(Record):
    """What was measured of one model at one endpoint.

    Attributes:
        models: Everything the endpoint serves.
        reasoning_field: Where the model's thinking comes back, if it comes back.
        context_tokens: The longest prompt plus reply; None where the server does not tell.
        context_told_by: How the server told it.
    """

    base_url: str
    model: str
    is_language_model: bool
    models: tuple[str, ...]
    json_schema: Support
    json_object: Support
    logprobs: Support
    n: Support
    seed: Support
    reasoning_field: Literal["reasoning", "reasoning_content"] | None
    context_tokens: int | None
    context_told_by: Literal["list of models", "refusal"] | None
    loads: tuple[Load, ...]


class CapabilityRow(Record):
    """One line of the table: what was looked at, what was found, and what Tutelage does about it."""

    name: str
    measured: str
    use: str


def rows(found: Capabilities) -> tuple[CapabilityRow, ...]:
    """The table of ``tutelage teacher check``."""
    return (
        _row("models", ", ".join(found.models), _model_line(found)),
        _row("json_schema", found.json_schema, _SCHEMA_USE[found.json_schema]),
        _row("json_object", found.json_object, _OBJECT_USE[found.json_object]),
        _row("logprobs", found.logprobs, "not used"),
        _row("n", found.n, "not used: samples are asked for one by one"),
        _row("seed", found.seed, _SEED_USE[found.seed]),
        _row("reasoning", found.reasoning_field or "none seen", "kept beside the reply, never taught"),
        _row("context", _context_line(found), _context_use(found)),
        *(_load_row(load) for load in found.loads),
        _row("best concurrency", *_best(found.loads)),
    )


_SCHEMA_USE: dict[Support, str] = {
    "honoured": "json_schema",
    "accepted": "json_schema; after two replies off the schema json_object with the schema in the prompt",
    "refused": "json_object with the schema in the prompt, if it is taken; else the prompt alone",
    "unknown": "json_schema until it is refused",
}
_OBJECT_USE: dict[Support, str] = {
    "honoured": "where json_schema is not",
    "accepted": "where json_schema is not; replies are read out of fences and words",
    "refused": "the prompt alone, where json_schema is refused too",
    "unknown": "where json_schema is not, until it is refused",
}
_SEED_USE: dict[Support, str] = {
    "honoured": "sent with every sampled question",
    "accepted": "sent; a question that is asked again may be answered differently",
    "refused": "set no seed for this endpoint: questions with one are refused",
    "unknown": "sent with every sampled question",
}


def _row(name: str, measured: str, use: str) -> CapabilityRow:
    return CapabilityRow(name=name, measured=measured, use=use)


def _model_line(found: Capabilities) -> str:
    return found.model if found.is_language_model else f"{found.model} (not a language model)"


def _context_line(found: Capabilities) -> str:
    if found.context_tokens is None:
        return "the server does not tell"
    return f"{found.context_tokens} tokens (told by its {found.context_told_by})"


def _context_use(found: Capabilities) -> str:
    if found.context_told_by == "list of models":
        return "the reply's length is cut to what fits beside the prompt"
    length = "" if found.context_tokens is None else f" to {found.context_tokens}"
    return f"set context_tokens{length}: it is not read by itself here"


def _load_row(load: Load) -> CapabilityRow:
    latency = "no reply" if load.latency_s is None else f"{load.latency_s:.2f} s a call"
    failed = f", {load.failed} of {load.concurrency} failed" if load.failed else ""
    return _row(f"{load.concurrency} at once", f"{latency}, {load.tokens_per_second:.0f} tokens/s{failed}", "")


def _best(loads: Sequence[Load]) -> tuple[str, str]:
    best: Load | None = None
    for load in loads:
        if not load.failed and (best is None or load.tokens_per_second > _WORTH * best.tokens_per_second):
            best = load
    if best is None:
        return "no level without failures", "lower max_concurrency below the first level that was answered"
    return str(best.concurrency), f"set max_concurrency to {best.concurrency} or more"


def choices(body: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The choices of a Chat Completions body, forgiving about what is missing."""
    found = [] if body is None else body.get("choices")
    return [choice for choice in found if isinstance(choice, dict)] if isinstance(found, list) else []


def message(body: Mapping[str, Any] | None) -> dict[str, Any]:
    """The first choice's message, empty where there is none."""
    found = choices(body)
    said = found[0].get("message") if found else None
    return said if isinstance(said, dict) else {}


def text(body: Mapping[str, Any] | None) -> str:
    """The first choice's text."""
    said = message(body).get("content")
    return said if isinstance(said, str) else ""


def completion_tokens(body: Mapping[str, Any] | None) -> int:
    """As the server counts; 0 where it does not."""
    usage = {} if body is None else body.get("usage")
    counted = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return counted if isinstance(counted, int) and counted > 0 else 0


def read_object(written: str) -> dict[str, Any] | None:
    """The text as one JSON object and nothing else, or None."""
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_load(concurrency: int, seconds: Sequence[float], tokens: int, wall_s: float) -> Load:
    """A level's figures out of the latencies of the calls that were answered."""
    return Load(
        concurrency=concurrency,
        failed=concurrency - len(seconds),
        latency_s=round(median(seconds), 4) if seconds else None,
        tokens_per_second=round(tokens / wall_s, 1) if wall_s > 0 else 0.0,
    )
