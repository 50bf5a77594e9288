"""How a comparison is watched: lines, JSON, a row a run on a terminal; nothing that a run says steers any of them."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from tests.graph.simulated import QUICKSTART
from tutelage.configs.load import load_run
from tutelage.graph.comparison.conduct import Event, conduct
from tutelage.graph.comparison.plan import Job
from tutelage.graph.comparison.watch import LiveWatcher, open_watcher
from tutelage.graph.progress_mode import ProgressMode

NODE = {"time": "t", "event": "node_started", "node": "tutor", "stage": 1, "round": 2, "modules": ["number/addition"]}
WORK = {"event": "work", "label": "probing \x1b[2J", "done": 3, "total": 9, "unit": "questions"}


def jobs(root: Path, count: int = 2) -> list[Job]:
    config = load_run(QUICKSTART)
    return [Job("ioa", seed, root / f"ioa-s{seed}", (), (), config) for seed in range(count)]


async def watched(mode: ProgressMode, root: Path) -> list[str]:
    stream = io.StringIO()
    planned = jobs(root)
    with open_watcher(mode, [job.name for job in planned], stream) as watcher:
        failures = await conduct(planned, doing, 1, watcher)
    assert failures == {"ioa-s1": "the disk was full"}
    return stream.getvalue().splitlines()


async def doing(job: Job, told: Callable[[Event], None]) -> str | None:
    told(NODE)
    told(WORK)
    return None if job.seed == 0 else "the disk was full"


async def test_lines_say_where_each_run_is_and_how_it_ended(tmp_path: Path) -> None:
    said = [line[9:] for line in await watched("lines", tmp_path)]
    assert said == [
        "ioa-s0: started", "ioa-s0: stage 1 round 2: tutor number/addition", "ioa-s0: done",
        "ioa-s1: started", "ioa-s1: stage 1 round 2: tutor number/addition", "ioa-s1: failed: the disk was full",
    ]  # fmt: skip


async def test_verbose_says_work_too_without_its_control_codes(tmp_path: Path) -> None:
    assert "ioa-s0: probing 3/9 questions" in [line[9:] for line in await watched("verbose", tmp_path)]


async def test_quiet_says_nothing(tmp_path: Path) -> None:
    assert await watched("quiet", tmp_path) == []


async def test_json_passes_every_event_on_with_its_run(tmp_path: Path) -> None:
    found = [json.loads(line) for line in await watched("json", tmp_path)]
    assert [(one["event"], one["run"]) for one in found[:4]] == [
        ("run_begins", "ioa-s0"), ("node_started", "ioa-s0"), ("work", "ioa-s0"), ("run_done", "ioa-s0"),
    ]  # fmt: skip
    assert found[1]["modules"] == ["number/addition"]
    assert (found[-1]["event"], found[-1]["error"]) == ("run_failed", "the disk was full")


@pytest.mark.parametrize("height", [8, 40])
async def test_the_view_has_a_row_a_run_and_never_more_than_the_screen(tmp_path: Path, height: int) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=100, height=height, force_terminal=True, color_system=None)
    planned = jobs(tmp_path, 12)
    watcher = LiveWatcher(console, [job.name for job in planned])
    await conduct(planned[:3], doing, 2, watcher)
    watcher.begins(planned[3], "resumed")
    watcher.told(planned[3], WORK)
    console.print(watcher.view())
    text = stream.getvalue()
    assert "1 of 12 runs done" in text
    assert "probing 3/9 questions" in text
    assert "\x1b[2J" not in text
    assert len(text.splitlines()) <= height


async def test_no_more_runs_are_under_way_than_was_said(tmp_path: Path) -> None:
    under_way, most = 0, 0

    async def counting(job: Job, told: Callable[[Event], None]) -> str | None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return None

    with open_watcher("quiet", [], io.StringIO()) as watcher:
        await conduct(jobs(tmp_path, 6), counting, 3, watcher)
    assert most == 3
