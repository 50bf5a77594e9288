"""A teacher whose every call leaves a span under the node that made it."""

from __future__ import annotations

from tutelage.teachers.client import Teacher
from tutelage.teachers.contracts import Endpoint, Reply, Request
from tutelage.tracing.spans import Tracer


class TracedTeacher:
    """Wraps a teacher; names of attributes follow OpenTelemetry's GenAI conventions. Bodies are named by call id."""

    def __init__(self, teacher: Teacher, tracer: Tracer, endpoint: Endpoint) -> None:
        self._teacher = teacher
        self._tracer = tracer
        self._endpoint = endpoint

    async def ask(self, request: Request) -> Reply:
        """Answer one question, and trace it."""
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": self._endpoint.model,
            "server.address": self._endpoint.base_url,
            "tutelage.role": request.role,
            "tutelage.module": request.module,
            "tutelage.schema": request.schema_name,
            "tutelage.prompt_hash": request.prompt_hash,
        }
        with self._tracer.span(f"teacher {request.role}", attributes) as span:
            reply = await self._teacher.ask(request)
            span.set_attributes(
                {
                    "tutelage.call_id": reply.call_id,
                    "tutelage.cached": reply.cached,
                    "tutelage.endpoint": reply.endpoint,
                    "gen_ai.response.model": reply.model,
                    "gen_ai.response.finish_reasons": [reply.finish_reason],
                    "gen_ai.usage.input_tokens": reply.prompt_tokens,
                    "gen_ai.usage.output_tokens": reply.completion_tokens,
                }
            )
            return reply
