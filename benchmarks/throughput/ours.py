"""A teacher as a run uses it: every reply stored, shared, metered against caps and traced."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from work import MAX_TOKENS, MODEL, WARM_UP, measured, question, settings

from tutelage.graph.traced import TracedTeacher
from tutelage.teachers.bounded import each
from tutelage.teachers.cache import ReplyCache
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.contracts import Endpoint, Request
from tutelage.teachers.meter import Caps, Meter
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing.spans import open_tracer


def main() -> None:
    """Ask everything."""
    base_url, concurrency, calls = settings()
    endpoint = Endpoint(name="bench", base_url=base_url, model=MODEL, max_concurrency=concurrency)
    # Left for the benchmark to remove: some file systems are slow to make files where many were just removed.
    folder, stack = Path(tempfile.mkdtemp()), AsyncExitStack()
    with asyncio.Runner() as runner:
        tracer = stack.enter_context(open_tracer(folder / "spans.jsonl", 1))
        meter = Meter(Caps(calls=10**9, tokens=10**12))
        teacher = OpenAITeacher(endpoint, ReplyStore(folder / "replies"), meter, ReplyCache(folder / "cache"))
        runner.run(stack.enter_async_context(teacher))
        traced = TracedTeacher(teacher, tracer, endpoint)

        async def one(number: int) -> bool:
            return bool((await traced.ask(_request(number))).text)

        async def many(numbers: Sequence[int]) -> int:
            return sum(await each(numbers, one, concurrency))

        runner.run(many(range(-WARM_UP, 0)))
        measured(lambda: runner.run(many(range(calls))))
        runner.run(stack.aclose())


def _request(number: int) -> Request:
    return Request(
        role="reference", system="", user=question(number), temperature=0.0, max_tokens=MAX_TOKENS, prompt_hash="bench"
    )


if __name__ == "__main__":
    main()
