"""Calls on their way: paid for whether or not anybody waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

# Longer than most replies take, and short enough for one who pressed Ctrl-C and waits; a second one does not wait.
GRACE_S = 20.0


async def to_its_end(work: Coroutine[Any, Any, Result], grace_s: float = GRACE_S) -> Result:
    """The result of ``work``, which is not cut off when its caller is: it gets ``grace_s`` to end by itself first.

    Raises:
        CancelledError: the caller was cancelled; the work is over.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        done, _ = await asyncio.wait({task}, timeout=grace_s)
        if done and not task.cancelled():
            task.exception()  # or asyncio complains that nobody asked for it
        raise
    finally:
        task.cancel()
