from __future__ import annotations

from tutelage.teachers.breaker import FIRST_COOL_DOWN_S, LONGEST_COOL_DOWN_S, Breaker


def test_a_new_breaker_is_closed() -> None:
    assert Breaker().state(0.0) == "closed"
    assert Breaker().admits(0.0)


def test_a_failure_opens_it_for_a_cool_down_and_then_one_probe_is_let_through() -> None:
    breaker = Breaker().failed(10.0, probe=False)
    assert (breaker.state(10.0), breaker.admits(10.0)) == ("open", False)
    later = 10.0 + FIRST_COOL_DOWN_S
    assert (breaker.state(later), breaker.admits(later)) == ("half_open", True)
    probing = breaker.sent(later)
    assert not probing.admits(later)
    assert probing.abandoned().admits(later)


def test_the_cool_down_doubles_up_to_a_cap_as_long_as_probes_fail() -> None:
    breaker, now, cool_downs = Breaker().failed(0.0, probe=False), 0.0, []
    for _ in range(8):
        cool_downs.append(breaker.open_until - now)
        now = breaker.open_until
        breaker = breaker.sent(now).failed(now, probe=True)
    assert cool_downs[:4] == [5.0, 10.0, 20.0, 40.0]
    assert cool_downs[-1] == LONGEST_COOL_DOWN_S


def test_calls_that_were_under_way_when_it_opened_tell_nothing_new() -> None:
    breaker = Breaker().failed(0.0, probe=False)
    assert breaker.failed(3.0, probe=False) is breaker


def test_a_sign_of_life_closes_it() -> None:
    breaker = Breaker().failed(0.0, probe=False)
    assert breaker.answered().state(0.1) == "closed"
    assert breaker.answered().failed(1.0, probe=False).open_until == 1.0 + FIRST_COOL_DOWN_S
