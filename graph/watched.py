"""A teacher whose every answer is shown to whoever watches the run."""

from __future__ import annotations

from collections.abc import Callable

from tutelage.graph.progress import Answered, Progress, Spent
from tutelage.graph.report_teachers import known_dollars
from tutelage.teachers.client import Teacher
from tutelage.teachers.contracts import Reply, Request
from tutelage.teachers.meter import Totals


class WatchedTeacher:
    """Wraps a teacher; tells ``progress`` of each answer, and ``totals`` as they stand with it."""

    def __init__(self, teacher: Teacher, progress: Progress, totals: Callable[[], Totals]) -> None:
        self._teacher = teacher
        self._progress = progress
        self._totals = totals

    async def ask(self, request: Request) -> Reply:
        """Answer one question, and tell of it."""
        reply = await self._teacher.ask(request)
        self._progress.emit(
            Answered(
                role=request.role,
                module=request.module,
                endpoint=reply.endpoint,
                model=reply.model,
                seconds=reply.seconds,
                prompt_tokens=reply.prompt_tokens,
                completion_tokens=reply.completion_tokens,
                cached=reply.cached or not reply.paid,
                so_far=spent(self._totals()),
            )
        )
        return reply


def spent(totals: Totals) -> Spent:
    """The meter's sums as a watcher sees them."""
    return Spent(calls=totals.calls, tokens=totals.tokens, dollars=known_dollars(totals))
