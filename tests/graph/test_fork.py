"""Forks of a finished run: what they share, what they cost, and what they leave alone."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.graph.simulated import Ability, Recorder, install, run
from tutelage.errors import InputError, RunDirError, TutelageError
from tutelage.files import write_text
from tutelage.graph import runs, teaching
from tutelage.graph.fork import checkpoint_of, fork, make_fork
from tutelage.graph.rundir import RunDir
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Step, read_steps
from tutelage.teachers.meter import Meter
from tutelage.teachers.offline import OfflineTeacher
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing import names

ADDITION = "number/addition"


@dataclass(frozen=True)
class Origin:
    """A finished run, the server log that a fork's teacher writes, and what the run directory held."""

    root: Path
    log: Path
    before: dict[str, bytes]

    def node(self, name: str, round_number: int, module: str | None = None) -> Step:
        steps = [s for s in read_steps(Ledgers(self.root)) if s.is_node and s.node == name and s.round == round_number]
        return next(s for s in steps if module is None or s.module == module)

    def asked(self) -> list[str]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line)["sha256"] for line in lines]

    def is_untouched(self) -> bool:
        return contents(self.root) == self.before


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file() or path.is_symlink())
    return {
        path.relative_to(root).as_posix(): bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in files
    }


@pytest.fixture(scope="module")
async def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        install(patch, Ability(default=0.04), folder)
        await run(folder / "run", "limits.rounds=3")
    return folder / "run"


@pytest.fixture
def origin(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    install(monkeypatch, Ability(default=0.04), finished.parent)
    log = tmp_path / "answered.jsonl"
    monkeypatch.setattr(teaching, "OfflineTeacher", lambda _: OfflineTeacher(log))
    found = Origin(finished, log, contents(finished))
    yield found
    assert found.is_untouched(), "the original was written to"


@pytest.mark.parametrize(("node", "round_number"), [("plan", 0), ("tutor", 2), ("gate", 3)])
async def test_a_fork_pays_for_nothing_of_the_past_and_runs_to_its_end(
    origin: Origin, node: str, round_number: int, tmp_path: Path
) -> None:
    step = origin.node(node, round_number)
    manifest = make_fork(origin.root, str(step.number), tmp_path / "fork", [])
    assert origin.asked() == []
    shared = {s.call_id for s in read_steps(Ledgers(tmp_path / "fork")) if s.role}
    kept = {stored.reply.call_id for stored in ReplyStore(tmp_path / "fork" / "replies")}
    assert shared == kept

    ended = await runs.resume(tmp_path / "fork", [], Recorder(), approve=False)
    assert ended.outcome == json.loads((origin.root / "report.json").read_text())["run"]["outcome"]
    stored = {s.reply.call_id for s in ReplyStore(tmp_path / "fork" / "replies")}
    assert len(origin.asked()) == len(stored - shared), "a call of the shared past was sent again"
    assert manifest.forked_from is not None
    assert (tmp_path / "fork" / manifest.forked_from.run).resolve() == origin.root.resolve()
    # With nothing changed the branch comes to what the original came to.
    for name in ("decisions.jsonl", "candidates.jsonl", "attempts.jsonl"):
        assert (tmp_path / "fork" / name).read_bytes() == (origin.root / name).read_bytes()


async def test_a_fork_holds_only_the_past_of_its_checkpoint(origin: Origin, tmp_path: Path) -> None:
    step = origin.node("finetune", 2)
    make_fork(origin.root, str(step.number), tmp_path / "fork", [])
    fork_dir = RunDir(tmp_path / "fork")
    assert sorted(p.name for p in fork_dir.adapters.iterdir()) == ["current", "round-001"]
    assert (fork_dir.adapters / "current").readlink().name == "round-001"
    parts = {p.stem for p in (tmp_path / "fork" / "parts").rglob("*.jsonl")}
    assert parts
    assert max(parts)[:5] == "002-2", "the last part is a tutor's of round 2"
    assert {p.name[:9] for p in (tmp_path / "fork" / "datasets").iterdir()} == {"round-001", "round-002"}
    assert not (tmp_path / "fork" / "report.json").exists()
    last = read_steps(Ledgers(tmp_path / "fork"))[-1]
    assert last.span.name == f"{names.NODE}assemble"
    for name in ("decisions.jsonl", "candidates.jsonl", "attempts.jsonl", "spans.jsonl"):
        shared = (tmp_path / "fork" / name).read_bytes()
        assert 0 < len(shared) < len(origin.before[name])
        assert origin.before[name].startswith(shared)
    with sqlite3.connect(fork_dir.checkpoints) as database:
        (last_id,) = database.execute("select max(checkpoint_id) from checkpoints").fetchone()
        assert last_id == step.span.attributes[names.CHECKPOINT_ID]
        assert database.execute("select count(*) from writes where checkpoint_id = ?", (last_id,)).fetchone() == (0,)


async def test_a_fork_with_something_changed_goes_another_way_and_says_so(origin: Origin, tmp_path: Path) -> None:
    step = origin.node("tutor", 2, None)
    settings = ["tutor.examples=30", "limits.rounds=2"]
    ended = await fork(origin.root, step.span.id, tmp_path / "fork", settings, Recorder())
    assert ended.outcome == "stopped_by_rounds"
    manifest = yaml.safe_load((tmp_path / "fork" / "run.yaml").read_text())
    original = yaml.safe_load((origin.root / "run.yaml").read_text())
    assert manifest["config"]["tutor"]["examples"] == 30
    assert manifest["trace_id"] != original["trace_id"]
    assert manifest["forked_from"]["trace_id"] == original["trace_id"]
    assert manifest["forked_from"]["checkpoint"] == step.span.attributes[names.CHECKPOINT_ID]
    assert "--set" in manifest["command"]
    traces = {s.span.trace for s in read_steps(Ledgers(tmp_path / "fork"))}
    assert traces == {manifest["trace_id"], original["trace_id"]}
    again = await runs.resume(tmp_path / "fork", [], Recorder(), approve=False)
    assert again.outcome == "stopped_by_rounds"


async def test_a_fork_of_a_fork_stands_on_its_own(origin: Origin, tmp_path: Path) -> None:
    make_fork(origin.root, str(origin.node("gate", 2).number), tmp_path / "one", [])
    step = next(s for s in read_steps(Ledgers(tmp_path / "one")) if s.node == "gate" and s.round == 1)
    make_fork(tmp_path / "one", str(step.number), tmp_path / "two", ["limits.rounds=1"])
    before = contents(tmp_path / "one")
    ended = await runs.resume(tmp_path / "two", [], Recorder(), approve=False)
    assert ended.outcome == "stopped_by_rounds"
    assert contents(tmp_path / "one") == before


async def test_the_meter_of_a_fork_starts_with_what_the_past_cost(origin: Origin, tmp_path: Path) -> None:
    step = origin.node("gate", 1)
    make_fork(origin.root, str(step.number), tmp_path / "fork", [])
    past = [s for s in read_steps(Ledgers(origin.root)) if s.role and s.number < step.number]
    meter = Meter.from_store(ReplyStore(tmp_path / "fork" / "replies")).totals
    assert (meter.calls, meter.tokens) == (sum(s.cost.calls for s in past), sum(s.cost.tokens for s in past))


def test_a_step_within_a_node_means_that_node(origin: Origin) -> None:
    node = origin.node("tutor", 1)
    call = next(s for s in read_steps(Ledgers(origin.root)) if s.role == "tutor" and s.round == 1)
    assert checkpoint_of(origin.root, str(call.number)) == node.span.attributes[names.CHECKPOINT_ID]
    assert checkpoint_of(origin.root, call.call_id or "") == node.span.attributes[names.CHECKPOINT_ID]


@pytest.mark.parametrize(
    ("at", "settings", "complaint"),
    [
        ("1", [], "belongs to no checkpoint"),
        ("99999", [], "no step 99999"),
        ("1f0a0000-0000-0000-0000-000000000000", [], "no checkpoint"),
        ("2", ["seed=5"], "cannot change 'seed'"),
        ("2", ["diagnosis.probes=5"], "cannot change 'diagnosis'"),
        ("2", ["gate.looks=9"], "set .* aside"),
        ("2", ["tutor.exampels=9"], "unknown key"),
    ],
)
def test_what_cannot_be_forked_is_refused_before_anything_is_written(
    origin: Origin, tmp_path: Path, at: str, settings: list[str], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        make_fork(origin.root, at, tmp_path / "fork", settings)
    assert not (tmp_path / "fork").exists()
    assert not list(tmp_path.glob(".fork*"))


@pytest.mark.parametrize("teacher", ["nosuch", "http://127.0.0.1:9/v1"])
async def test_a_teacher_that_is_not_there_leaves_no_fork_behind(origin: Origin, tmp_path: Path, teacher: str) -> None:
    with pytest.raises(TutelageError, match=r"no teacher"):
        await fork(origin.root, "2", tmp_path / "fork", [f"teachers.tutor={teacher}"], Recorder())
    assert not (tmp_path / "fork").exists()


def test_who_names_a_fork_that_is_there_learns_how_to_go_on_with_it(origin: Origin, tmp_path: Path) -> None:
    manifest = make_fork(origin.root, "2", tmp_path / "a fork", ["limits.rounds=1"])
    assert f"--into '{tmp_path}/a fork' --set limits.rounds=1" in manifest.command
    with pytest.raises(RunDirError, match="go on with 'tutelage resume"):
        make_fork(origin.root, "2", tmp_path / "a fork", [])


def test_a_live_run_and_a_taken_directory_are_refused(origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    with pytest.raises(RunDirError, match="not an empty directory"):
        make_fork(origin.root, "2", tmp_path / "taken", [])
    with pytest.raises(RunDirError, match="lies within the run"):
        make_fork(origin.root, "2", origin.root / "fork", [])
    make_fork(origin.root, "2", tmp_path / "other", [])
    with RunDir(tmp_path / "other").locked(), pytest.raises(RunDirError, match="a live process holds the run"):
        make_fork(tmp_path / "other", checkpoint_of(origin.root, "2"), tmp_path / "fork", [])
    assert not (tmp_path / "fork").exists()


async def test_a_fork_of_a_killed_run_sees_what_its_database_has_not_merged_yet(origin: Origin, tmp_path: Path) -> None:
    root = tmp_path / "killed"
    shutil.copytree(origin.root, root, symlinks=True)
    step = origin.node("gate", 3)
    checkpoint = str(step.span.attributes[names.CHECKPOINT_ID])
    # The last checkpoints go to the log beside the database, and nobody closes it: a kill leaves it like that.
    with closing(sqlite3.connect(root / "checkpoints.sqlite")) as writer:
        rows = writer.execute("select * from checkpoints where checkpoint_id >= ?", (checkpoint,)).fetchall()
        writer.execute("delete from checkpoints where checkpoint_id >= ?", (checkpoint,))
        writer.commit()
        writer.execute("pragma wal_checkpoint(truncate)")
        writer.executemany(f"insert into checkpoints values ({','.join('?' * len(rows[0]))})", rows)
        writer.commit()
        assert (root / "checkpoints.sqlite-wal").stat().st_size
        before = contents(root)
        make_fork(root, str(step.number), tmp_path / "fork", [])
        assert contents(root) == before
    with closing(sqlite3.connect(tmp_path / "fork" / "checkpoints.sqlite")) as copy:
        assert copy.execute("select max(checkpoint_id) from checkpoints").fetchone() == (checkpoint,)


def test_what_either_run_writes_later_does_not_reach_the_other(origin: Origin, tmp_path: Path) -> None:
    make_fork(origin.root, str(origin.node("gate", 2).number), tmp_path / "fork", [])
    shared = [p for p in (tmp_path / "fork").rglob("*") if p.is_file() and p.stat().st_nlink > 1]
    assert shared, "adapters are linked, not copied"
    assert {p.relative_to(tmp_path / "fork").parts[0] for p in shared} == {"adapters"}
    for path in shared:
        write_text(path, "written later")
    assert origin.is_untouched()


async def test_a_branch_that_a_resume_has_left_cannot_be_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1")
    left = next(s for s in read_steps(Ledgers(tmp_path / "run")) if s.node == "graduate")
    await runs.resume(tmp_path / "run", ["limits.rounds=2"], Recorder(), approve=False)
    with pytest.raises(InputError, match="left that branch"):
        make_fork(tmp_path / "run", str(left.number), tmp_path / "fork", [])
    make_fork(tmp_path / "run", str(_last(tmp_path / "run", "gate").number), tmp_path / "fork", [])
    assert not list((tmp_path / "fork" / "parts").rglob("999*")), "held-out answers of the branch that was left"


def _last(root: Path, node: str) -> Step:
    return [s for s in read_steps(Ledgers(root)) if s.is_node and s.node == node][-1]
