"""The yardstick: a loop around openai's own client, with nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from openai import AsyncOpenAI
from work import MAX_TOKENS, MODEL, WARM_UP, measured, question, settings


def main() -> None:
    """Ask everything."""
    base_url, concurrency, calls = settings()
    with asyncio.Runner() as runner:
        client = AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0)
        slots = asyncio.Semaphore(concurrency)

        async def one(number: int) -> bool:
            async with slots:
                reply = await client.chat.completions.create(
                    model=MODEL,
                    messages=[{"role": "user", "content": question(number)}],
                    max_tokens=MAX_TOKENS,
                    temperature=0.0,
                )
            return bool(reply.choices[0].message.content)

        async def many(numbers: Iterable[int]) -> int:
            return sum(await asyncio.gather(*(one(number) for number in numbers)))

        runner.run(many(range(-WARM_UP, 0)))
        measured(lambda: runner.run(many(range(calls))))
        runner.run(client.close())


if __name__ == "__main__":
    main()
