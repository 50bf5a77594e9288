"""A scripted teacher for commands, each of which has an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.teachers.hostile import Answer, Hostile, Script, completion, hostile, json_answer


@contextmanager
def served(*answers: Script) -> Iterator[Hostile]:
    """A server in a thread of its own for the length of the block."""
    loop, ended, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    found: list[Hostile] = []

    async def serve() -> None:
        async with hostile(*answers) as server:
            found.append(server)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


def plain(body: dict[str, Any]) -> Answer:
    """It serves the model m, which says two words."""
    return json_answer({"data": [{"id": "m"}]} if not body else completion("one two"))
