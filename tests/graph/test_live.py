"""What a person sees while a run goes on: the live view on a terminal, plain lines everywhere else."""

from __future__ import annotations

import io
import re
import threading

import pytest
from rich.console import Console

from tests.graph.watching import STARTED, Clock, answered, drawn, reading
from tutelage.graph.live import LiveProgress, open_progress
from tutelage.graph.live_lines import LineProgress
from tutelage.graph.progress import (
    DecisionMade,
    Estimated,
    Event,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    Work,
)

HOSTILE = "\x1b[31m[bold]red[/bold]\x9b2J\r\nnext\x07"


class Terminal(io.StringIO):
    """A stream that says it is a UTF-8 terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def lively(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_pipe_gets_timestamped_lines_without_control_codes() -> None:
    out = io.StringIO()
    with open_progress(out) as progress:
        for event in (
            STARTED,
            NodeStarted(node="finetune", stage=2, round=3, modules=("number/add",)),
            Work(label="training", done=12, total=60, unit="steps", detail="loss 0.12"),
            reading(),
            answered(calls=1, tokens=5),
            NodeEnded(node="finetune", seconds=2.0),
            DecisionMade(module="number/add", verdict="mastered", reason="39 of 40"),
            RunEnded(outcome="partly_mastered", line="one of two"),
        ):
            progress.emit(event)
    lines = out.getvalue().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in lines)
    assert [line[9:] for line in lines] == [
        "run quickstart started: student SmolLM2, teacher offline-teacher",
        "stage 2 round 3: finetune number/add",
        "training 12/60 steps loss 0.12",
        "module number/add: learning, 0.68 (0.51-0.82, n 40), threshold 0.90",
        "so far 1 teacher calls · 5 tokens",
        "decision number/add: mastered: 39 of 40",
        "run ended, partly mastered: one of two",
    ]
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("NO_COLOR", "1"), ("TERM", "dumb")])
@pytest.mark.usefixtures("lively")
def test_a_terminal_that_wants_no_colour_gets_plain_lines(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    out = Terminal()
    with open_progress(out) as progress:
        progress.emit(STARTED)
    assert "\x1b" not in out.getvalue()
    assert "run quickstart started" in out.getvalue()


def test_work_is_written_at_most_every_ten_seconds() -> None:
    out, clock = io.StringIO(), Clock()
    progress = LineProgress(out, clock)
    for second in range(25):
        clock.now = float(second)
        progress.emit(Work(label="probing", done=second, total=180, unit="questions"))
    assert [line[9:] for line in out.getvalue().splitlines()] == [
        "probing 0/180 questions",
        "probing 10/180 questions, 1/s, about 2:50 left",
        "probing 20/180 questions, 1/s, about 2:40 left",
    ]


def test_a_reader_that_goes_away_does_not_end_the_run() -> None:
    out = io.StringIO()
    progress = LineProgress(out)
    out.close()
    progress.emit(STARTED)
    progress.emit(reading())


def test_a_stream_that_cannot_show_a_character_shows_its_code() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    LineProgress(stream).emit(DecisionMade(module=None, verdict="known", reason="é"))
    assert raw.getvalue().endswith(b"decision stage: known: \\xe9\n")


@pytest.mark.parametrize("how", ["lines", "screen"])
def test_hostile_text_neither_steers_the_terminal_nor_becomes_markup(how: str) -> None:
    events: list[Event] = [
        RunStarted(name=HOSTILE, student=HOSTILE, teacher=HOSTILE),
        NodeStarted(node="tutor", modules=(HOSTILE,)),
        Work(label=HOSTILE, done=1, total=2, unit=HOSTILE, detail=HOSTILE),
        reading(HOSTILE),
        DecisionMade(module=HOSTILE, verdict="known", reason=HOSTILE),
    ]
    if how == "lines":
        out = io.StringIO()
        progress = LineProgress(out)
        for event in events:
            progress.emit(event)
        text = out.getvalue()
        assert len(text.splitlines()) == len(events)
    else:
        text = "\n".join(drawn(*((0.0, event) for event in events), now=1.0, width=200))
    assert "[bold]red[/bold]" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert "[31m" not in text
    assert "2J" not in text


def test_the_view_shows_run_node_work_modules_tokens_and_decisions() -> None:
    lines = drawn(
        (0.0, RunStarted(name="quickstart", student="SmolLM2", teacher="offline-teacher", resumed=True)),
        (1.0, NodeStarted(node="finetune", stage=2, round=3, modules=("number/add",))),
        (2.0, Work(label="training", done=12, total=60, unit="steps", detail="loss 0.12")),
        (3.0, reading()),
        (3.0, answered(calls=412, tokens=118_400)),
        (3.0, DecisionMade(module="number/sub", verdict="held_back", reason="stands on number/add")),
        now=67.0,
    )
    text = "\n".join(lines)
    assert "1:07 elapsed · resumed · 412 teacher calls · 118,400 tokens" in text
    assert "round 3 of at most 12" in text
    assert "stage 2 · round 3 · finetune  1:06  number/add" in text
    assert "12/60 steps" in text
    assert "loss 0.12" in text
    assert "0.68 0.51–0.82 n 40 ▸ learning" in text
    assert "‖ held back number/sub: stands on number/add" in text


def test_the_threshold_stands_in_the_bar_at_its_place() -> None:
    (row,) = (line for line in drawn((0.0, reading(rate=0.25, threshold=0.5)), now=0.0) if "number/add" in line)
    bar = re.search(r"[━─┃]+", row)
    assert bar is not None
    assert bar.group() == "━━━━────┃───────"


def test_forty_modules_fit_a_small_terminal_and_the_learning_ones_stay_in_sight() -> None:
    events: list[tuple[float, Event]] = [(0.0, STARTED), (0.0, NodeStarted(node="gate", stage=9, round=30))]
    events += [(0.0, reading(f"domain/module_{i:02d}", status="waiting" if i < 38 else "learning")) for i in range(40)]
    events += [(0.0, DecisionMade(module=f"m{i}", verdict="mastered", reason="x" * 200)) for i in range(9)]
    lines = drawn(*events, now=5.0)
    assert len(lines) <= 24
    assert all(len(line) <= 80 for line in lines)
    assert any("module_38" in line for line in lines)
    assert any("module_39" in line for line in lines)
    assert any("more" in line and "waiting" in line for line in lines)


def test_time_left_is_shown_only_once_the_speed_is_known() -> None:
    early = drawn((0.0, STARTED), (0.0, NodeStarted(node="gate")), (1.0, _probing(0)), (2.0, _probing(1)), now=2.0)
    late = drawn((0.0, STARTED), (0.0, NodeStarted(node="gate")), (0.0, _probing(0)), (10.0, _probing(50)), now=10.0)
    assert "left" not in "".join(early)
    assert "about 0:10 left" in "".join(late)


def test_work_done_before_a_resume_does_not_count_as_speed() -> None:
    lines = drawn((0.0, STARTED), (0.0, NodeStarted(node="gate")), (0.0, _probing(90)), (10.0, _probing(95)), now=10.0)
    assert "about 0:10 left" in "".join(lines)


def test_work_that_is_done_keeps_its_speed() -> None:
    lines = drawn((0.0, STARTED), (0.0, NodeStarted(node="gate")), (0.0, _probing(0)), (10.0, _probing(100)), now=99.0)
    assert "100/100 questions · 10/s" in "".join(lines)


def _probing(done: int) -> Work:
    return Work(label="probing", done=done, total=100, unit="questions")


def test_branches_of_one_node_are_shown_together_and_end_one_by_one() -> None:
    events: list[tuple[float, Event]] = [
        (float(i), NodeStarted(node="tutor", stage=1, round=1, modules=(module,))) for i, module in enumerate("ab")
    ]
    events += [
        (2.0, Work(label="lessons", done=3, total=9, unit="candidates")),
        (3.0, NodeEnded(node="tutor", seconds=1)),
    ]
    assert any("tutor  0:05  a, b" in line for line in drawn(*events, now=5.0))
    assert any("3/9 candidates" in line for line in drawn(*events, now=5.0))
    events += [(4.0, NodeEnded(node="tutor", seconds=2)), (5.0, NodeStarted(node="gate", stage=1, round=1))]
    assert any("gate  0:01" in line for line in drawn(*events, now=6.0))


def test_the_closing_line_is_shown_whole() -> None:
    path = "/" + "/".join(["somewhere"] * 12) + "/report.html"
    lines = drawn((0.0, STARTED), (1.0, RunEnded(outcome="mastered", line=f"report: {path}")), now=1.0)
    assert path in "".join(lines)


@pytest.mark.usefixtures("lively")
def test_a_terminal_gets_the_live_view_and_keeps_its_last_state() -> None:
    out = Terminal()
    with open_progress(out) as progress:
        progress.emit(STARTED)
        progress.emit(RunEnded(outcome="mastered", line="all is learned"))
    assert "\x1b[" in out.getvalue()
    assert "all is learned" in out.getvalue()


def test_events_may_come_from_any_thread() -> None:
    progress = LiveProgress(Console(file=io.StringIO(), width=80, height=60))

    def emit(number: int) -> None:
        progress.emit(reading(f"module_{number:02d}"))

    threads = [threading.Thread(target=emit, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out = io.StringIO()
    Console(file=out, width=80, height=60).print(progress.view())
    assert all(f"module_{number:02d}" in out.getvalue() for number in range(20))


def test_while_a_student_is_loaded_nothing_is_counted() -> None:
    loading = Work(label="loading the student", done=0, total=0, unit="")
    out = io.StringIO()
    LineProgress(out).emit(loading)
    assert out.getvalue()[9:] == "loading the student\n"
    lines = drawn((0.0, NodeStarted(node="gate", stage=1, round=1)), (0.0, loading), now=9.0)
    assert "loading the student" in [line.rstrip() for line in lines]


def test_a_narrow_terminal_cuts_off_the_teachers_address_and_not_the_student() -> None:
    address = "tutelage-offline-arithmetic-v1 (not a language model) at http://127.0.0.1:43459/v1"
    first = drawn((0.0, STARTED.model_copy(update={"teacher": address})), now=1.0, width=60)[0]
    assert "SmolLM2, taught by tutelage-offline" in first
    assert first.rstrip().endswith("…")


@pytest.mark.usefixtures("lively")
def test_a_long_line_of_the_estimate_goes_on_further_in_than_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = Terminal()
    with open_progress(out) as progress:
        progress.emit(Estimated(line="estimate: 52 calls\n  planner: " + "word " * 12))
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue()).replace("\r", "\n").splitlines()
    told = [line for line in lines if "word" in line]
    assert len(told) == 2
    assert told[0].startswith("  planner: word")
    assert told[1].startswith("    word")
    assert max(map(len, told)) <= 40
