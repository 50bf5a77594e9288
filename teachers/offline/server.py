"""The offline teacher over HTTP: /v1/models and /v1/chat/completions, on loopback only."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from pathlib import Path
from typing import Any, Literal

import uvicorn
from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tutelage.teachers.contracts import NOT_A_LANGUAGE_MODEL
from tutelage.teachers.offline.answers import Prompt, answer, tokens
from tutelage.teachers.offline.contexts import NotUnderstood

MODEL = "tutelage-offline-arithmetic-v1"
LOOPBACK = "127.0.0.1"


class Message(BaseModel):
    """A chat message; text only."""

    role: Literal["system", "user", "assistant"]
    content: str


class SchemaBody(BaseModel):
    """The ``json_schema`` part of a response format. Its name says what is asked for; the schema itself is not read."""

    name: str


class ResponseFormat(BaseModel):
    """How the answer must look."""

    type: Literal["text", "json_schema"]
    json_schema: SchemaBody | None = None


class ChatBody(BaseModel):
    """The fields of a chat request that we heed. Sampling parameters are accepted and have nothing to act on."""

    model: str
    messages: list[Message] = Field(min_length=1)
    response_format: ResponseFormat | None = None
    n: int = Field(default=1, ge=1, le=16)
    seed: int | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stream: Literal[False] | None = None

    def prompt(self) -> Prompt:
        """What the answer depends on.

        Raises:
            NotUnderstood: no user message, or a schema is asked for without one.
        """
        texts = tuple(message.content for message in self.messages if message.role == "user")
        if not texts:
            raise NotUnderstood("messages hold no user message")
        wanted = self.response_format
        if wanted is None or wanted.type == "text":
            return Prompt(texts=texts, schema_name=None, seed=self.seed)
        if wanted.json_schema is None:
            raise NotUnderstood("response_format.json_schema is missing")
        return Prompt(texts=texts, schema_name=wanted.json_schema.name, seed=self.seed)


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def application(log: Path | None) -> Starlette:
    """The server as an ASGI application.

    Args:
        log: One JSON line is appended for every answered request: when, and the SHA-256 of its body.
    """

    async def models(request: Request) -> JSONResponse:
        return JSONResponse({"object": "list", "data": [_MODEL_ENTRY]})

    async def chat(request: Request) -> JSONResponse:
        try:
            body = await request.body()
            reply = _completion(_read(body))
        except ClientDisconnect:
            # A run that was stopped; its words would end up on the run's stderr. Nobody reads the answer.
            return _error(400, "the client is gone", None)
        except Refusal as refusal:
            return _error(refusal.status, str(refusal), refusal.code)
        if log is not None:
            _note(log, body)
        return JSONResponse(reply)

    async def missing(request: Request, error: Exception) -> JSONResponse:
        return _error(404, f"there is no {request.url.path} here", "not_found")

    routes = [
        Route("/v1/models", models, methods=["GET"]),
        Route("/v1/chat/completions", chat, methods=["POST"]),
    ]
    return Starlette(routes=routes, exception_handlers={404: missing})


def bind(port: int) -> socket.socket:
    """A socket listening on loopback, at ``port`` or, for 0, a free one.

    Raises:
        OSError: the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def serve(listener: socket.socket, log: Path | None) -> None:
    """Answer on ``listener`` until SIGTERM or SIGINT."""
    config = uvicorn.Config(application(log), log_level="warning", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


_MODEL_ENTRY = {"id": MODEL, "object": "model", "created": 0, "owned_by": NOT_A_LANGUAGE_MODEL}


def _read(body: bytes) -> ChatBody:
    try:
        asked = ChatBody.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refusal(400, f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}") from error
    if asked.model != MODEL:
        raise Refusal(404, f"the model {asked.model!r} does not exist; this server has {MODEL}", "model_not_found")
    return asked


def _completion(asked: ChatBody) -> dict[str, Any]:
    try:
        prompt = asked.prompt()
        texts = [answer(prompt, choice) for choice in range(asked.n)]
    except NotUnderstood as error:
        raise Refusal(400, str(error)) from error
    limit = asked.max_completion_tokens or asked.max_tokens
    cut = [_cut(text, limit) for text in texts]
    read = sum(len(tokens(message.content)) for message in asked.messages)
    written = sum(count for _, count, _ in cut)
    return {
        "id": "chatcmpl-offline",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [
            {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
            for index, (text, _, reason) in enumerate(cut)
        ],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }


def _cut(text: str, limit: int | None) -> tuple[str, int, str]:
    """A text within a token limit, its approximate tokens, and the finish reason."""
    pieces = tokens(text)
    if limit is None or len(pieces) <= limit:
        return text, len(pieces), "stop"
    return "".join(pieces[:limit]), limit, "length"


def _error(status: int, message: str, code: str | None) -> JSONResponse:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return JSONResponse({"error": error}, status_code=status)


def _note(log: Path, body: bytes) -> None:
    line = json.dumps({"time": time.time(), "sha256": hashlib.sha256(body).hexdigest()})
    with log.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
