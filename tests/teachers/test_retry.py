from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tutelage.teachers.retry import (
    LONGEST_DELAY_S,
    Failure,
    delay_s,
    retry_after_s,
)

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_refusal_for_good_is_final(status: int) -> None:
    assert Failure(status=status, message="").is_final


@pytest.mark.parametrize("status", [None, 408, 409, 425, 429, 500, 502, 503, 529])
def test_what_may_pass_is_not_final(status: int | None) -> None:
    assert not Failure(status=status, message="").is_final


def test_an_empty_account_is_final_although_it_comes_as_429() -> None:
    assert Failure(status=429, message="", code="insufficient_quota").is_final


def test_the_delay_doubles_and_is_capped() -> None:
    failure = Failure(status=500, message="")
    assert [delay_s(failure, attempt, 0.0) for attempt in (0, 1, 2)] == [0.25, 0.5, 1.0]
    assert all(delay_s(failure, attempt, 0.999) <= LONGEST_DELAY_S for attempt in range(40))


@pytest.mark.parametrize("asked", [1.0, 7.0, 3600.0])
def test_retry_after_is_waited_for_in_full(asked: float) -> None:
    assert delay_s(Failure(status=429, message="", retry_after_s=asked), 0, 0.0) == asked


def test_a_retry_after_of_nothing_still_makes_a_pause() -> None:
    assert delay_s(Failure(status=429, message="", retry_after_s=0.0), 0, 0.0) > 0


def test_throttling_is_told_apart_from_an_empty_account_and_from_trouble() -> None:
    assert Failure(status=429, message="").is_throttle
    assert not Failure(status=429, message="", code="insufficient_quota").is_throttle
    assert not Failure(status=503, message="").is_throttle


@pytest.mark.parametrize(("status", "timed_out"), [(429, False), (503, False), (529, False), (None, True)])
def test_too_much_work_is_told_apart_from_other_trouble(status: int | None, timed_out: bool) -> None:
    assert Failure(status=status, message="", timed_out=timed_out).is_overload
    assert not Failure(status=500, message="").is_overload


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": value}, NOW) == seconds
