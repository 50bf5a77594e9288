"""What must be in no file: the values that an endpoint's key and headers take from the environment."""

from __future__ import annotations

import os

from tutelage.errors import ConfigError
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.settings import FromEnvironment


def key_of(endpoint: Endpoint) -> str:
    """The key out of the environment, read anew at every use; empty where the endpoint needs none.

    Raises:
        ConfigError: the variable is not set, or holds what cannot be a key.
    """
    return "" if endpoint.api_key_env is None else _read(endpoint.api_key_env, endpoint)


def headers_of(endpoint: Endpoint) -> dict[str, str]:
    """The endpoint's headers as they are sent.

    Raises:
        ConfigError: as ``key_of``.
    """
    return {
        name: _read(said.env, endpoint) if isinstance(said, FromEnvironment) else said
        for name, said in endpoint.headers.items()
    }


def secrets_of(endpoint: Endpoint) -> tuple[str, ...]:
    """Every secret of the endpoint, longest first, so that none hides a piece of another."""
    found = {_read(said.env, endpoint) for said in endpoint.headers.values() if isinstance(said, FromEnvironment)}
    return tuple(sorted({*found, key_of(endpoint)} - {""}, key=lambda secret: (-len(secret), secret)))


def _read(variable: str, endpoint: Endpoint) -> str:
    value = os.environ.get(variable, "").strip()
    where = f"teacher {endpoint.name}"
    if not value:
        raise ConfigError(
            f"the environment variable {variable} is not set",
            where=where,
            do=f"export {variable}=... and start again",
        )
    if not (value.isascii() and value.isprintable()) or " " in value.removeprefix("Bearer "):
        # Sent as a header it would fail in the HTTP library, whose message repeats it.
        raise ConfigError(
            f"the environment variable {variable} holds characters that no key has", where=where, do="set it again"
        )
    return value
