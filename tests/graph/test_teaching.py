from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.simulated import QUICKSTART
from tutelage.configs.load import load_run
from tutelage.configs.schema import TeachersConfig
from tutelage.errors import ConfigError, TeacherError, TeacherModelMissing
from tutelage.graph.inputs import read_domain
from tutelage.graph.teaching import open_agents, open_endpoints
from tutelage.teachers.meter import Meter
from tutelage.teachers.offline import OfflineTeacher
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing.spans import open_tracer, span_lines

ROLES = {"diagnostician", "planner", "tutor", "reference"}


async def complaint(config: TeachersConfig) -> str:
    with pytest.raises((ConfigError, TeacherError)) as caught:
        async with open_endpoints(config, None):
            pass
    return caught.value.line


async def test_the_offline_teacher_plays_every_role_and_says_that_it_is_no_language_model() -> None:
    async with open_endpoints(TeachersConfig(), None) as endpoints:
        assert set(endpoints) == ROLES
        assert len({e.base_url for e in endpoints.values()}) == 1
        assert not any(e.is_language_model for e in endpoints.values())


async def test_an_address_is_asked_which_model_it_serves_and_gets_the_limits_of_the_configuration() -> None:
    async with OfflineTeacher() as offline:
        config = TeachersConfig(default=offline.base_url, max_concurrency=3, timeout_s=9)
        async with open_endpoints(config, None) as endpoints:
            found = endpoints["tutor"]
            assert (found.base_url, found.model) == (offline.base_url, offline.model)
            assert (found.max_concurrency, found.timeout_s) == (3, 9)
            assert not found.is_language_model
        missing = config.model_copy(update={"model": "another-model"})
        with pytest.raises(TeacherModelMissing, match="another-model"):
            async with open_endpoints(missing, None):
                pass


@pytest.mark.parametrize(
    "address",
    ["gpt-4", "ftp://host/v1", "http://", "host:8000/v1", "http://[::1/v1", "https://me:hunter2@host/v1",
     "https://host/v1?key=hunter2"],
)  # fmt: skip
async def test_what_is_no_teacher_is_refused_without_repeating_a_password(address: str) -> None:
    line = await complaint(TeachersConfig(tutor=address))
    assert line.startswith("teachers: a teacher is neither 'offline' nor")
    assert "hunter2" not in line


async def test_a_key_that_is_not_set_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUTELAGE_NO_SUCH_KEY", raising=False)
    line = await complaint(TeachersConfig(default="http://127.0.0.1:9/v1", api_key_env="TUTELAGE_NO_SUCH_KEY"))
    assert "TUTELAGE_NO_SUCH_KEY is not set" in line


async def test_the_agents_of_one_endpoint_share_its_store_and_meter(tmp_path: Path) -> None:
    config = load_run(QUICKSTART)
    domain, items = read_domain(config, QUICKSTART)
    meter, store, spans = Meter(), ReplyStore(tmp_path / "replies"), tmp_path / "spans.jsonl"
    with open_tracer(spans, 1) as tracer:
        async with (
            open_endpoints(config.teachers, None) as endpoints,
            open_agents(config, domain, endpoints, store, meter, tracer) as agents,
        ):
            for _ in range(2):
                reply = await agents.reference.answer(items[0].question, module=items[0].module)
                assert reply.text
    assert (meter.totals.calls, meter.totals.cached) == (1, 1)
    assert len(list(store)) == 1
    assert [line["name"] for line in span_lines(spans)] == ["teacher reference"] * 4
