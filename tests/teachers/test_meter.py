from __future__ import annotations

from pathlib import Path

import pytest

from tutelage.errors import BudgetSpent
from tutelage.teachers.contracts import Repair, Request
from tutelage.teachers.meter import Caps, Meter
from tutelage.teachers.replies import ReplyStore
from tutelage.teachers.settings import Prices

from .hostile import question
from .test_replies import reply


def asked(user: str = "What is 1 + 1?") -> Request:
    """A question to the Tutor."""
    return question(user, role="tutor")


def test_usage_is_kept_by_role_module_endpoint_and_model() -> None:
    meter = Meter()
    meter.count(question(role="tutor", module="b"), reply("01"))
    meter.count(question(role="tutor", module="a"), reply("02"))
    meter.count(question(role="tutor", module="a"), reply("03", endpoint="other"))
    meter.count(question(), reply("04"))
    assert [(row.role, row.module, row.endpoint, row.calls) for row in meter.rows()] == [
        ("reference", None, "a", 1), ("tutor", "a", "a", 1), ("tutor", "a", "other", 1), ("tutor", "b", "a", 1),
    ]  # fmt: skip
    assert meter.totals.calls == 4
    assert meter.totals.tokens == 24
    assert meter.totals.seconds == 2.0


def test_a_reply_used_again_costs_nothing_more() -> None:
    meter = Meter()
    meter.count(question(), reply("01"))
    meter.count(question(), reply("01", cached=True))
    assert (meter.totals.calls, meter.totals.cached, meter.totals.tokens) == (1, 1, 6)


def test_a_resumed_run_adds_up_to_the_uninterrupted_one(tmp_path: Path) -> None:
    store, whole = ReplyStore(tmp_path), Meter()
    for call_id in ("01aa", "02aa", "03aa"):
        whole.count(question(), reply(call_id))
    for call_id in ("01aa", "02aa"):
        store.put(question(), reply(call_id))
    resumed = Meter.from_store(store)
    resumed.count(question(), reply("02aa", cached=True))
    resumed.count(question(), reply("03aa"))
    assert resumed.totals.model_copy(update={"cached": 0}) == whole.totals
    assert resumed.totals.cached == 1


@pytest.mark.parametrize(
    ("caps", "limit"),
    [
        (Caps(calls=2), "teacher_calls"),
        (Caps(tokens=12), "teacher_tokens"),
        (Caps(calls=9, tokens=11), "teacher_tokens"),
    ],
)
def test_a_reached_cap_admits_no_further_call_and_is_named(caps: Caps, limit: str) -> None:
    meter = Meter(caps)
    assert meter.spent is None
    for call_id in ("01", "02"):
        with meter.admitted(asked()):
            meter.count(question(), reply(call_id))
    with pytest.raises(BudgetSpent, match=f"raise limits.{limit}") as caught, meter.admitted(asked()):
        pass
    assert meter.spent is caught.value


def test_calls_in_flight_count_against_the_cap_until_they_fail() -> None:
    meter = Meter(Caps(calls=1))
    with pytest.raises(RuntimeError), meter.admitted(asked()):
        with pytest.raises(BudgetSpent), meter.admitted(asked()):
            pass
        raise RuntimeError
    with meter.admitted(asked()):
        pass


def test_caps_hold_across_a_resume(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path)
    store.put(question(), reply("01aa"))
    with pytest.raises(BudgetSpent), Meter.from_store(store, Caps(calls=1)).admitted(asked()):
        pass


PRICES = {"a": Prices(prompt=1_000_000, completion=2_000_000)}


def test_dollars_are_counted_where_prices_are_known_and_calls_without_one_are_said() -> None:
    meter = Meter(prices=PRICES)
    meter.count(question(), reply("01"))
    meter.count(question(), reply("01", cached=True))
    meter.count(question(), reply("02", endpoint="b"))
    meter.count(question(), reply("03", paid=False))
    assert (meter.totals.calls, meter.totals.dollars, meter.totals.unpriced) == (2, 7.0, 1)
    assert [(row.endpoint, row.dollars, row.unpriced) for row in meter.rows()] == [("a", 7.0, 0), ("b", 0.0, 1)]


def test_a_call_that_would_pass_a_cap_on_dollars_is_not_made() -> None:
    meter = Meter(Caps(dollars=21), PRICES)
    with meter.admitted(asked()):
        meter.count(asked(), reply("01"))  # seven dollars
    with meter.admitted(asked()):
        with meter.admitted(question()):  # nobody knows yet what a call of this role costs
            pass
        with meter.admitted(asked()), pytest.raises(BudgetSpent), meter.admitted(asked()):
            pass
        meter.count(asked(), reply("02"))
    with (
        pytest.raises(BudgetSpent, match=r"\$21 for teachers is spent \(\$14.0000 used\)"),
        meter.admitted(asked()),
        meter.admitted(asked()),
    ):
        pass
    meter.count(asked(), reply("03"))
    assert meter.exhausted
    assert meter.totals.dollars == 21


def test_a_cap_on_seconds_admits_no_call_after_them_but_the_last_measurement() -> None:
    now = [0.0]
    meter = Meter(Caps(seconds=10), elapsed=lambda: now[0])
    with meter.admitted(asked()):
        now[0] = 10.0
    with pytest.raises(BudgetSpent, match="10 seconds"), meter.admitted(asked()):
        pass
    with meter.overtime(), meter.admitted(asked()):
        pass
    with pytest.raises(BudgetSpent), meter.admitted(asked()):
        pass


def test_a_call_that_would_pass_a_cap_on_tokens_is_not_made() -> None:
    meter = Meter()
    with meter.admitted(asked()):
        meter.count(asked(), reply("01"))
    usual = meter.totals.tokens
    tight = Meter(Caps(tokens=3 * usual - 1))
    with tight.admitted(asked()):
        tight.count(asked(), reply("01"))
    assert not tight.exhausted
    with tight.admitted(asked()):
        with pytest.raises(BudgetSpent, match="teacher tokens"), tight.admitted(asked()):
            pass
        tight.count(asked(), reply("02"))
    assert tight.exhausted
    with tight.overtime(everything=True), tight.admitted(asked()):
        pass


def test_a_first_call_whose_prompt_alone_passes_the_cap_is_not_made() -> None:
    meter = Meter(Caps(tokens=100))
    with pytest.raises(BudgetSpent), meter.admitted(asked("x" * 404)):
        pass
    with meter.admitted(asked("x" * 200)), pytest.raises(BudgetSpent), meter.admitted(asked("x" * 204)):
        pass
    with meter.admitted(asked("x" * 396)):
        pass


def test_a_prompt_that_is_longer_than_its_roles_others_is_counted_as_long_as_it_is() -> None:
    meter = Meter(Caps(tokens=40))
    meter.count(asked("x" * 10), reply("01"))  # two characters a token
    with pytest.raises(BudgetSpent), meter.admitted(asked("x" * 70)):
        pass
    with meter.admitted(asked("x" * 64)):
        pass
    assert not meter.exhausted, "a call of the usual size fits"


def test_a_repair_is_as_long_as_what_it_repairs_and_more() -> None:
    whole = asked().model_copy(update={"repair": Repair(reply="y" * 400, complaint="no")})
    with pytest.raises(BudgetSpent), Meter(Caps(tokens=100)).admitted(whole):
        pass
