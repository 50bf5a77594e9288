"""Every name that our spans and their attributes have.

OpenTelemetry's GenAI conventions where they have a word for it, OpenInference's ``openinference.span.kind``, and
``tutelage.*`` for what only we know. Spelled out here: the conventions' own package marks them as incubating, and a
span file must be read by later versions too.
"""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["AGENT", "LLM", "CHAIN", "TOOL", "EVALUATOR"]

# Spans. A node's name follows the prefix, and so does a teacher's role.
RUN: Final = "run"
NODE: Final = "node "
TEACHER: Final = "teacher "
DECIDE: Final = "decide"
TRAIN: Final = "train student"
PROBE_STUDENT: Final = "probe student"
PROBE_TEACHER: Final = "probe teacher"
GRADE: Final = "grade answers"
DRAW_MAP: Final = "diagnostician draws the map"
EXPLAIN: Final = "diagnostician explains errors"
PLAN_STAGES: Final = "planner orders stages"
WRITE_LESSONS: Final = "tutor writes lessons"
VERIFY_LESSONS: Final = "verify lessons"

# OpenInference.
SPAN_KIND: Final = "openinference.span.kind"

# OpenTelemetry, general and GenAI.
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
AGENT_NAME: Final = "gen_ai.agent.name"
PROMPT_NAME: Final = "gen_ai.prompt.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
REQUEST_SEED: Final = "gen_ai.request.seed"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
EVALUATION: Final = "gen_ai.evaluation.name"
EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_WHY: Final = "gen_ai.evaluation.explanation"
EVALUATION_SCORE: Final = "gen_ai.evaluation.score.value"

# LangGraph: which task of which checkpoint this is; what a fork starts from.
CHECKPOINT_ID: Final = "langgraph.checkpoint_id"
CHECKPOINT_NS: Final = "langgraph.checkpoint_ns"
TASK_ID: Final = "langgraph.task_id"
ATTEMPT: Final = "langgraph.attempt"

# Ours.
RESUMED: Final = "tutelage.resumed"
FORKED_FROM: Final = "tutelage.forked_from"
STAGE: Final = "tutelage.stage"
ROUND: Final = "tutelage.round"
MODULE: Final = "tutelage.module"
ROLE: Final = "tutelage.role"
SCHEMA: Final = "tutelage.schema"
PROMPT_HASH: Final = "tutelage.prompt_hash"
REPAIR: Final = "tutelage.repair"
CALL_ID: Final = "tutelage.call_id"
ENDPOINT: Final = "tutelage.endpoint"
CACHED: Final = "tutelage.cached"
RETRIES: Final = "tutelage.retries"
STOP: Final = "tutelage.stop"
WAITING: Final = "tutelage.waiting"
PART: Final = "tutelage.part"
BACKEND: Final = "tutelage.answering.backend"
ITEMS: Final = "tutelage.items"
RIGHT: Final = "tutelage.right"
WRONG: Final = "tutelage.wrong"
UNPARSEABLE: Final = "tutelage.unparseable"
AGREED: Final = "tutelage.judge.agreed"
DISAGREED: Final = "tutelage.judge.disagreed"
LESSON_KIND: Final = "tutelage.kind"
DRAFTS: Final = "tutelage.drafts"
ACCEPTED: Final = "tutelage.accepted"
REJECTED: Final = "tutelage.rejected"
NEXT: Final = "tutelage.next"
ROWS: Final = "tutelage.rows"
DATASET: Final = "tutelage.dataset_sha256"
ADAPTER: Final = "tutelage.adapter"
STEPS: Final = "tutelage.steps"
LOSSES: Final = "tutelage.losses"
LOSS_FIRST: Final = "tutelage.loss_first"
LOSS_LAST: Final = "tutelage.loss_last"
TOKENS: Final = "tutelage.tokens"

# An event within a teacher call: one attempt failed, and another follows.
RETRY_EVENT: Final = "retry"
RETRY_STATUS: Final = "http.response.status_code"
RETRY_REASON: Final = "tutelage.reason"
