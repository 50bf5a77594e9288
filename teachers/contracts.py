"""What crosses the boundary to a teacher: the endpoint, one question to it, and one reply from it."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, JsonValue, field_validator

from tutelage.files import canonical_json, sha256_text
from tutelage.pedagogy.records import Record
from tutelage.teachers.settings import EndpointSettings

TeacherRole = Literal["diagnostician", "planner", "tutor", "reference", "judge"]

NOT_A_LANGUAGE_MODEL = "tutelage (a procedural generator, not a language model)"
"""``owned_by`` of the offline teacher's model entry: how an endpoint tells that it is not a language model."""


class Endpoint(EndpointSettings):
    """An OpenAI-compatible server, without any secret.

    Attributes:
        base_url: As the OpenAI clients want it, normally ending in ``/v1``.
        identity: What call ids are built from instead of ``base_url``, for managed servers whose port changes.
        is_language_model: False for procedural teachers; the report says so.
    """

    # A wrong base_url may hold a password, and pydantic repeats the input in its messages.
    model_config = ConfigDict(hide_input_in_errors=True)

    name: str
    base_url: str
    identity: str | None = None
    is_language_model: bool = True

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value)
        # Asking for the port raises ValueError where it is none; connecting would raise what no library expects.
        if parts.scheme not in ("http", "https") or not parts.hostname or (parts.port or 0) < 0:
            raise ValueError("base_url must start with http:// or https:// and name a host")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("base_url must hold no credentials or query; name the key's variable in api_key_env")
        return value.rstrip("/")


class Repair(Record):
    """The second turn of a request whose first reply could not be used: what was said, and what was wrong with it."""

    reply: str
    complaint: str


class Request(Record):
    """One question to a teacher.

    ``role``, ``module`` and ``prompt_hash`` say who asks and why. They are no part of the call id: the same question
    is the same call.
    """

    role: TeacherRole
    system: str
    user: str
    schema_name: str | None = None
    json_schema: dict[str, JsonValue] | None = None
    temperature: float
    max_tokens: int
    seed: int | None = None
    sample: int = 0
    prompt_hash: str
    module: str | None = None
    repair: Repair | None = None

    @property
    def characters(self) -> int:
        """How long its prompt is."""
        return sum(len(message["content"]) for message in messages(self))


class Reply(Record):
    """One answer of a teacher.

    Attributes:
        call_id: Content hash of the question; names the reply's file.
        text: Empty where the server sent no choice or no content; ``finish_reason`` then says what it gave.
        prompt_tokens: As the server counts; a quarter of the characters where it does not count.
        completion_tokens: Likewise.
        endpoint: The endpoint's name.
        model: As the server calls itself in the reply.
        seconds: Of the attempt that succeeded.
        cached: Read back from the reply store instead of asked.
        paid: False where this run took the reply over from an earlier run's, through the shared cache.
    """

    call_id: str
    text: str
    reasoning: str | None
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    endpoint: str
    model: str
    seconds: float
    cached: bool
    paid: bool = True


def messages(request: Request) -> list[dict[str, str]]:
    """The request as chat messages. An empty system prompt is left out."""
    turns = [{"role": "system", "content": request.system}] if request.system else []
    turns.append({"role": "user", "content": request.user})
    if request.repair is not None:
        turns.append({"role": "assistant", "content": request.repair.reply})
        turns.append({"role": "user", "content": request.repair.complaint})
    return turns


def call_id(endpoint: Endpoint, request: Request) -> str:
    """Content hash of everything that the answer depends on: who is asked, and what."""
    sampling = endpoint.sampling.model_dump(exclude_none=True)
    return sha256_text(
        canonical_json(
            {
                "endpoint": endpoint.identity or endpoint.base_url,
                "model": endpoint.model,
                "extra_body": endpoint.extra_body,
                "messages": messages(request),
                "schema": [request.schema_name, request.json_schema],
                "temperature": request.temperature,
                "max_tokens": request.max_tokens,
                "seed": request.seed,
                "sample": request.sample,
                **({"sampling": sampling} if sampling else {}),
            }
        )
    )
