"""The live view as rich renderables. Text is never markup here: what a model or a domain wrote stays what it is."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tutelage.graph.live_outlook import clock, outlook, spending
from tutelage.graph.live_state import LiveState, Task
from tutelage.graph.plain_text import one_line
from tutelage.graph.progress import DecisionMade, ModuleReading
from tutelage.graph.statuses import mark, words

_STYLES = {
    "mastered": "blue",
    "known": "cyan",
    "learning": "bold",
    "stalled": "red",
    "regressed": "magenta",
    "remediate": "yellow",
    "bridge": "cyan",
    "held_back": "yellow",
}
_URGENCY = ("learning", "stalled", "mastered", "waiting", "held_back", "known", "unknown", "excluded")
_BAR, _DECISIONS, _OTHER_LINES = 16, 3, 10


def screen(state: LiveState, now: float, width: int, height: int) -> RenderableType:
    """The whole view, no taller than ``height`` lines and no wider than ``width`` columns."""
    parts: list[RenderableType] = [*_header(state, now, width), Text(), *_now(state, now, width)]
    if state.modules:
        room = max(height - _OTHER_LINES - min(len(state.decisions), _DECISIONS), 3)
        parts += [Text(), _modules(state, width, room)]
    if state.decisions:
        parts += [Text(), *(_decision(decision, width) for decision in state.decisions[-_DECISIONS:])]
    return Group(*parts)


def _header(state: LiveState, now: float, width: int) -> list[Text]:
    if state.run is None:
        return [Text("Tutelage", style="bold")]
    first = Text.assemble(("Tutelage", "bold"), " · ", (one_line(state.run.name), "bold"))
    # The student first: what a narrow terminal cuts off is the teacher's address.
    first.append(f" · {one_line(state.run.student)}, taught by {one_line(state.run.teacher)}", style="dim")
    resumed = " · resumed" if state.run.resumed else ""
    second = Text(f"{clock(now - state.since)} elapsed{resumed} · {spending(state)}", style="dim")
    third = [Text(line, style="dim")] if (line := outlook(state, now)) else []
    return [_cut(text, width) for text in (first, second, *third)]


def _now(state: LiveState, now: float, width: int) -> list[Text]:
    if state.ended is not None:
        line = Text.assemble((words(one_line(state.ended.outcome)), "bold"), ": ", one_line(state.ended.line))
        return [line]  # whole, if need be on two lines: it may name the report's path
    if state.node is None:
        return [Text(f"starting  {clock(now - state.since)}", style="dim")]
    node = state.node
    line = Text(f"stage {node.stage} · round {node.round} · " if node.stage else "")
    line.append(words(one_line(node.node)), style="bold blue")
    line.append(f"  {clock(now - state.node_since)}", style="dim")
    line.append("  " + ", ".join(one_line(module) for module in node.modules), style="dim")
    return [_cut(line, width), _cut(_work(state.task, now), width)]


def _work(task: Task | None, now: float) -> Text:
    if task is None:
        return Text("waiting for the first reading", style="dim")
    work = task.work
    line = Text(one_line(work.label, 24) + " ")
    if not work.unit:
        return line
    if work.total > 0:
        line.append_text(_bar(work.done / work.total, None, "blue"))
        line.append(f" {work.done:,}/{work.total:,} {one_line(work.unit, 12)}")
    else:
        line.append(f"{work.done:,} {one_line(work.unit, 12)}")
    rate, left = task.rate(now), task.seconds_left(now)
    line.append(f" · {rate:.3g}/s" if rate is not None else "", style="dim")
    line.append(f" · about {clock(left)} left" if left is not None else "", style="dim")
    line.append(f" · {one_line(work.detail)}" if work.detail else "", style="dim")
    return line


def _modules(state: LiveState, width: int, room: int) -> Table:
    readings = list(state.modules.values())
    shown, hidden = readings, list[ModuleReading]()
    if len(readings) > room:
        urgent = sorted(readings, key=lambda reading: _URGENCY.index(reading.status))[: room - 1]
        shown = [reading for reading in readings if reading in urgent]
        hidden = [reading for reading in readings if reading not in urgent]
    table = Table.grid(padding=(0, 1))
    for justify in ("left", "left", "right", "left", "right", "left"):
        table.add_column(justify="right" if justify == "right" else "left", no_wrap=True)
    for reading in shown:
        table.add_row(*_row(reading, max(width - 55, 10)))
    if hidden:
        counts = Counter(words(reading.status) for reading in hidden)
        table.add_row(Text(f"and {len(hidden)} more", style="dim"), Text(_counted(counts), style="dim"))
    return table


def _row(reading: ModuleReading, name: int) -> tuple[Text, ...]:
    style = _STYLES.get(reading.status, "dim")
    status = Text(f"{mark(reading.status)} {words(reading.status)}", style=style)
    label = Text(one_line(reading.module, name), style="bold" if reading.status == "learning" else "")
    if reading.rate is None:
        return label, Text("·" * _BAR, style="dim"), Text("–", style="dim"), Text(), Text(), status
    ends = "" if reading.low is None or reading.high is None else f"{reading.low:.2f}–{reading.high:.2f}"
    bar = _bar(reading.rate, reading.threshold, style)
    return label, bar, Text(f"{reading.rate:.2f}"), Text(ends, style="dim"), Text(f"n {reading.n}", style="dim"), status


def _bar(share: float, threshold: float | None, style: str) -> Text:
    """A bar of ``_BAR`` cells; the threshold is an upright line in it."""
    filled = round(min(max(share, 0.0), 1.0) * _BAR)
    bar = Text("━" * filled, style=style) + Text("─" * (_BAR - filled), style="dim")
    if threshold is None:
        return bar
    at = min(int(min(max(threshold, 0.0), 1.0) * _BAR), _BAR - 1)
    return bar[:at] + Text("┃") + bar[at + 1 :]


def _decision(decision: DecisionMade, width: int) -> Text:
    style = _STYLES.get(decision.verdict, "")
    line = Text.assemble((f"{mark(decision.verdict)} {words(one_line(decision.verdict))}", style), " ")
    line.append(f"{one_line(decision.module)}: " if decision.module else "stage: ", style="bold")
    line.append(one_line(decision.reason), style="dim")
    return _cut(line, width)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {status}" for status, n in counts.most_common())


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    line.no_wrap = True
    return line
