"""A vLLM server as the student's engine: which base it holds, adapters loaded while it runs, tokens continued.

Tokens go in and tokens come back, so the chat template, the end tokens and the text are ours and not the server's.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from tutelage.errors import StudentServerError
from tutelage.pedagogy.records import Record
from tutelage.training.contracts import Sampling

# A long answer on a CPU takes minutes; a connection does not.
_ANSWER_S, _CONNECT_S = 600.0, 10.0
_TRIES, _PAUSE_S = 3, 0.5
_QUOTED = 200

Said = TypeVar("Said", bound=BaseModel)


class Continuation(Record):
    """What follows a prompt: new tokens, the end token left out, and whether the answer ended by itself."""

    tokens: tuple[int, ...]
    ended: bool


class _Model(BaseModel):
    id: str
    parent: str | None = None


class _Sleeping(BaseModel):
    is_sleeping: bool


class _Models(BaseModel):
    data: list[_Model]


class _Scored(BaseModel):
    logprob: float


class _Choice(BaseModel):
    finish_reason: str | None = None
    token_ids: list[int] | None = None
    prompt_logprobs: list[dict[int, _Scored] | None] | None = None


class _Completion(BaseModel):
    choices: list[_Choice]


class _Transient(Exception):
    """What another try may mend."""


class Server:
    """One server, asked by at most ``at_once`` requests at a time."""

    def __init__(self, url: str, client: httpx2.AsyncClient, at_once: int, called: str) -> None:
        self.url = url
        self._called = called
        self._client = client
        self._turns = asyncio.Semaphore(at_once)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, url: str, at_once: int, called: str = "the student's server") -> AsyncIterator[Self]:
        """A server for the length of the block; nothing is asked yet.

        Args:
            url: base URL of its OpenAI-compatible interface, as http://127.0.0.1:8000/v1.
            at_once: most requests in flight.
            called: what an error calls it.
        """
        timeout = httpx2.Timeout(_ANSWER_S, connect=_CONNECT_S)
        limits = httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once)
        # It reads our disk, so it is near: no proxy lies between.
        async with httpx2.AsyncClient(timeout=timeout, limits=limits, trust_env=False) as client:
            yield cls(url.rstrip("/"), client, at_once, called)

    async def base(self) -> str:
        """The name of the base model that is served.

        Raises:
            StudentServerError: nothing answers, or it serves no base model.
        """
        name = next((name for name, parent in (await self.models()).items() if parent is None), None)
        if name is None:
            raise self._error("it serves no base model")
        return name

    async def models(self) -> dict[str, str | None]:
        """The names that it answers to, each with the base that an adapter stands on; None for a base itself.

        Raises:
            StudentServerError: nothing answers.
        """
        return {model.id: model.parent for model in self._read(_Models, await self._ask("GET", "/models", None)).data}

    async def there(self) -> bool:
        """Whether anything answers."""
        try:
            await self._ask_once("GET", "/models", None)
        except (_Transient, StudentServerError):
            return False
        return True

    async def sleeping(self) -> bool:
        """Whether it has laid its weights aside.

        Raises:
            StudentServerError: it went away, or cannot sleep.
        """
        return self._read(_Sleeping, await self._ask("GET", "/is_sleeping", None)).is_sleeping

    async def sleep(self) -> None:
        """Lay the weights aside in the machine's memory, and forget what was computed.

        Raises:
            StudentServerError: it went away, or cannot sleep.
        """
        await self._ask("POST", "/sleep?level=1", None)

    async def wake(self) -> None:
        """Take the weights back.

        Raises:
            StudentServerError: it went away, or cannot wake.
        """
        await self._ask("POST", "/wake_up", None)

    @contextlib.asynccontextmanager
    async def adapter(self, folder: Path) -> AsyncIterator[str]:
        """Load an adapter for the length of the block. Yields the name that it is asked by, which was never used yet.

        Raises:
            StudentServerError: the server cannot load it.
        """
        name = f"tutelage-{secrets.token_hex(6)}"
        await self._ask("POST", "/load_lora_adapter", {"lora_name": name, "lora_path": _whole_path(folder)})
        try:
            yield name
        finally:
            # A server that is gone holds no adapter.
            with contextlib.suppress(StudentServerError):
                await self._ask("POST", "/unload_lora_adapter", {"lora_name": name})

    async def follow(
        self,
        model: str,
        prompt: Sequence[int],
        ends: Sequence[int],
        stop: Sequence[str],
        limit: int,
        sampling: Sampling | None = None,
    ) -> Continuation:
        """What follows a prompt, up to an end token, a stop string or ``limit`` tokens.

        Greedily, unless ``sampling`` says how.

        Raises:
            StudentServerError: it went away, refuses, or does not say the tokens.
        """
        # Penalties are said outright: a server takes those of the model's generation_config otherwise.
        body = {
            "model": model, "prompt": list(prompt), "max_tokens": limit, "repetition_penalty": 1,
            **({"temperature": 0} if sampling is None else sampling.model_dump()),
            "stop": list(stop), "stop_token_ids": list(ends), "return_token_ids": True,
        }  # fmt: skip
        choice = await self._complete(body)
        if choice.token_ids is None:
            raise self._error("it does not say the tokens of its answers", do="use vLLM 0.10.2 or later")
        tokens, ended = choice.token_ids, choice.finish_reason == "stop"
        if tokens and tokens[-1] in ends:
            tokens = tokens[:-1]
        return Continuation(tokens=tuple(tokens), ended=ended)

    async def score(self, model: str, tokens: Sequence[int]) -> list[float]:
        """The log-probability of each token but the first, given those before it.

        Raises:
            StudentServerError: it went away, refuses, or does not say them.
        """
        body = {"model": model, "prompt": list(tokens), "max_tokens": 1, "temperature": 0, "prompt_logprobs": 0}
        scored = (await self._complete(body)).prompt_logprobs
        if scored is None or len(scored) != len(tokens):
            raise self._error("it does not say the log-probabilities of a prompt")
        pairs = zip(tokens[1:], scored[1:], strict=True)
        found = [None if of is None else of.get(token) for token, of in pairs]
        if None in found:
            raise self._error("it does not say the log-probability of every token of a prompt")
        return [one.logprob for one in found if one is not None]

    async def score_text(self, model: str, text: str) -> list[float]:
        """The log-probability of each token of a text but the first, in the server's own tokens.

        Raises:
            StudentServerError: it went away, refuses, or does not say them.
        """
        body = {"model": model, "prompt": text, "max_tokens": 1, "temperature": 0, "prompt_logprobs": 0}
        scored = (await self._complete(body)).prompt_logprobs
        if not scored or not all(scored[1:]):
            raise self._error("it does not say the log-probabilities of a prompt")
        return [one.logprob for of in scored[1:] if of for one in of.values()]

    async def _complete(self, body: dict[str, Any]) -> _Choice:
        choices = self._read(_Completion, await self._ask("POST", "/completions", body)).choices
        if len(choices) != 1:
            raise self._error(f"{len(choices)} answers to one prompt")
        return choices[0]

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        """Ask, and again where the connection or the server failed: a greedy answer is the same twice."""
        async with self._turns:
            for _ in range(_TRIES - 1):
                try:
                    return await self._ask_once(method, path, body)
                except _Transient:
                    await asyncio.sleep(_PAUSE_S)
            try:
                return await self._ask_once(method, path, body)
            except _Transient as error:
                raise self._error(str(error)) from error

    async def _ask_once(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        try:
            root = self.url.removesuffix("/v1") if path.startswith(_OUTSIDE) else self.url
            reply = await self._client.request(method, root + path, json=body)
        except httpx2.TransportError as error:
            raise _Transient(f"it does not answer ({type(error).__name__}: {error})") from error
        if reply.status_code == httpx2.codes.OK:
            return reply.content
        refusal = f"{method} {path} gives {reply.status_code}: {reply.text[:_QUOTED]}"
        if reply.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise _Transient(refusal)
        raise self._error(refusal, do=next((do for start, do in _ADVICE.items() if path.startswith(start)), None))

    def _read(self, kind: type[Said], data: bytes) -> Said:
        try:
            return kind.model_validate_json(data)
        except ValidationError as error:
            raise self._error(f"it says {data[:_QUOTED]!r}") from error

    def _error(self, what: str, do: str | None = None) -> StudentServerError:
        return StudentServerError(f"{self._called} cannot be used: {what}", where=self.url, do=do)


def _whole_path(folder: Path) -> str:
    """The folder as another process finds it, links resolved: ``current`` may point elsewhere tomorrow."""
    return str(folder.resolve())


# vLLM has these beside /v1 and not in it.
_OUTSIDE = ("/is_sleeping", "/sleep", "/wake_up")
_ADVICE = {
    "/load_lora_adapter": (
        "start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, on this machine's disk"
    ),
    **dict.fromkeys(_OUTSIDE, "start vLLM with --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1"),
}
