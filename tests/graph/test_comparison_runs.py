"""Whole comparisons with the simulated student: equal beginnings, resumed, adopted, refused, and a run that fails."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.graph.comparing import CAPS, compared, here, plan_of
from tests.graph.simulated import QUICKSTART, Ability, install
from tutelage.errors import ComparisonIncomplete, RunDirError
from tutelage.graph.comparison.compare import compare
from tutelage.graph.comparison.conduct import Event
from tutelage.graph.comparison.plan import Job
from tutelage.graph.comparison.records import Comparison
from tutelage.graph.rundir import RunDir
from tutelage.tracing import names

ARMS = "ioa,ioa-no_replay"
NAMES = ["ioa-s0", "ioa-no_replay-s0", "ioa-s1", "ioa-no_replay-s1"]


@pytest.fixture(scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison that nobody disturbed."""
    folder = tmp_path_factory.mktemp("comparison")
    with pytest.MonkeyPatch.context() as patch:
        install(patch, Ability(default=0.1), folder)
        done, seen = await compared(plan_of(folder / "c", ARMS), at_once=2)
    assert done.failures == {}
    assert seen.began == dict.fromkeys(NAMES, "started")
    assert seen.ended == dict.fromkeys(NAMES)
    return folder / "c"


@pytest.fixture
def copy(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install(monkeypatch, Ability(default=0.1), tmp_path)
    return shutil.copytree(whole, tmp_path / "c")


def table(folder: Path) -> Comparison:
    """The comparison without its clocks."""
    found = Comparison.model_validate_json((folder / "comparison.json").read_bytes())
    runs = [r.model_copy(update={"spent": r.spent and r.spent.model_copy(update={"seconds": 0})}) for r in found.runs]
    points = [p.model_copy(update={"seconds": 0}) for p in found.points]
    return found.model_copy(update={"runs": tuple(runs), "points": tuple(points)})


def test_both_files_are_written_and_agree_with_the_runs(whole: Path) -> None:
    found = table(whole)
    for run in found.runs:
        report = json.loads((whole / "runs" / run.run / "report.json").read_bytes())
        assert run.accuracy == pytest.approx(report["totals"]["after"])
        assert run.spent is not None
        assert run.spent.teacher_tokens == report["totals"]["teacher_tokens"] - report["totals"]["teacher_exam_tokens"]
        assert run.modules == pytest.approx({m["id"]: m["after"]["rate"] for m in report["modules"]})
    assert (whole / "comparison.html").read_text().startswith("<!doctype html>")
    assert [reference.arm for reference in found.references] == ["before", "teacher"]


async def test_the_untaught_student_is_asked_by_the_first_run_of_a_seed_and_its_answers_adopted_by_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.1), tmp_path)
    await compared(plan_of(tmp_path / "c", ARMS, "1"), at_once=1)
    asked, answers = {}, {}
    for name in ("ioa-s0", "ioa-no_replay-s0"):
        root = tmp_path / "c" / "runs" / name
        asked[name] = {path.name for path in _untaught(root)} & _probed(root)
        answers[name] = {path.name: path.read_bytes() for path in _untaught(root)}
    assert len(answers["ioa-s0"]) == 2, "the diagnosis, and the examination before"
    assert answers["ioa-s0"] == answers["ioa-no_replay-s0"]
    assert len(asked["ioa-s0"]) == 2
    assert asked["ioa-no_replay-s0"] == set()


def test_a_lone_run_shares_nothing(tmp_path: Path) -> None:
    assert RunDir(tmp_path / "runs" / "mine").shared is None


def _untaught(root: Path) -> list[Path]:
    """Files of what the student answered before it was taught."""
    found = sorted((root / "parts" / "attempts").glob("*-student-*.jsonl"))
    return [path for path in found if json.loads(path.read_text().splitlines()[0])["model"] == "base"]


def _probed(root: Path) -> set[str]:
    """Files whose answers this run asked the student for."""
    spans = [json.loads(line) for line in (root / "spans.jsonl").read_text().splitlines()]
    return {f"{span['attributes'][names.PART]}.jsonl" for span in spans if span["name"] == names.PROBE_STUDENT}


def test_budgets_are_equal_to_two_per_cent_by_the_runs_own_records_probing_counted_in(whole: Path) -> None:
    spent = {}
    for run in table(whole).runs:
        root = whole / "runs" / run.run
        trained = sum(row["tokens"] for row in _parts(root, "trainings"))
        probed = [a for a in _parts(root, "attempts", but="999") if a["role"] == "student"]
        replies = [json.loads(path.read_bytes()) for path in (root / "replies").rglob("*.json")]
        exam = sum(a["tokens"] for a in _parts(root, "attempts") if a["role"] == "teacher" and a["round"] > 0)
        assert run.spent is not None
        assert probed
        assert run.spent.training_tokens == trained + math.ceil(sum(a["tokens"] for a in probed) / 3)
        paid = sum(r["reply"]["prompt_tokens"] + r["reply"]["completion_tokens"] for r in replies)
        assert run.spent.teacher_tokens + run.spent.teacher_exam_tokens == paid
        assert 0 < run.spent.teacher_exam_tokens <= exam
        spent[run.run] = run.spent.training_tokens
        (against,) = [one for one in run.against if one.cap == "training_tokens"]
        assert not against.off
    assert max(spent.values()) <= CAPS["training_tokens"]
    assert min(spent.values()) >= 0.98 * CAPS["training_tokens"]


def _parts(root: Path, ledger: str, but: str = "-") -> list[dict[str, Any]]:
    paths = [path for path in (root / "parts" / ledger).glob("*.jsonl") if not path.name.startswith(but)]
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


def test_arms_of_a_seed_have_the_same_held_out_items_in_the_same_order_and_the_same_student(whole: Path) -> None:
    for seed in (0, 1):
        asked = [_held_out(whole / "runs" / f"{arm}-s{seed}") for arm in ARMS.split(",")]
        assert asked[0] == asked[1]
        assert len(asked[0]) == 72
    assert _held_out(whole / "runs" / "ioa-s0") != _held_out(whole / "runs" / "ioa-s1")
    students = {(whole / "runs" / name / "run.yaml").read_text().split("student:\n  name")[1][:200] for name in NAMES}
    assert len(students) == 1


def _held_out(root: Path) -> list[str]:
    rows = [json.loads(line) for line in (root / "probes.jsonl").read_text().splitlines()]
    return [row["id"] for row in rows if row["pool"] == "held_out"]


async def test_the_same_command_adopts_what_is_there_and_ends_with_the_same_table(copy: Path, whole: Path) -> None:
    _, seen = await compared(plan_of(copy, ARMS))
    assert seen.began == dict.fromkeys(NAMES, "adopted")
    assert table(copy) == table(whole)


async def test_a_comparison_broken_off_in_mid_run_goes_on_and_ends_with_the_same_table(
    copy: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copy / "runs" / "ioa-no_replay-s1")
    (copy / "comparison.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("tutelage.graph.nodes.gate.attempt_gate", _interrupted)
        with pytest.raises(BaseExceptionGroup):
            await compare(plan_of(copy, ARMS), 1, _Nobody(), here)
    assert not (copy / "comparison.json").exists()
    _, seen = await compared(plan_of(copy, ARMS))
    assert list(seen.began.values()) == ["adopted", "adopted", "adopted", "resumed"]
    assert table(copy) == table(whole)


async def test_a_failed_run_is_named_the_others_go_on_and_the_next_time_it_is_tried_again(
    copy: Path, whole: Path
) -> None:
    shutil.rmtree(copy / "runs" / "ioa-s1")

    async def failing(job: Job, told: Callable[[Event], None]) -> str | None:
        return "the disk was full"

    done = await compare(plan_of(copy, ARMS), 1, _Nobody(), failing)
    assert done.failures == {"ioa-s1": "the disk was full"}
    assert done.comparison.differences[0].seeds == (0,)
    with pytest.raises(ComparisonIncomplete, match="1 of 4 runs failed: ioa-s1: the disk was full") as raised:
        done.check()
    assert raised.value.exit_code == 5
    done, _ = await compared(plan_of(copy, ARMS))
    done.check()
    assert table(copy) == table(whole)


async def test_another_baseline_is_another_table_of_the_same_runs(copy: Path) -> None:
    done, seen = await compared(plan_of(copy, ARMS, baseline="ioa-no_replay"))
    assert set(seen.began.values()) == {"adopted"}
    assert [row.arm for row in done.comparison.differences] == ["ioa"]


async def test_another_configuration_on_the_same_directory_is_refused(copy: Path) -> None:
    before = (copy / "comparison.json").read_bytes()
    with pytest.raises(RunDirError, match="another configuration or budget"):
        await compared(plan_of(copy, ARMS, "2", "tutor.examples=21"))
    with pytest.raises(RunDirError, match="another configuration or budget"):
        await compared(plan_of(copy, ARMS, budget="teacher_tokens=5"))
    assert (copy / "comparison.json").read_bytes() == before


async def test_a_run_of_another_configuration_is_refused_before_any_is_begun(copy: Path) -> None:
    shutil.rmtree(copy / "runs" / "ioa-s0")
    shutil.rmtree(copy / "runs" / "ioa-s1")
    shutil.copytree(copy / "runs" / "ioa-no_replay-s1", copy / "runs" / "ioa-s1")
    with pytest.raises(RunDirError, match="another configuration than the comparison gives it"):
        await compared(plan_of(copy, ARMS))
    assert not (copy / "runs" / "ioa-s0").exists()


async def test_items_that_changed_meanwhile_are_found_out(copy: Path) -> None:
    path = copy / "runs" / "ioa-s1" / "probes.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(reversed(lines)))
    with pytest.raises(RunDirError, match="has not the held-out items of ioa-s1"):
        await compared(plan_of(copy, ARMS))


def test_the_configuration_named_in_the_plan_is_the_users(whole: Path) -> None:
    said = json.loads((whole / "plan.json").read_bytes())
    assert said["config"] == str(QUICKSTART)
    assert said["budget"] == CAPS


class _Nobody:
    def begins(self, job: Job, how: str) -> None: ...

    def told(self, job: Job, event: Event) -> None: ...

    def ends(self, job: Job, error: str | None) -> None: ...


async def _interrupted(*_: object) -> None:
    raise RuntimeError("the power went out")
