from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.faculty import loopback
from tests.graph.simulated import QUICKSTART
from tutelage.configs.load import load_run
from tutelage.configs.schema import TeacherRole, TeachersConfig
from tutelage.configs.teachers_of import ROLES, resolve_teachers
from tutelage.errors import ConfigError, TeacherError, TeacherModelMissing
from tutelage.graph.inputs import read_domain
from tutelage.graph.live import Unwatched
from tutelage.graph.teaching import Plans, open_staffs, open_teachers, teacher_line
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Meter
from tutelage.teachers.offline import OfflineTeacher
from tutelage.teachers.plans import Rung, TeacherPlan, alone
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing.reader import span_lines
from tutelage.tracing.spans import open_tracer

NOBODY = "http://127.0.0.1:9/v1"


def plans_of(**config: object) -> Plans:
    return resolve_teachers(TeachersConfig.model_validate(config), Path.cwd(), lambda key: key)


def pool_of(*urls: str, model: str | None = None) -> Plans:
    members = tuple(Endpoint(name=url, base_url=url, model=model, max_retries=0) for url in urls)
    return dict.fromkeys(ROLES, TeacherPlan(name="pool", rungs=(Rung(name="pool", members=members),)))


async def complaint(plans: Plans) -> str:
    with pytest.raises((ConfigError, TeacherError)) as caught:
        async with open_teachers(plans, None):
            pass
    return caught.value.line


async def test_the_offline_teacher_plays_every_role_and_says_that_it_is_no_language_model() -> None:
    async with open_teachers(plans_of(), None) as teachers:
        assert set(teachers.plans) == set(ROLES)
        (member,) = teachers.plans["tutor"].members
        assert all(plan.members == (member,) for plan in teachers.plans.values())
        assert not member.base_url.endswith(":0/v1")
        assert not member.is_language_model
        assert "(not a language model) at http://127.0.0.1:" in teacher_line(teachers)


async def test_an_address_is_asked_which_model_it_serves() -> None:
    async with OfflineTeacher() as offline:
        async with open_teachers(plans_of(default=offline.base_url), None) as teachers:
            (found,) = teachers.plans["tutor"].members
            assert (found.base_url, found.model, found.is_language_model) == (offline.base_url, offline.model, False)
        with pytest.raises(TeacherModelMissing, match="another-model"):
            async with open_teachers(plans_of(default=offline.base_url, model="another-model"), None):
                pass


async def test_a_pool_opens_while_one_of_its_members_answers_and_says_who_does_not() -> None:
    async with loopback("m") as one, open_teachers(pool_of(NOBODY, one.url), None) as teachers:
        rung = teachers.plans["tutor"].at(1)
        assert [member.model for member in rung.members] == ["m", "m"]
        assert teachers.silent == (NOBODY,)
        assert f"m at 2 endpoints of pool (not answering now: {NOBODY})" in teacher_line(teachers)
    assert "no teacher answers" in await complaint(pool_of(NOBODY))


async def test_a_pool_whose_members_serve_different_models_is_refused_before_anything_is_asked() -> None:
    async with loopback("m") as one, loopback("n") as two:
        assert "the pool 'pool' has different models: m, n" in await complaint(pool_of(one.url, two.url))
        assert [*one.answered, *two.answered] == []


async def test_every_rung_of_a_ladder_is_checked_at_the_start() -> None:
    async with loopback("m") as one:
        first = Rung(name="one", members=(Endpoint(name="one", base_url=one.url),))
        last = Rung(name="two", members=(Endpoint(name="two", base_url=NOBODY),), from_stage=4)
        ladder = TeacherPlan(name="up", rungs=(first, last))
        assert NOBODY in await complaint({**plans_of(default=one.url), "tutor": ladder})


async def test_a_key_that_is_not_set_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUTELAGE_NO_SUCH_KEY", raising=False)
    line = await complaint(plans_of(default=NOBODY, api_key_env="TUTELAGE_NO_SUCH_KEY"))
    assert "TUTELAGE_NO_SUCH_KEY is not set" in line


async def test_the_agents_of_one_endpoint_share_its_store_and_meter(tmp_path: Path) -> None:
    config = load_run(QUICKSTART)
    domain, items = read_domain(config, QUICKSTART)
    meter, store, spans = Meter(), ReplyStore(tmp_path / "replies"), tmp_path / "spans.jsonl"
    with open_tracer(spans, 1) as tracer:
        async with (
            open_teachers(plans_of(), None) as teachers,
            open_staffs(config, domain, teachers.plans, store, meter, tracer, Unwatched()) as (staff,),
        ):
            for _ in range(2):
                reply = await staff.agents.reference.answer(items[0].question, module=items[0].module)
                assert reply.text
    assert (meter.totals.calls, meter.totals.cached) == (1, 1)
    assert len(list(store)) == 1
    assert [line["name"] for line in span_lines(spans)] == ["teacher reference"] * 4


async def test_a_ladder_has_agents_for_each_of_its_stages(tmp_path: Path) -> None:
    config = load_run(QUICKSTART)
    domain, _ = read_domain(config, QUICKSTART)
    async with loopback("m") as one, loopback("n") as two:
        rungs = (
            Rung(name="one", members=(Endpoint(name="one", base_url=one.url, model="m"),)),
            Rung(name="two", members=(Endpoint(name="two", base_url=two.url, model="n"),), from_stage=3),
        )
        plans: dict[TeacherRole, TeacherPlan] = dict.fromkeys(ROLES, alone(rungs[0].members[0]))
        plans["tutor"] = TeacherPlan(name="up", rungs=rungs)
        with open_tracer(tmp_path / "spans.jsonl", 1) as tracer:
            async with open_staffs(config, domain, plans, ReplyStore(tmp_path), Meter(), tracer, Unwatched()) as staffs:
                assert [(s.from_stage, s.teachers["tutor"].name, s.teachers["planner"].name) for s in staffs] == [
                    (1, "one", "one"), (3, "two", "one"),
                ]  # fmt: skip
