"""Teachers for a run: each role's endpoint checked, the offline teacher started where a role names it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from tutelage.agents.diagnostician import Diagnostician
from tutelage.agents.planner import CurriculumPlanner
from tutelage.agents.reference import Reference
from tutelage.agents.tutor import Tutor
from tutelage.configs.schema import Domain, RunConfig, TeacherRole, TeachersConfig
from tutelage.errors import ConfigError
from tutelage.graph.context import Agents
from tutelage.graph.traced import TracedTeacher
from tutelage.teachers.client import OpenAITeacher, probe_endpoint
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Meter
from tutelage.teachers.offline import OfflineTeacher
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing.spans import Tracer

OFFLINE = "offline"


@asynccontextmanager
async def open_endpoints(config: TeachersConfig, log: Path | None) -> AsyncIterator[dict[str, Endpoint]]:
    """The endpoint of every role, known to answer and to serve its model.

    Raises:
        ConfigError: a teacher is neither ``offline`` nor an http(s) URL.
        TeacherError: nothing answers there, or the model is not served.
    """
    async with AsyncExitStack() as stack:
        checked: dict[str, Endpoint] = {}
        roles: dict[str, Endpoint] = {}
        for role in get_args(TeacherRole):
            named = config.for_role(role)
            if named not in checked:
                if named == OFFLINE:
                    checked[named] = await stack.enter_async_context(OfflineTeacher(log))
                else:
                    checked[named] = await probe_endpoint(_endpoint(named, config))
            roles[role] = checked[named]
        yield roles


def _endpoint(url: str, config: TeachersConfig) -> Endpoint:
    try:
        return Endpoint(
            name=urlsplit(url).netloc,
            base_url=url,
            model=config.model,
            api_key_env=config.api_key_env,
            max_concurrency=config.max_concurrency,
            timeout_s=config.timeout_s,
        )
    except ValueError as error:  # of urlsplit, or pydantic's; the address is not repeated, since it may hold a password
        raise ConfigError(
            "a teacher is neither 'offline' nor a plain http:// or https:// URL",
            where="teachers",
            do="say 'offline', or a URL without credentials or query, and name the key's variable in api_key_env",
        ) from error


@asynccontextmanager
async def open_agents(
    config: RunConfig,
    domain: Domain,
    endpoints: Mapping[str, Endpoint],
    store: ReplyStore,
    meter: Meter,
    tracer: Tracer,
) -> AsyncIterator[Agents]:
    """The agents, each with its teacher; roles on the same endpoint share one client and its limits."""
    async with AsyncExitStack() as stack:
        clients: dict[str, OpenAITeacher] = {}
        for endpoint in endpoints.values():
            if endpoint.base_url not in clients:
                client = OpenAITeacher(endpoint, store, meter)
                clients[endpoint.base_url] = await stack.enter_async_context(client)
        teacher = {role: TracedTeacher(clients[e.base_url], tracer, e) for role, e in endpoints.items()}
        limit = config.teachers.max_tokens
        yield Agents(
            diagnostician=Diagnostician(teacher["diagnostician"], max_tokens=limit),
            planner=CurriculumPlanner(teacher["planner"], max_tokens=limit),
            tutor=Tutor(teacher["tutor"], max_tokens=limit, temperature=config.teachers.temperature),
            reference=Reference(
                teacher["reference"], instruction=domain.answer_instruction, max_tokens=config.teachers.answer_tokens
            ),
        )
