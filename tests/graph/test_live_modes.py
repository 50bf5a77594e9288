"""The ways to watch a run besides the live view: how much so far and in all, every answer, JSON, nothing."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.graph.watching import STARTED, Clock, answered, drawn, reading
from tutelage.configs.schema import Limits
from tutelage.graph.estimate import Cost
from tutelage.graph.live import open_progress
from tutelage.graph.live_lines import LineProgress
from tutelage.graph.progress import Event, NodeEnded, NodeStarted, RunStarted, Spent, Work
from tutelage.graph.progress_mode import ProgressMode

PRICED = RunStarted(
    name="r", student="s", teacher="t", limits=Limits(rounds=4, teacher_tokens=90_000, teacher_dollars=2),
    expected=Cost(calls=40, prompt_tokens=20_000, completion_tokens=10_000, dollars=0.5),
)  # fmt: skip


def rounds(*begun: float, node: str = "tutor") -> list[tuple[float, Event]]:
    return [(at, NodeStarted(node=node, stage=1, round=number)) for number, at in enumerate(begun, 1)]


def said(mode: ProgressMode, *events: Event) -> list[str]:
    out = io.StringIO()
    with open_progress(out, mode) as progress:
        for event in events:
            progress.emit(event)
    return out.getvalue().splitlines()


def test_what_is_spent_stands_beside_what_was_expected_and_what_is_allowed() -> None:
    cost = answered(calls=12, tokens=9_000, so_far=Spent(calls=12, tokens=9_000, dollars=0.0312))
    text = "\n".join(drawn((0.0, PRICED), (1.0, cost), now=2.0, width=200))
    assert "12 of about 40 teacher calls · 9,000 of about 30,000 (at most 90,000) tokens" in text
    assert "$0.0312 of about $0.5000 (at most $2.00)" in text


def test_a_price_that_nobody_said_is_not_shown_as_nothing() -> None:
    assert "$" not in "".join(drawn((0.0, STARTED), (1.0, answered(calls=1, tokens=5)), now=2.0))


def test_a_resumed_run_begins_with_what_it_had_spent() -> None:
    begun = PRICED.model_copy(update={"resumed": True, "spent": Spent(calls=7, tokens=70)})
    assert "7 of about 40 teacher calls" in "".join(drawn((0.0, begun), now=1.0, width=200))


@pytest.mark.parametrize(
    ("begun", "resumed", "line"),
    [
        ((0.0,), False, "round 1 of at most 4"),
        # One round took 100 s: this one and two more are left.
        ((0.0, 100.0), False, "round 2 of at most 4 · about 4:40 left at most, then the held-out test"),
        # A resumed run's first round was under way already.
        ((0.0, 100.0), True, "round 2 of at most 4"),
        ((0.0, 100.0, 160.0), True, "round 3 of at most 4 · about 1:40 left at most, then the held-out test"),
    ],
)
def test_the_time_left_is_told_from_whole_rounds(begun: tuple[float, ...], resumed: bool, line: str) -> None:
    start = PRICED.model_copy(update={"resumed": resumed})
    lines = drawn((0.0, start), *rounds(*begun), now=begun[-1] + 20, width=200)
    assert lines[2].strip() == line


def test_lines_tell_what_a_node_spent_once_and_how_long_the_rounds_take() -> None:
    out, clock = io.StringIO(), Clock()
    progress = LineProgress(out, clock)
    for seconds, event in [
        (0.0, PRICED),
        *rounds(0.0, 100.0),
        (120.0, answered(calls=3, tokens=30)),
        (130.0, NodeEnded(node="tutor", seconds=30)),
        (131.0, NodeEnded(node="gate", seconds=1)),
    ]:
        clock.now = seconds
        progress.emit(event)
    assert [line[9:] for line in out.getvalue().splitlines()][1:] == [
        "stage 1 round 1: tutor (round 1 of at most 4)",
        "stage 1 round 2: tutor (round 2 of at most 4 · about 5:00 left at most, then the held-out test)",
        "so far 3 of about 40 teacher calls · 30 of about 30,000 (at most 90,000) tokens",
    ]


def test_half_a_minute_of_nothing_but_answers_is_broken_by_what_they_cost_so_far() -> None:
    out, clock = io.StringIO(), Clock()
    progress = LineProgress(out, clock)
    progress.emit(PRICED)
    for second in range(1, 71):
        clock.now = float(second)
        progress.emit(answered(calls=second, tokens=100 * second))
    told = [line.partition(" ")[2] for line in out.getvalue().splitlines()[1:]]
    assert [line.split(" ·")[0] for line in told] == [f"so far {n} of about 40 teacher calls" for n in (30, 60)]


def test_lines_of_work_tell_its_speed_and_its_end() -> None:
    out, clock = io.StringIO(), Clock()
    progress = LineProgress(out, clock)
    for clock.now, done in ((0.0, 0), (20.0, 50)):
        progress.emit(Work(label="probing", done=done, total=200, unit="questions"))
    assert out.getvalue().splitlines()[1].endswith("probing 50/200 questions, 2.5/s, about 1:00 left")


def test_verbose_has_a_line_for_every_answer_every_piece_of_work_and_the_end_of_every_node() -> None:
    work = [Work(label="probing", done=done, total=3, unit="questions") for done in range(4)]
    again = answered(calls=1, tokens=5, cached=True)
    lines = said("verbose", answered(calls=1, tokens=5), again, *work, NodeEnded(node="held_back", seconds=62))
    assert [line[9:] for line in lines] == [
        "tutor number/add: m answered, 1.50 s, 300 + 200 tokens",
        "tutor number/add: m answered, read back, 300 + 200 tokens",
        *(f"probing {done}/3 questions" for done in range(4)),
        "held back done in 1:02, so far 1 teacher calls · 5 tokens",
    ]


def test_quiet_says_nothing() -> None:
    assert said("quiet", STARTED, reading(), answered(calls=1, tokens=5)) == []


def test_json_has_every_event_whole_with_its_time() -> None:
    events: list[Event] = [PRICED, *(event for _, event in rounds(0.0)), answered(calls=1, tokens=5), reading()]
    records: list[dict[str, Any]] = [json.loads(line) for line in said("json", *events)]
    assert [r.pop("event") for r in records] == ["run_started", "node_started", "answered", "module_reading"]
    assert all(r.pop("time").endswith("+00:00") for r in records)
    assert [type(e).model_validate(r) for e, r in zip(events, records, strict=True)] == events


@pytest.mark.parametrize("mode", ["json", "verbose", "lines"])
def test_no_mode_lets_a_text_steer_the_terminal(mode: ProgressMode) -> None:
    hostile = "\x1b[31mred\x9b2J\r\nnext\x07\x7f\u202e"
    lines = said(mode, Work(label=hostile, done=1, total=2, unit="u"), answered(calls=1, tokens=1, model=hostile))
    shown = "".join(lines)
    assert len(lines) == (1 if mode == "lines" else 2)
    assert all(character.isprintable() for character in shown)


@pytest.mark.parametrize("mode", ["json", "verbose"])
def test_a_reader_that_goes_away_does_not_end_the_run_in_any_mode(mode: ProgressMode) -> None:
    out = io.StringIO()
    with open_progress(out, mode) as progress:
        out.close()
        progress.emit(STARTED)
