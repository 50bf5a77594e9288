"""How an endpoint is talked to: all of a teacher's configuration but its address and its name."""

from __future__ import annotations

import re

from pydantic import Field, JsonValue, field_validator

from tutelage.pedagogy.records import Record

# A header whose name reads like this holds a secret; its value may stand in no file of ours.
_SECRET_NAME = re.compile(r"auth|key|token|secret|cookie|password|signature|credential", re.IGNORECASE)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# No key has this form, so that one given in the place of its variable's name is refused and written nowhere.
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"


class Prices(Record):
    """Dollars for a million tokens."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)

    def dollars(self, prompt_tokens: float, completion_tokens: float) -> float:
        """What so many tokens cost."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


class Sampling(Record):
    """Sent with every request to the endpoint. ``temperature`` takes the place of the one that a role asks for."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)


class FromEnvironment(Record):
    """A value that stands in an environment variable and in no file."""

    env: str = Field(pattern=VARIABLE)


class EndpointSettings(Record):
    """What a teacher's file may say of an endpoint besides its address. Never a secret itself.

    Attributes:
        model: None means the only model that the server has; ``probe_endpoint`` fills it in.
        api_key_env: Name of the environment variable that holds the key. Never the key.
        headers: Sent with every request: a plain value, or ``{env: VARIABLE}`` for one that is secret.
        context_tokens: The longest prompt plus reply, where known.
        prices: None where nobody said; dollars are then unknown, not nothing.
        extra_body: Sent along with every request (for example vLLM's ``chat_template_kwargs``).
        timeout_s: For one attempt, from the request to the last byte of the reply.
        max_retries: Further attempts after the first one. Being throttled (429) is no failure and does not count.
        stall_s: How long an endpoint that is asked may give no reply at all before the run stops; never taken to be
            shorter than ``timeout_s``.
    """

    model: str | None = None
    api_key_env: str | None = Field(default=None, pattern=VARIABLE)
    headers: dict[str, str | FromEnvironment] = Field(default_factory=dict)
    context_tokens: int | None = Field(default=None, ge=1)
    prices: Prices | None = None
    max_concurrency: int = Field(default=8, ge=1)
    sampling: Sampling = Sampling()
    extra_body: dict[str, JsonValue] = Field(default_factory=dict)
    timeout_s: float = Field(default=120, gt=0)
    max_retries: int = Field(default=4, ge=0)
    stall_s: float = Field(default=300, gt=0)

    @field_validator("headers")
    @classmethod
    def _no_secret(cls, value: dict[str, str | FromEnvironment]) -> dict[str, str | FromEnvironment]:
        for name, said in value.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a header")
            if isinstance(said, str) and _SECRET_NAME.search(name):
                raise ValueError(f"{name} reads like a secret: say {{env: VARIABLE}} and keep it out of the file")
            if isinstance(said, str) and not (said.isascii() and said.isprintable()):
                raise ValueError(f"{name} holds characters that no header has")
        return value
