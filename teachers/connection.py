"""The network side of a teacher: openai's client, its failures as values, and the key kept out of everything."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import openai

from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.retry import Failure, retry_after_s
from tutelage.teachers.secrets import headers_of, key_of, secrets_of
from tutelage.teachers.transport import Transport

LONGEST_MESSAGE = 500

# Local servers are given words such as "EMPTY" or "none" for a key; these are no secret, and replies may use them.
_SHORTEST_SECRET = 8
_HIDDEN = b"[key]"

# They log what servers send, in which a key may be repeated.
for _library in ("httpcore2", "httpx2", "openai"):
    logging.getLogger(_library).setLevel(logging.WARNING)


class Connection:
    """An openai client of one endpoint. Its calls return the body or a ``Failure``; they raise nothing of openai's.

    The failure is a value so that no exception of ours carries openai's as its cause: that one holds the server's
    words, which may repeat the key.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client = openai.AsyncOpenAI(
            # Always given: openai would otherwise send the user's OPENAI_API_KEY to whatever address this is.
            api_key=self._key,
            base_url=endpoint.base_url,
            max_retries=0,
            timeout=endpoint.timeout_s,
            # Uncompressed, so that the bytes we count are the bytes we hold.
            default_headers={"Accept-Encoding": "identity"},
            http_client=openai.DefaultAsyncHttpxClient(
                transport=Transport(endpoint.base_url),
                # Prompts go to the address the user named, and nowhere else.
                follow_redirects=False,
            ),
        )

    async def complete(self, parameters: dict[str, Any]) -> bytes | Failure:
        """POST chat/completions. ``extra_body`` stands for its items, which win over the rest."""
        body = {**parameters, **parameters.get("extra_body", {})}
        body.pop("extra_body", None)
        # Not chat.completions.create, which takes longer to check and copy the parameters than all of our own work.
        return await self._call(
            lambda: self._client.post(
                "/chat/completions", body=body, cast_to=httpx2.Response, options={"headers": headers_of(self._endpoint)}
            )
        )

    async def models(self) -> bytes | Failure:
        """GET models."""
        return await self._call(
            lambda: self._client.get(
                "/models", cast_to=httpx2.Response, options={"headers": headers_of(self._endpoint)}
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _call(self, send: Callable[[], Awaitable[httpx2.Response]]) -> bytes | Failure:
        try:
            # openai's own timeout starts anew with every byte that drips in; this one does not.
            async with asyncio.timeout(self._endpoint.timeout_s):
                body = (await send()).content
        except openai.APIStatusError as error:
            return self._refusal(error)
        except (TimeoutError, openai.APITimeoutError):
            return Failure(status=None, message=f"no reply within {self._endpoint.timeout_s:g} s", timed_out=True)
        except (openai.APIError, OSError, ValueError) as error:
            return Failure(status=None, message=self._clean(f"{type(error).__name__}: {error.__cause__ or error}"))
        return self._without_key(body)

    def _refusal(self, error: openai.APIStatusError) -> Failure:
        body = error.body if isinstance(error.body, dict) else {}
        message, code = body.get("message"), body.get("code")
        return Failure(
            status=error.status_code,
            message=self._clean(message if isinstance(message, str) else error.message),
            code=code if isinstance(code, str) else None,
            retry_after_s=retry_after_s(error.response.headers, datetime.now(UTC)),
        )

    async def _key(self) -> str:
        return key_of(self._endpoint) or "none"

    def _without_key(self, data: bytes) -> bytes:
        """``data`` with the secrets blanked: what a server repeats to us ends up in files and error messages."""
        secrets = [secret.encode() for secret in secrets_of(self._endpoint) if len(secret) >= _SHORTEST_SECRET]
        if secrets and b"\\" in data:
            data = _unescaped(data)
        for secret in secrets:
            data = data.replace(secret, _HIDDEN)
        return data

    def _clean(self, said: str) -> str:
        """A server's words for an error message: without the key, and not endless."""
        return self._without_key(said.encode("utf-8", "replace")).decode()[:LONGEST_MESSAGE]


def _unescaped(data: bytes) -> bytes:
    """JSON with every character written as itself: a key may hide in escapes. Other data as it is."""
    try:
        return json.dumps(json.loads(data), ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return data
