"""One run of a comparison, in a process of its own: events as lines of JSON, and how it ended as the last of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from tutelage.errors import TutelageError
from tutelage.graph import runs
from tutelage.graph.live_json import JsonProgress
from tutelage.training.guard import die_with

RESULT, FAILED = "result", "failed"


def main(arguments: Sequence[str]) -> None:
    """Start or resume a run: the parent's process id, the configuration, the run directory, and overrides.

    The exit code says how the run ended only where nothing could be written: the last line does.
    """
    parent, config, root, *overrides = arguments
    die_with(int(parent))
    progress = JsonProgress(sys.stdout)
    try:
        ended = asyncio.run(_drive(Path(config), Path(root), overrides, progress))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (TutelageError, ExceptionGroup) as error:
        found = _first(error)
        if found is None:
            raise
        progress.say(FAILED, {"error": found.line, "exit_code": found.exit_code})
        raise SystemExit(found.exit_code) from None
    progress.say(RESULT, {"outcome": ended.outcome})


async def _drive(config: Path, root: Path, overrides: Sequence[str], progress: JsonProgress) -> runs.Ended:
    # Replies that another run paid for cost nothing, and would make budgets unequal: every run pays for its own.
    if runs.can_resume(root):
        return await runs.resume(root, [], progress, approve=False, use_cache=False)
    return await runs.start(config, root, overrides, progress, use_cache=False)


def _first(error: BaseException) -> TutelageError | None:
    if isinstance(error, BaseExceptionGroup):
        return next((found for one in error.exceptions if (found := _first(one)) is not None), None)
    return error if isinstance(error, TutelageError) else None


if __name__ == "__main__":
    main(sys.argv[1:])
