from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tutelage.teachers.retry import Failure
from tutelage.teachers.window import Watch, Window

SLOW_DOWN = Failure(status=429, message="slow down")
LOADING = Failure(status=503, message="loading")


def cut(window: Window, *, sent_at: float, now: float, failure: Failure = SLOW_DOWN) -> Window:
    return window.overloaded(failure, sent_at, now, 0.0)


def test_a_new_window_lets_as_many_through_as_the_endpoint_allows() -> None:
    window = Window.of(3)
    assert [window.admits(n, 0.0) for n in range(5)] == [True, True, True, False, False]


def test_an_overload_halves_the_limit_once_for_all_that_were_in_flight() -> None:
    window = Window.of(8)
    for now in (1.0, 1.1, 1.2):
        window = cut(window, sent_at=0.5, now=now)
    assert (window.limit, window.cuts) == (4.0, 1)
    assert cut(window, sent_at=1.05, now=2.0).limit == 2.0


def test_the_limit_grows_by_one_for_a_windowful_of_replies_and_never_past_the_endpoints() -> None:
    window = cut(Window.of(8), sent_at=0.0, now=1.0)
    for _ in range(5):
        window = window.replied()
    assert int(window.limit) == 5
    for _ in range(200):
        window = window.replied()
    assert window.limit == 8


def test_retry_after_pauses_everybody_also_when_it_comes_late() -> None:
    window = cut(Window.of(8), sent_at=0.0, now=1.0, failure=Failure(status=429, message="", retry_after_s=7.0))
    assert not window.admits(0, 7.9)
    assert window.admits(0, 8.0)
    late = window.overloaded(Failure(status=429, message="", retry_after_s=30.0), 0.5, 2.0, 0.0)
    assert late.paused_until == 32.0
    assert late.limit == window.limit


def test_throttling_without_a_time_pauses_for_longer_each_time_until_a_reply() -> None:
    window, now, pauses = Window.of(64), 0.0, []
    for _ in range(4):
        sent, now = now, now + 0.1
        window = cut(window, sent_at=sent, now=now)
        pauses.append(window.paused_until - now)
        now = window.paused_until
    assert [round(pause, 6) for pause in pauses] == [0.25, 0.5, 1.0, 2.0]
    assert window.replied().cuts == 0


def test_an_overload_that_names_no_time_and_is_no_throttle_pauses_nobody() -> None:
    window = cut(Window.of(8), sent_at=0.0, now=1.0, failure=LOADING)
    assert (window.limit, window.is_paused(1.0)) == (4.0, False)


@given(
    st.integers(1, 300),
    st.lists(st.tuples(st.sampled_from(["reply", "429", "503", "after"]), st.floats(0, 5), st.floats(0, 0.999))),
)
def test_whatever_happens_one_call_is_always_let_through_in_the_end(
    most: int, events: list[tuple[str, float, float]]
) -> None:
    window, now = Window.of(most), 0.0
    for event, seconds, jitter in events:
        sent, now = now, now + seconds
        if event == "reply":
            window = window.replied()
        else:
            wait = 4.0 if event == "after" else None
            failure = Failure(status=503 if event == "503" else 429, message="", retry_after_s=wait)
            window = window.overloaded(failure, sent, now, jitter)
        assert 1 <= int(window.limit) <= most
        assert window.paused_until <= now + 31
        assert window.admits(0, max(now, window.paused_until))


def test_patience_starts_with_the_first_call_and_anew_with_every_sign_of_life() -> None:
    watch = Watch(10.0)
    assert watch.ends_at == float("inf")
    watch = watch.asked(3.0).asked(9.0)
    assert watch.ends_at == 13.0
    assert watch.heard(12.0).ends_at == 22.0
    assert watch.rested().asked(50.0).ends_at == 60.0
