"""A teacher whose every call leaves a span under the node that made it."""

from __future__ import annotations

from urllib.parse import urlsplit

from tutelage.teachers.client import Teacher
from tutelage.teachers.contracts import Endpoint, Reply, Request, call_id
from tutelage.tracing import names
from tutelage.tracing.spans import Tracer, retries


class TracedTeacher:
    """Wraps a teacher; names of attributes follow OpenTelemetry's GenAI conventions. Bodies are named by call id."""

    def __init__(self, teacher: Teacher, tracer: Tracer, endpoint: Endpoint) -> None:
        self._teacher = teacher
        self._tracer = tracer
        self._endpoint = endpoint

    async def ask(self, request: Request) -> Reply:
        """Answer one question, and trace it."""
        address = urlsplit(self._endpoint.base_url)
        attributes = {
            names.OPERATION: "chat",
            # The protocol that is spoken; who answers in it is the server's address and model.
            names.PROVIDER: "openai",
            names.REQUEST_MODEL: self._endpoint.model,
            names.REQUEST_TEMPERATURE: request.temperature,
            names.REQUEST_MAX_TOKENS: request.max_tokens,
            names.REQUEST_SEED: request.seed,
            names.SERVER_ADDRESS: address.hostname,
            names.SERVER_PORT: address.port,
            names.ROLE: request.role,
            names.MODULE: request.module,
            names.SCHEMA: request.schema_name,
            names.PROMPT_HASH: request.prompt_hash,
            names.REPAIR: True if request.repair is not None else None,
            names.CALL_ID: call_id(self._endpoint, request),
        }
        with self._tracer.span(f"{names.TEACHER}{request.role}", "LLM", attributes) as span:
            try:
                reply = await self._teacher.ask(request)
            finally:
                span.set_attribute(names.RETRIES, retries(span))
            span.set_attributes(
                {
                    names.CACHED: reply.cached,
                    names.RESPONSE_MODEL: reply.model,
                    names.FINISH_REASONS: [reply.finish_reason],
                    names.INPUT_TOKENS: reply.prompt_tokens,
                    names.OUTPUT_TOKENS: reply.completion_tokens,
                }
            )
            return reply
