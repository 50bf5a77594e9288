"""What an endpoint serves: the cheap check before a run starts."""

from __future__ import annotations

import json
from typing import Any

from tutelage.errors import TeacherModelMissing, TeacherRefused, TeacherUnreachable
from tutelage.teachers.connection import Connection
from tutelage.teachers.contracts import NOT_A_LANGUAGE_MODEL, Endpoint
from tutelage.teachers.retry import Failure

LONGEST_PROBE_S = 10.0


async def probe_endpoint(endpoint: Endpoint) -> Endpoint:
    """Ask the endpoint for its models, once.

    Returns:
        The endpoint with its ``model`` filled in, ``context_tokens`` where the server tells it and the endpoint does
        not, and ``is_language_model`` False where the model's entry says that it is none.

    Raises:
        TeacherUnreachable: nothing answers at ``base_url``, or not with a list of models.
        TeacherRefused: the server answers, but refuses (a wrong key, mostly).
        TeacherModelMissing: the named model is not served, or none is named and there is not exactly one.
    """
    return (await probe_entries(endpoint))[0]


async def probe_entries(endpoint: Endpoint) -> tuple[Endpoint, tuple[str, ...]]:
    """As ``probe_endpoint``, with the names of all models that are served."""
    entries = await _entries(endpoint)
    entry = _chosen(endpoint, entries)
    context = entry.get("max_model_len")
    named = endpoint.model_copy(
        update={
            "model": entry["id"],
            "context_tokens": endpoint.context_tokens or (context if isinstance(context, int) else None),
            "is_language_model": endpoint.is_language_model and entry.get("owned_by") != NOT_A_LANGUAGE_MODEL,
        }
    )
    return named, tuple(sorted(entry["id"] for entry in entries))


async def _entries(endpoint: Endpoint) -> list[dict[str, Any]]:
    quick = endpoint.model_copy(update={"timeout_s": min(LONGEST_PROBE_S, endpoint.timeout_s)})
    connection = Connection(quick)
    try:
        answer = await connection.models()
    finally:
        await connection.close()
    if isinstance(answer, Failure):
        raise _error(endpoint, answer)
    try:
        return _read_entries(answer)
    except (ValueError, RecursionError):
        raise _error(endpoint, Failure(status=None, message="the answer is not a list of models")) from None


def _read_entries(body: bytes) -> list[dict[str, Any]]:
    value = json.loads(body.decode("utf-8"))
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, list):
        raise ValueError("no list of models")
    return [entry for entry in data if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def _error(endpoint: Endpoint, failure: Failure) -> TeacherUnreachable | TeacherRefused:
    if failure.is_final:
        ends = "" if endpoint.base_url.endswith("/v1") else ": it normally ends in /v1"
        do = f"check the address{ends}" if failure.status == 404 else "check the address and key"
        return TeacherRefused(f"GET models is refused ({failure.said})", where=endpoint.base_url, do=do)
    return TeacherUnreachable(
        f"no teacher answers ({failure.said})", where=endpoint.base_url, do="start the server or correct base_url"
    )


def _chosen(endpoint: Endpoint, entries: list[dict[str, Any]]) -> dict[str, Any]:
    served = {entry["id"]: entry for entry in entries}
    if endpoint.model is None and len(served) == 1:
        return entries[0]
    if endpoint.model is not None and endpoint.model in served:
        return served[endpoint.model]
    wanted = (
        "no model is named and there is not exactly one" if endpoint.model is None else f"no model {endpoint.model!r}"
    )
    raise TeacherModelMissing(
        f"{wanted}; it serves: {', '.join(sorted(served)) or 'none'}", where=endpoint.base_url, do="name one of these"
    )
