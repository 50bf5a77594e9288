"""The estimate before a run: derived from the configuration, a bound where it says so, honest about prices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.graph.simulated import QUICKSTART, SMALL, Ability, install, run
from tutelage.configs.load import load_run
from tutelage.configs.schema import TeacherRole
from tutelage.configs.teachers_of import ROLES
from tutelage.graph.estimate import Estimate, estimate, lines
from tutelage.graph.inputs import read_domain
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.plans import Rung, TeacherPlan, alone
from tutelage.teachers.settings import Prices

PRICED = Endpoint(name="a", base_url="http://a/v1", model="m", prices=Prices(prompt=1, completion=4))


def plans(endpoint: Endpoint = PRICED) -> dict[TeacherRole, TeacherPlan]:
    return dict.fromkeys(ROLES, alone(endpoint))


def made(*settings: str, by: Mapping[TeacherRole, TeacherPlan] | None = None) -> Estimate:
    config = load_run(QUICKSTART, [*SMALL, *settings])
    domain, items = read_domain(config, QUICKSTART)
    return estimate(config, domain, items, by or plans())


def role(found: Estimate, name: str) -> int:
    return next(r.expected.calls for r in found.roles if r.role == name)


def test_calls_follow_from_the_configuration() -> None:
    found = made("tutor.examples=10", "tutor.overdraw=1", "tutor.per_call=5", "tutor.independent_solutions=1")
    assert role(found, "tutor") == 6 * 2 + 6 * 1
    assert role(found, "reference") == 6 * (12 + 12) + 6 * 10 + 6 * 4
    assert role(found, "diagnostician") == 1 + 6 + 6
    assert "6 modules x (12 diagnostic + 12 held-out) probes" in "\n".join(lines(found))
    assert role(made("limits.rounds=1"), "tutor") < role(made("limits.rounds=2"), "tutor")
    assert role(made("tutor.independent_solutions=0"), "reference") == 6 * 24
    assert role(made("tutor.examples=20", "tutor.solved_probes=5"), "tutor") < role(made("tutor.examples=20"), "tutor")


def test_sums_are_sums_and_the_most_is_never_less_than_what_is_expected() -> None:
    for settings in ((), ("limits.rounds=1",), ("gate.attempts=1",), ("tutor.per_call=1",)):
        found = made(*settings)
        assert found.expected.calls == sum(r.expected.calls for r in found.roles)
        assert found.most.dollars == pytest.approx(sum(r.most.dollars or 0 for r in found.roles))
        for part in found.roles:
            for key in ("prompt_tokens", "completion_tokens", "dollars"):
                assert getattr(part.most, key) >= getattr(part.expected, key)


def test_dollars_are_tokens_times_prices_and_unknown_where_a_price_is() -> None:
    found = made()
    expected = found.expected
    assert expected.dollars == pytest.approx((expected.prompt_tokens + 4 * expected.completion_tokens) / 1e6, rel=1e-4)
    unknown = made(by={**plans(), "tutor": alone(Endpoint(name="b", base_url="http://b/v1", model="m"))})
    assert unknown.expected.dollars is None
    assert unknown.unpriced == ("b",)
    assert "dollars are unknown: nobody said the prices of b" in "\n".join(lines(unknown))
    assert made(by=plans(PRICED.model_copy(update={"is_language_model": False, "prices": None}))).most.dollars == 0


def test_a_ladder_of_references_is_measured_once_a_teacher() -> None:
    strong = Rung(name="b", members=(PRICED.model_copy(update={"name": "b", "model": "n"}),), from_stage=2)
    ladder = TeacherPlan(name="up", rungs=(alone(PRICED).rungs[0], strong))
    assert role(made(by={**plans(), "reference": ladder}), "reference") == role(made(), "reference") + 6 * 12


@pytest.mark.parametrize("cap", ["teacher_calls=20", "teacher_tokens=500", "teacher_dollars=0.001"])
def test_a_cap_below_what_is_expected_is_said(cap: str) -> None:
    _, note = made(f"limits.{cap}").notes
    assert note.startswith("the cap of ")
    (resolution,) = made().notes
    assert "12 probes a module detect a gap of 0.50 or more" in resolution
    assert resolution.endswith("it decides at 0.3: too blunt for that")


async def test_a_real_run_costs_about_what_was_expected_and_less_than_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.03), tmp_path)
    ended, _ = await run(tmp_path / "run")
    report = ended.report
    expected, most = report["estimate"]["expected"], report["estimate"]["most"]
    calls, tokens = report["totals"]["teacher_calls"], report["totals"]["teacher_tokens"]
    wanted = expected["prompt_tokens"] + expected["completion_tokens"]
    assert 0.5 < calls / expected["calls"] < 2
    assert 0.5 < tokens / wanted < 2
    assert calls <= most["calls"]
    assert tokens <= most["prompt_tokens"] + most["completion_tokens"]


def test_the_estimate_of_a_strategy_is_its_own() -> None:
    shared = ("tutor.overdraw=1", "tutor.per_call=5", "tutor.independent_solutions=1", "strategy.lessons=10")
    found = made("strategy.name=self_instruct", *shared)
    assert role(found, "tutor") == 6 * 2
    assert role(found, "reference") == 6 * 12 + 6 * 10
    assert role(found, "planner") == role(found, "diagnostician") == 0
    assert role(made("strategy.name=sft", *shared), "tutor") == 0
    # Two prompts a start: the second mends what the first one wrote.
    assert role(made("strategy.name=critique_revise", *shared), "tutor") == 6 * 2 * 2
