from __future__ import annotations

import pytest
from pydantic import ValidationError

from tutelage.teachers.contracts import Endpoint, call_id
from tutelage.teachers.plans import Rung, TeacherPlan, alone, endpoints_of, prices_of
from tutelage.teachers.settings import Prices, Sampling
from tutelage.teachers.wire import Dialect, parameters

from .hostile import question


def endpoint(name: str, **said: object) -> Endpoint:
    return Endpoint.model_validate({"name": name, "base_url": f"http://{name}/v1", "model": "m", **said})


def rung(*names: str, stage: int = 1, **said: object) -> Rung:
    return Rung(name="-".join(names), members=tuple(endpoint(n, **said) for n in names), from_stage=stage)


def test_a_stage_is_served_by_the_last_rung_that_has_begun_and_the_diagnosis_by_the_first() -> None:
    plan = TeacherPlan(name="up", rungs=(rung("a"), rung("b", stage=2), rung("c", stage=5)))
    assert [plan.at(stage).name for stage in range(7)] == ["a", "a", "b", "b", "b", "c", "c"]


@pytest.mark.parametrize("stages", [(2,), (1, 1), (1, 3, 2)])
def test_a_ladder_begins_at_the_first_stage_and_rises(stages: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match="first rung"):
        TeacherPlan(name="up", rungs=tuple(rung(f"r{n}", stage=s) for n, s in enumerate(stages)))


def test_a_regime_is_who_is_asked_and_for_which_model_in_whatever_order_and_under_whatever_name() -> None:
    one = rung("a", "b")
    assert one.regime == Rung(name="z", members=one.members[::-1], from_stage=4).regime
    assert one.regime != rung("a").regime
    assert one.regime != rung("a", "b", model="n").regime
    assert rung("a").regime == rung("a", max_concurrency=1, prices=Prices(prompt=1, completion=1)).regime
    managed = [endpoint("a", base_url=f"http://h:{port}/v1", identity="x") for port in (1, 2)]
    assert alone(managed[0]).at(0).regime == alone(managed[1]).at(0).regime


def test_prices_are_known_where_they_are_said_and_what_is_no_language_model_is_free() -> None:
    said = endpoint("a", prices=Prices(prompt=2, completion=8))
    plans = {
        "tutor": alone(said),
        "planner": alone(endpoint("b")),
        "reference": alone(endpoint("c", is_language_model=False)),
    }
    prices = prices_of(endpoints_of(plans).values())
    assert prices == {"a": Prices(prompt=2, completion=8), "c": Prices(prompt=0, completion=0)}
    assert prices["a"].dollars(1_000_000, 500_000) == 6.0


def test_sampling_is_sent_is_part_of_the_call_and_changes_no_call_where_it_is_not_said() -> None:
    plain, hot = endpoint("a"), endpoint("a", sampling=Sampling(temperature=1.0, top_p=0.9))
    sent = parameters(hot, question(temperature=0.0), Dialect())
    assert (sent["temperature"], sent["top_p"]) == (1.0, 0.9)
    assert "top_p" not in parameters(plain, question(), Dialect())
    assert "temperature" not in parameters(hot, question(), Dialect(temperature=False))
    assert call_id(plain, question()) != call_id(hot, question())
    assert call_id(plain, question()) == call_id(endpoint("a", max_concurrency=1), question())
