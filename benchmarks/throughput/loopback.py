"""A Chat Completions server that answers everything after a fixed time with a fixed number of tokens, and costs little.

Prints its port, then serves until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import json

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Served(asyncio.Protocol):
    """One connection, kept alive; requests on it come one at a time."""

    def __init__(self, models: bytes, completion: bytes, latency_s: float) -> None:
        self._models, self._completion, self._latency_s = models, completion, latency_s
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer when a request is whole."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._received = b""
        if head.startswith(b"GET"):
            self._answer(self._models)
        else:
            asyncio.get_running_loop().call_later(self._latency_s, self._answer, self._completion)

    def _answer(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


def _http(value: object) -> bytes:
    body = json.dumps(value).encode()
    return HEAD % len(body) + body


async def _serve(latency_s: float, tokens: int) -> None:
    models = _http({"object": "list", "data": [{"id": "m", "object": "model", "created": 0, "owned_by": "bench"}]})
    message = {"role": "assistant", "content": "word " * tokens}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 100, "completion_tokens": tokens, "total_tokens": 100 + tokens}
    completion = _http(
        {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    )
    server = await asyncio.get_running_loop().create_server(
        lambda: Served(models, completion, latency_s), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    settings = parser.parse_args()
    asyncio.run(_serve(settings.latency, settings.tokens))
